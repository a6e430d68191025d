//! The main thread's side of a lesson: its lines, and starting.

use std::{cell::Cell, panic::Location};

use crate::{
    context::Context,
    error::Error,
    simulated_clock::EndOf,
    sync::WaitGroup,
    worker::{self, Worker, WorkerHandle},
};

/// The main thread of a lesson: it prints its own lines and starts workers.
///
/// [`run`](crate::run) and [`run_to`](crate::run_to) make it and give it to the lesson;
/// nothing else can, so there is no worker that the end of the program does not know of.
/// It stays on the main thread:
///
/// ```compile_fail,E0277
/// # use worker_core::{Error, MainThread};
/// fn lesson(main_thread: &MainThread) -> Result<(), Error> {
///     std::thread::scope(|scope| {
///         // error: `Cell<usize>` cannot be shared between threads safely
///         scope.spawn(|| main_thread.print("main thread, or is it?"));
///     });
///     Ok(())
/// }
/// ```
///
/// # Examples
///
/// ```
/// use worker_core::{Error, MainThread, Worker};
///
/// fn lesson(main_thread: &MainThread) -> Result<(), Error> {
///     main_thread.print("main thread start")?;
///     main_thread.start(Worker::new("1", || {}))?;
///     main_thread.print("main thread end")
/// }
/// # assert_eq!(worker_core::run(lesson), std::process::ExitCode::SUCCESS);
/// ```
pub struct MainThread {
    context: Context,
    /// How many workers there have been. That it is a cell keeps other threads out.
    workers: Cell<usize>,
    running: WaitGroup,
}

impl MainThread {
    pub(crate) fn new(context: Context) -> MainThread {
        MainThread {
            context,
            workers: Cell::new(0),
            running: WaitGroup::new(),
        }
    }

    // ANCHOR: end
    /// Waits until every worker that is not a daemon has ended.
    pub(crate) fn wait_for_workers(self) {
        if let Some(clock) = &self.context.program.clock {
            clock.wait_for(EndOf::Program);
        }
        self.running.wait();
    }
    // ANCHOR_END: end

    /// Prints one line, in one piece.
    ///
    /// # Errors
    ///
    /// - [`Error::Line`] if it holds a control character, such as a line break or a
    ///   tab. Then nothing is printed.
    /// - [`Error::Output`] if this line or an earlier one could not be written.
    ///
    /// # Examples
    ///
    /// ```
    /// let status = worker_core::run(|main_thread| main_thread.print("main thread start"));
    /// assert_eq!(status, std::process::ExitCode::SUCCESS);
    /// ```
    #[track_caller]
    pub fn print(&self, line: &str) -> Result<(), Error> {
        if line.contains(char::is_control) {
            return Err(Error::Line {
                line: line.to_owned(),
            });
        }
        let call = Location::caller();
        self.context.print(Some(call), format_args!("{line}"))
    }

    /// Starts a worker, and returns once its start line has been written.
    ///
    /// # Errors
    ///
    /// - [`Error::Name`] if the worker's name is empty, has a blank at either
    ///   end, or holds a control character such as a line break.
    /// - [`Error::Start`] if the OS would not start the thread. Workers that
    ///   have been started go on.
    /// - [`Error::Output`] if a line could not be written, this worker's or
    ///   another's. A worker whose start line could not be written does not work.
    ///
    /// # Examples
    ///
    /// ```
    /// use worker_core::{Error, MainThread, Worker};
    ///
    /// fn lesson(main_thread: &MainThread) -> Result<(), Error> {
    ///     for n in 0..5 {
    ///         main_thread.start(Worker::new(format!("thread {n}"), || {}))?;
    ///     }
    ///     main_thread.print("main thread end")
    /// }
    /// # assert_eq!(worker_core::run(lesson), std::process::ExitCode::SUCCESS);
    /// ```
    #[track_caller]
    pub fn start<T: Send + 'static>(&self, worker: Worker<T>) -> Result<WorkerHandle<T>, Error> {
        // One that is refused is no thread.
        worker.check_name()?;
        let number = self.workers.get() + 1;
        self.workers.set(number);
        worker::start(worker, &self.context, number, &self.running)
    }
}
