//! Why a line, a start or a join did not come about.

use std::{any::Any, fmt, io, mem, sync::Arc};

/// Why a line could not be written, a worker not started, or a worker did not
/// get to its end.
///
/// The message names the worker and gives the reason. A lesson passes the error
/// on with `?`, and [`run`](crate::run) says on standard error what has not been
/// said yet: a panic has, when it happened. Only this crate makes errors, so that
/// none goes unsaid.
///
/// # Examples
///
/// ```
/// use worker_core::{Error, MainThread, Worker};
///
/// fn lesson(main_thread: &MainThread) -> Result<(), Error> {
///     let error = main_thread.start(Worker::new("two\nlines", || {})).unwrap_err();
///     assert!(matches!(error, Error::Name { .. }));
///     Ok(())
/// }
/// # assert_eq!(worker_core::run(lesson), std::process::ExitCode::SUCCESS);
/// ```
#[derive(Debug)]
pub enum Error {
    /// The worker's name would not make a whole line.
    #[non_exhaustive]
    Name {
        /// The name as it was given.
        worker: String,
    },
    /// The text of the main thread would not make one whole line.
    #[non_exhaustive]
    Line {
        /// The text as it was given.
        line: String,
    },
    /// The OS would not start the worker's thread.
    #[non_exhaustive]
    Start {
        /// The worker's name.
        worker: String,
        /// The OS's reason.
        reason: io::Error,
    },
    /// The worker panicked, so it never wrote its end line.
    #[non_exhaustive]
    Panicked {
        /// The worker's name.
        worker: String,
        /// The panic's message.
        message: String,
    },
    /// The lesson's output cannot be written any more.
    #[non_exhaustive]
    Output {
        /// The reason, shared because every later line fails for it too.
        reason: Arc<io::Error>,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Name { worker } => write!(
                f,
                "worker {worker:?} has a name that does not make a whole line; use one that \
                 is not empty, without control characters, and with no blank at either end"
            ),
            Error::Line { line } => write!(
                f,
                "the main thread cannot print {line:?} as one line; print text without control \
                 characters, and each line by itself"
            ),
            Error::Start { worker, reason } => write!(
                f,
                "worker `{worker}` could not be started: {reason}; start fewer workers at a time, \
                 or raise the limit on threads or on memory"
            ),
            Error::Panicked { worker, message } => {
                write!(f, "worker `{worker}` panicked: {message}")
            }
            Error::Output { reason } => write!(
                f,
                "the output cannot be written: {reason}; send it to a place that has room for it"
            ),
        }
    }
}

impl std::error::Error for Error {}

/// The message of a panic, on one line.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> String {
    let message = match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(message), _) => message,
        (_, Some(message)) => message.as_str(),
        _ => "a value that is not a message",
    };
    let lines: Vec<&str> = message.lines().map(str::trim).collect();
    lines.join(", ").replace(char::is_control, " ")
}

/// Ends a panic, with its message.
pub(crate) fn end_panic(payload: Box<dyn Any + Send>) -> String {
    let message = panic_message(&*payload);
    // A value can panic when it is dropped, and nobody would catch that.
    mem::forget(payload);
    message
}
