//! Chapter 4: joining in a loop.
//!
//! However many workers there are, one loop starts them and keeps their
//! handles, and a second loop joins them.
//! Watch for the time: the joins come one after another, but the workers work
//! at the same time, so three of them take no longer than one.
//!
//! Run it with `cargo run -p join-loop`.

use std::{process::ExitCode, time::Duration};

use worker_core::{Error, MainThread, Worker, sleep};

const WORKERS: u32 = 3;
const WORK: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    worker_core::run(lesson)
}

fn lesson(main_thread: &MainThread) -> Result<(), Error> {
    main_thread.print("main thread start")?;

    let mut handles = Vec::new();
    for n in 0..WORKERS {
        let worker = Worker::new(n.to_string(), || sleep(WORK));
        handles.push(main_thread.start(worker)?);
    }
    for handle in handles {
        handle.join()?;
    }

    main_thread.print("main thread post job")?;
    main_thread.print("main thread end")
}
