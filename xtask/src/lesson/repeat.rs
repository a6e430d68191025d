//! The same thing many times, side by side.

use std::{
    num::NonZero,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::cli::{lock, no_thread};

/// Does the same `times` over, at most `per_core` at once for each processor core, and
/// returns what came of it.
///
/// # Errors
///
/// The first that it came to, after which no other is begun, or why the OS starts no
/// thread for it.
pub(crate) fn side_by_side<T: Send, E: From<String> + Send>(
    times: usize,
    per_core: usize,
    once: impl Fn() -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let begun = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let run = || {
        while begun.fetch_add(1, Ordering::Relaxed) < times {
            let result = once();
            if result.is_err() {
                begun.store(times, Ordering::Relaxed);
            }
            lock(&results).push(result);
        }
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    on_threads(times.min(per_core * cores), &run)?;
    let results = results.into_inner();
    results
        .unwrap_or_else(PoisonError::into_inner)
        .into_iter()
        .collect()
}

/// Does the same on each of so many threads at once.
fn on_threads(number: usize, work: &(dyn Fn() + Sync)) -> Result<(), String> {
    thread::scope(|scope| {
        for begun in 0..number {
            match thread::Builder::new().spawn_scoped(scope, work) {
                Err(reason) if begun == 0 => return Err(no_thread(reason)),
                // Those that it has started do it all.
                Err(_) => break,
                Ok(_) => {}
            }
        }
        Ok(())
    })
}
