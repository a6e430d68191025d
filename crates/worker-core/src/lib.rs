//! The worker that every lesson starts, and the main thread that starts it.
//!
//! A lesson is a function that is given the [`MainThread`]:
//!
//! ```
//! use std::{process::ExitCode, time::Duration};
//!
//! use worker_core::{Error, MainThread, Worker, sleep};
//!
//! fn main() -> ExitCode {
//!     worker_core::run(lesson)
//! }
//!
//! fn lesson(main_thread: &MainThread) -> Result<(), Error> {
//!     main_thread.print("main thread start")?;
//!     let worker = Worker::new("1", || sleep(Duration::from_millis(5)));
//!     let handle = main_thread.start(worker)?;
//!     handle.join()?;
//!     main_thread.print("main thread end")
//! }
//! ```
//!
//! # What a lesson promises
//!
//! 1. **Start.** [`MainThread::start`] returns only after the worker's start
//!    line has been written.
//! 2. **Join.** [`WorkerHandle::join`] returns only after the worker's end line
//!    has been written, and with the worker's value.
//! 3. **End.** [`run`] returns when the main thread has finished *and* every
//!    worker that is not a daemon has. A daemon is cut off there, wherever it
//!    is, and prints nothing after, on either clock. (So is what the destructors of a
//!    thread's thread-local values would still do.)
//! 4. **Whole lines.** A line is written in one piece. Two workers' lines never
//!    mix, to a terminal, a pipe or a file.
//!
//! Nothing else is promised. In particular a [`sleep`] promises nothing: it
//! only makes an order likely.
//!
//! # The whole crate
//!
//! | item | what it is |
//! | --- | --- |
//! | [`run`] | a lesson from its first line to the exit status of its program |
//! | [`run_to`] | the same on a given clock, into any [`Write`](std::io::Write) instead of standard output |
//! | [`MainThread`] | prints the main thread's lines and starts workers |
//! | [`Worker`] | a thread to be: its name, its work, and whether it is a daemon |
//! | [`WorkerHandle`] | a worker that has been started, and can be joined |
//! | [`sleep`] | work that takes a given time |
//! | [`Clock`] | whether that time is real or simulated |
//! | [`Error`] | why a line, a start or a join did not come about |
//! | [`lines`] | what a lesson's lines begin with |
//! | [`trace`] | what a lesson has done, event by event, and how that is written down |
//!
//! # What comes from crossbeam and what from std
//!
//! `crossbeam::sync::WaitGroup` does the two waits that count *events in any number
//! of threads*: the wait in `start` (one event, the start line) and the wait at the
//! end of the program (one event for each worker, its end). Std's nearest, `Barrier`,
//! must know the number of threads beforehand.
//!
//! `join` waits for the worker's end with std's `Mutex` and `Condvar`. Std's own
//! `join` would keep the thread of every worker, its stack included, for as long as
//! there is a handle.
//!
//! [`std::thread::Builder`] starts the threads, because it has become the better
//! choice: it names the thread and returns the OS's error instead of panicking.
//! Scoped threads, crossbeam's or std's, would not do: a scope joins every
//! thread in it, and a daemon is a thread that nobody waits for.

#[cfg(test)]
#[path = "../tests/promises/captured_output.rs"]
mod captured_output;
mod clock;
mod context;
mod error;
pub mod lines;
mod main_thread;
#[cfg(all(test, loom))]
mod model;
mod output;
mod run;
mod simulated_clock;
mod sync;
#[cfg(all(test, not(loom)))]
#[path = "../tests/promises/time_limit.rs"]
mod time_limit;
pub mod trace;
mod trace_file;
#[cfg(all(test, not(loom)))]
mod traced;
mod worker;

pub use clock::Clock;
pub use context::sleep;
pub use error::Error;
pub use main_thread::MainThread;
pub use run::{run, run_to};
pub use worker::{Worker, WorkerHandle};
