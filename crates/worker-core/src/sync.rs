//! What the threads of a lesson wait with: std's and crossbeam's, or under
//! `--cfg loom` loom's, which try every order. What no thread waits with is std's
//! everywhere, so that loom need not follow it.

#[cfg(not(loom))]
pub(crate) use {
    crossbeam::sync::WaitGroup,
    std::{
        sync::{Condvar, Mutex, MutexGuard},
        thread_local,
    },
};
#[cfg(loom)]
pub(crate) use {
    crossbeam_utils::sync::WaitGroup,
    loom::{
        sync::{Condvar, Mutex, MutexGuard},
        thread_local,
    },
};

use std::{io, sync::PoisonError, time::Duration};

#[cfg(loom)]
use loom::thread::Builder;
#[cfg(not(loom))]
use std::thread::{self, Builder};

/// The name of a thread that the model's OS does not start.
#[cfg(loom)]
pub(crate) const NOT_STARTED: &str = "not started";

/// Starts a thread that nobody joins. With a box, what starts one is compiled once, and not
/// again with every lesson.
pub(crate) fn spawn(name: &str, work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
    #[cfg(loom)]
    if name == NOT_STARTED {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

/// Lets the calling thread do nothing more. Loom wants every thread to end, so there it
/// unwinds.
pub(crate) fn block_for_ever() -> ! {
    #[cfg(loom)]
    std::panic::resume_unwind(Box::new("cut off"));
    #[cfg(not(loom))]
    loop {
        thread::park();
    }
}

/// An event that happens once, for which threads can wait.
///
/// A `WaitGroup` would do the same. But each of its clones takes a lock when it is made
/// and dropped, and the model would have nine times as many orders to try.
#[derive(Debug, Default)]
pub(crate) struct Latch {
    open: Mutex<bool>,
    opened: Condvar,
}

// ANCHOR: latch
impl Latch {
    pub(crate) fn open(&self) {
        *lock(&self.open) = true;
        self.opened.notify_all();
    }

    pub(crate) fn wait(&self) {
        let mut open = lock(&self.open);
        while !*open {
            open = wait(&self.opened, open);
        }
    }
}
// ANCHOR_END: latch

/// Locks a mutex under which nothing panics.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until `condvar` is notified.
pub(crate) fn wait<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condvar.wait(guard).unwrap_or_else(PoisonError::into_inner)
}

/// Waits until `condvar` is notified, or for `time`, and says whether that is over. Loom
/// knows of no time.
pub(crate) fn wait_for<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    time: Duration,
) -> (MutexGuard<'a, T>, bool) {
    let waited = condvar.wait_timeout(guard, time);
    let (guard, result) = waited.unwrap_or_else(PoisonError::into_inner);
    (guard, result.timed_out())
}
