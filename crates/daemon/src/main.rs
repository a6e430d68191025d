//! Chapter 2: daemon threads.
//!
//! The same five workers, but each is a daemon.
//! Watch for what is missing: `worker_core::run` does not wait for a daemon, so
//! the program is over at once and no worker gets to its end line.
//!
//! Run it with `cargo run -p daemon`.

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
        let worker = Worker::new(format!("thread {n}"), || sleep(WORK)).daemon();
        main_thread.start(worker)?;
    }
    main_thread.print("main thread end")
}
