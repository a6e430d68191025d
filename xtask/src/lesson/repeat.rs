//! The same thing many times, side by side.

use std::{
    num::NonZero,
    panic,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use crate::cli::no_thread;

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
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let begun = AtomicUsize::new(0);
    let run = || {
        let mut results = Vec::new();
        while begun.fetch_add(1, Ordering::Relaxed) < times {
            let result = once();
            if result.is_err() {
                begun.store(times, Ordering::Relaxed);
            }
            results.push(result);
        }
        results
    };
    thread::scope(|scope| {
        let mut runners = Vec::new();
        for _ in 0..times.min(per_core * cores) {
            match thread::Builder::new().spawn_scoped(scope, run) {
                Ok(runner) => runners.push(runner),
                Err(reason) if runners.is_empty() => return Err(no_thread(reason).into()),
                // Those that it has started do it all.
                Err(_) => break,
            }
        }
        let joined = runners.into_iter().map(thread::ScopedJoinHandle::join);
        let results = joined.flat_map(|it| it.unwrap_or_else(|panic| panic::resume_unwind(panic)));
        results.collect()
    })
}
