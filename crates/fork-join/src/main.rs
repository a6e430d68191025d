//! Chapter 3: fork and join.
//!
//! The main thread starts two workers, waits for both, and only then goes on.
//! Watch for `main thread post job`: it comes after both end lines on every
//! run, but which of the two workers ends first is luck.
//!
//! Run it with `cargo run -p fork-join`.

use std::{process::ExitCode, time::Duration};

use worker_core::{Error, MainThread, Worker, sleep};

const WORK: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    worker_core::run(lesson)
}

fn lesson(main_thread: &MainThread) -> Result<(), Error> {
    main_thread.print("main thread start")?;

    let first = main_thread.start(Worker::new("1", || sleep(WORK)))?;
    let second = main_thread.start(Worker::new("2", || sleep(WORK)))?;

    first.join()?;
    second.join()?;

    main_thread.print("main thread post job")?;
    main_thread.print("main thread end")
}
