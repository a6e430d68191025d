//! What happens when a worker panics: the other goes on, the program waits for
//! it, and the exit status is 1.
//!
//! Run it with `cargo run -p worker-core --example panic`; with `join` behind
//! it, the main thread joins the worker that panics, learns of it there, and ends
//! early.

use std::{env, process::ExitCode};

use worker_core::{Error, MainThread, Worker};

fn main() -> ExitCode {
    worker_core::run(lesson)
}

fn lesson(main_thread: &MainThread) -> Result<(), Error> {
    main_thread.print("main thread start")?;

    let first = main_thread.start(Worker::new("1", || panic!("the disk\nis full")))?;
    main_thread.start(Worker::new("2", || {}))?;

    if env::args().any(|argument| argument == "join") {
        first.join()?;
        main_thread.print("main thread post job")?;
    }
    main_thread.print("main thread end")
}
