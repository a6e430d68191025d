//! The same thing many times, side by side.

use std::{
    mem,
    num::NonZero,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::cli::lock;

/// Does the same `times` over, at most `per_core` at once for each processor core, and
/// returns what came of it.
///
/// # Errors
///
/// The first that it came to, after which no other is begun.
pub(crate) fn side_by_side<T: Send, E: Send>(
    times: usize,
    per_core: usize,
    once: impl Fn() -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let begun = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    // What begins a thread is much to compile, and so is not compiled for each type.
    let run: &(dyn Fn() + Sync) = &|| {
        while begun.fetch_add(1, Ordering::Relaxed) < times {
            let result = once();
            if result.is_err() {
                begun.store(times, Ordering::Relaxed);
            }
            lock(&results).push(result);
        }
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        // Where the OS starts no more threads, those that there are do it all.
        for _ in 1..times.min(per_core * cores) {
            if thread::Builder::new().spawn_scoped(scope, run).is_err() {
                break;
            }
        }
        run();
    });
    mem::take(&mut *lock(&results)).into_iter().collect()
}
