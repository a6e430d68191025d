//! The clock that a lesson's work goes by.

use std::{thread, time::Duration};

/// Works for `time`, by putting the calling thread to sleep for at least that
/// long.
///
/// A lesson sleeps where a real program would download, compute or wait. Other
/// threads run meanwhile. A sleep makes an order of lines likely and never
/// guarantees one: only start, join and the end of the program do that.
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
    thread::sleep(time);
}
