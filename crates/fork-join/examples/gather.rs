//! Chapter 3 with results: each worker adds one half, and the joins gather the sums.
//!
//! Run it with `cargo run -p fork-join --example gather`.

use std::{process::ExitCode, time::Duration};

use worker_core::{Error, MainThread, Worker, sleep};

const WORK: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    worker_core::run(lesson)
}

fn lesson(main_thread: &MainThread) -> Result<(), Error> {
    main_thread.print("main thread start")?;

    let numbers: Vec<u32> = (1..=100).collect();
    let (left, right) = (numbers[..50].to_vec(), numbers[50..].to_vec());
    let first = main_thread.start(Worker::new("1", || add(left)))?;
    let second = main_thread.start(Worker::new("2", || add(right)))?;

    let sum = first.join()? + second.join()?;

    main_thread.print("main thread post job")?;
    assert_eq!(sum, 5050);
    main_thread.print("main thread end")
}

fn add(numbers: Vec<u32>) -> u32 {
    sleep(WORK);
    numbers.iter().sum()
}
