//! The clock that a lesson's work goes by.

use std::env;

/// The clock that a lesson's work goes by.
///
/// [`run`](crate::run) takes it from the variable [`Clock::VARIABLE`].
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
    /// `LESSON_CLOCK=real`, or not set or empty: a [`sleep`](crate::sleep) takes its time.
    Real,
    /// `LESSON_CLOCK=simulated`: a [`sleep`](crate::sleep) takes no time, yet
    /// everything happens in the order that the real durations would give.
    ///
    /// Workers are still OS threads that race wherever they really race. Time
    /// goes on when each of them sleeps, joins or has ended, and stands still
    /// while one does anything else. So a lesson hangs in which a thread waits
    /// for a lock or a message of one that sleeps, or works without end.
    Simulated,
}

impl Clock {
    /// The environment variable that names the clock of a lesson.
    pub const VARIABLE: &str = "LESSON_CLOCK";

    /// What [`Clock::VARIABLE`] calls this clock: `real` or `simulated`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::process::Command;
    ///
    /// use worker_core::Clock;
    ///
    /// Command::new("target/debug/threads").env(Clock::VARIABLE, Clock::Simulated.name()).status()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Clock::Real => "real",
            Clock::Simulated => "simulated",
        }
    }

    /// The clock that the variable names, or the real one.
    ///
    /// # Errors
    ///
    /// If the variable names no clock.
    pub(crate) fn from_env() -> Result<Clock, String> {
        let name = match env::var_os(Clock::VARIABLE) {
            Some(name) if !name.is_empty() => name,
            _ => return Ok(Clock::Real),
        };
        let clocks = [Clock::Real, Clock::Simulated];
        let named = clocks.into_iter().find(|clock| name == clock.name());
        named.ok_or_else(|| {
            format!(
                "there is no clock `{}`; set LESSON_CLOCK to `real` or `simulated`, or not at all",
                name.display()
            )
        })
    }
}
