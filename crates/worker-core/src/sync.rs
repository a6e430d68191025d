//! What the threads of a lesson wait with: std's and crossbeam's, or under
//! `--cfg loom` loom's, which try every order.

#[cfg(not(loom))]
pub(crate) use {
    crossbeam::sync::WaitGroup,
    std::{
        sync::{Condvar, Mutex, MutexGuard, atomic},
        thread, thread_local,
    },
};
#[cfg(loom)]
pub(crate) use {
    crossbeam_utils::sync::WaitGroup,
    loom::{
        sync::{Condvar, Mutex, MutexGuard, atomic},
        thread, thread_local,
    },
};

// Who holds what is not in question, so loom need not follow it.
pub(crate) use std::sync::Arc;
use std::{sync::PoisonError, time::Duration};

/// Locks a mutex under which nothing panics.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until `condvar` is notified.
pub(crate) fn wait<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condvar.wait(guard).unwrap_or_else(PoisonError::into_inner)
}

/// Waits until `condvar` is notified, or for `time`. Loom knows of no time.
pub(crate) fn wait_for<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    time: Duration,
) -> MutexGuard<'a, T> {
    let waited = condvar.wait_timeout(guard, time);
    waited.unwrap_or_else(PoisonError::into_inner).0
}
