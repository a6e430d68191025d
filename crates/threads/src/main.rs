//! Chapter 1: start threads.
//!
//! Five workers start one after another and then work at the same time. What a
//! worker does is the closure `|| sleep(WORK)`, its `target` in Python's words.
//! Watch for `main thread end`: the main thread is done long before its
//! workers, and `worker_core::run` still waits for all of them, as Python does.
//! (Plain Rust would end here and cut them off.)
//!
//! Run it with `cargo run -p threads`.

use std::{process::ExitCode, time::Duration};

use worker_core::{Error, MainThread, Worker, sleep};

const WORKERS: u32 = 5;
const WORK: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    worker_core::run(lesson)
}

fn lesson(main_thread: &MainThread) -> Result<(), Error> {
    main_thread.print("main thread start")?;
    for n in 0..WORKERS {
        let worker = Worker::new(format!("thread {n}"), || sleep(WORK));
        main_thread.start(worker)?;
    }
    main_thread.print("main thread end")
}
