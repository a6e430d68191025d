//! The clock that a lesson's work goes by.

use std::{env, time::Duration};

use crate::{Error, program::Member};

/// The clock that a lesson's work goes by.
///
/// [`run`](crate::run) takes it from the variable `LESSON_CLOCK`.
///
/// # Examples
///
/// ```
/// use std::{io, process::ExitCode, time::Duration};
///
/// use worker_core::{Clock, run_to, sleep};
///
/// let status = run_to(Clock::Simulated, io::sink(), |main_thread| {
///     sleep(Duration::from_secs(3600));
///     main_thread.print("main thread end")
/// });
/// // At once:
/// assert_eq!(status, ExitCode::SUCCESS);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// `LESSON_CLOCK=real`, or not set: a [`sleep`] takes its time.
    Real,
    /// `LESSON_CLOCK=simulated`: a [`sleep`] takes no time, yet everything
    /// happens in the order that the real durations would give.
    ///
    /// Workers are still OS threads that race wherever they really race. Time
    /// goes on when each of them sleeps, joins or has ended, and stands still
    /// while one does anything else. So a lesson hangs in which a thread waits
    /// for a lock or a message of one that sleeps, or works without end.
    Simulated,
}

impl Clock {
    /// # Errors
    ///
    /// If `LESSON_CLOCK` names no clock.
    pub(crate) fn from_env() -> Result<Clock, Error> {
        match env::var_os("LESSON_CLOCK") {
            None => Ok(Clock::Real),
            Some(name) if name == "real" => Ok(Clock::Real),
            Some(name) if name == "simulated" => Ok(Clock::Simulated),
            Some(name) => Err(Error::Clock {
                name: name.to_string_lossy().into_owned(),
            }),
        }
    }
}

/// Works for `time`, by putting the calling thread to sleep for at least that
/// long, on the [`Clock`] of the lesson.
///
/// A lesson sleeps where a real program would download, compute or wait. Other
/// threads run meanwhile. A sleep makes an order of lines likely and never
/// guarantees one: only start, join and the end of the program do that.
///
/// A thread that is not a lesson's goes by the real clock.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, Instant};
///
/// let before = Instant::now();
/// worker_core::sleep(Duration::from_millis(5));
/// assert!(before.elapsed() >= Duration::from_millis(5));
/// ```
pub fn sleep(time: Duration) {
    match Member::current() {
        Some(member) => member.sleep(time),
        None => std::thread::sleep(time),
    }
}
