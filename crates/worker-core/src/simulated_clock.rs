//! Simulated time, in which a sleep takes no time.
//!
//! Threads are real and race wherever they really race; only time is simulated.
//! The clock stands still while any thread could run. When each is asleep or
//! waits for another to end, it jumps to the earliest time that a sleeper waits
//! for, and wakes everyone due then. So everything happens in the order that the
//! real durations would give, at once.
//!
//! A thread counts as running from the moment that it is released, not from when
//! it gets the processor, or the clock would jump over it. Whoever releases a
//! thread therefore counts it, before being blocked itself.
//!
//! The clock only counts the waits for an end; the waiting itself is done
//! elsewhere. It knows of no other way to wait: while a thread waits for anything
//! else, such as a channel, time stands still.

use std::{collections::BTreeMap, iter, sync::Arc, time::Duration};

use crate::sync::{Condvar, Mutex, MutexGuard, lock, wait, wait_for};

/// A clock that all threads of one lesson share.
#[derive(Debug)]
pub(crate) struct SimulatedClock(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    now: Duration,
    /// How many threads could run.
    running: usize,
    /// How often a thread that could run has gone to sleep, waited or ended.
    times_blocked: u64,
    /// Who sleeps, by the time that they wait for.
    sleepers: BTreeMap<Duration, Sleepers>,
    /// Who waits for an end that is still to come.
    waiting: BTreeMap<EndOf, Waiting>,
    /// Told when nobody runs or sleeps, if somebody wants to know.
    still: Option<Arc<Condvar>>,
}

/// Threads that sleep until the same time.
#[derive(Debug, Default)]
struct Sleepers {
    number: usize,
    woken: Arc<Condvar>,
}

/// Whose end a thread can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EndOf {
    /// Every thread that the end of the program waits for.
    Program,
    /// The worker of this number.
    Worker(usize),
}

impl EndOf {
    /// The ends that are pending until this worker has ended.
    fn pending_on(worker: usize, daemon: bool) -> impl Iterator<Item = EndOf> {
        let program = (!daemon).then_some(EndOf::Program);
        iter::once(EndOf::Worker(worker)).chain(program)
    }
}

#[derive(Debug, Default)]
struct Waiting {
    /// How many threads have to end before the wait is over.
    pending: usize,
    /// How many threads wait.
    blocked: usize,
}

impl SimulatedClock {
    /// A clock that counts the main thread.
    pub(crate) fn new() -> SimulatedClock {
        SimulatedClock(Mutex::new(State {
            running: 1,
            ..State::default()
        }))
    }

    /// Counts the worker of this number, before it is started: it could run from now on.
    pub(crate) fn start(&self, worker: usize, daemon: bool) {
        let mut state = lock(&self.0);
        state.running += 1;
        for end in EndOf::pending_on(worker, daemon) {
            state.waiting.entry(end).or_default().pending += 1;
        }
    }

    /// Counts the calling thread, which is this worker, no longer.
    pub(crate) fn end(&self, worker: usize, daemon: bool) {
        let mut state = lock(&self.0);
        for end in EndOf::pending_on(worker, daemon) {
            if let Some(mut waiting) = state.waiting.remove(&end) {
                waiting.pending -= 1;
                if waiting.pending == 0 {
                    state.running += waiting.blocked;
                } else {
                    state.waiting.insert(end, waiting);
                }
            }
        }
        block_current(state);
    }

    /// Sleeps for `time`.
    pub(crate) fn sleep(&self, time: Duration) {
        let mut state = lock(&self.0);
        let due = state.now.saturating_add(time);
        let sleepers = state.sleepers.entry(due).or_default();
        sleepers.number += 1;
        let woken = Arc::clone(&sleepers.woken);
        block_current(state);
        let mut state = lock(&self.0);
        while state.now < due {
            state = wait(&woken, state);
        }
    }

    /// The time since the beginning of the program.
    pub(crate) fn now(&self) -> Duration {
        lock(&self.0).now
    }

    /// Counts the calling thread no longer.
    pub(crate) fn leave(&self) {
        block_current(lock(&self.0));
    }

    /// Waits, as a thread that is not counted, until nobody runs or sleeps any more
    /// except for ever. Gives up, and returns `false`, if meanwhile nobody goes to sleep,
    /// waits or ends for as long as `patience`.
    pub(crate) fn wait_until_nobody_sleeps(&self, patience: Duration) -> bool {
        let mut state = lock(&self.0);
        let still = Arc::clone(state.still.get_or_insert_default());
        while state.running > 0 {
            let before = state.times_blocked;
            let timed_out;
            (state, timed_out) = wait_for(&still, state, patience);
            if timed_out && state.times_blocked == before {
                return false;
            }
        }
        true
    }

    /// Counts the calling thread as one that waits for an end, if that is still to come. It
    /// counts as running again as soon as it has.
    pub(crate) fn wait_for(&self, end: EndOf) {
        let mut state = lock(&self.0);
        if let Some(waiting) = state.waiting.get_mut(&end) {
            waiting.blocked += 1;
            block_current(state);
        }
    }
}

/// Counts the calling thread as one that could run no longer. If it was the last,
/// time goes on to when the next sleepers are due.
fn block_current(mut state: MutexGuard<'_, State>) {
    state.running -= 1;
    state.times_blocked += 1;
    if state.running > 0 {
        return;
    }
    let told = if let Some((due, sleepers)) = state.sleepers.pop_first() {
        state.now = due;
        state.running = sleepers.number;
        Some(sleepers.woken)
    } else {
        state.still.clone()
    };
    // Whoever is woken would else have to wait for the lock at once.
    drop(state);
    if let Some(told) = told {
        told.notify_all();
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::thread;

    use super::*;
    use crate::time_limit::run_to_its_end;

    #[test]
    fn time_in_which_a_thread_has_only_ended_has_not_stood_still() {
        const HOUR: Duration = Duration::from_secs(3600);
        let clock = SimulatedClock::new();
        clock.start(1, true);
        clock.leave();
        let is_over = run_to_its_end(|| {
            thread::scope(|scope| {
                let waits = scope.spawn(|| clock.wait_until_nobody_sleeps(HOUR));
                // The lock is free again when it waits, and not before.
                while lock(&clock.0).still.is_none() {
                    thread::yield_now();
                }
                clock.end(1, true);
                waits.join()
            })
        });
        assert!(is_over.unwrap());
    }

    #[test]
    fn of_many_who_run_at_one_time_each_that_ends_shows_that_they_go_on() {
        let clock = SimulatedClock::new();
        for worker in [1, 2] {
            clock.start(worker, true);
        }
        // The second joins the first.
        clock.wait_for(EndOf::Worker(1));
        let before = lock(&clock.0).times_blocked;
        clock.end(1, true);
        assert_ne!(lock(&clock.0).times_blocked, before);
    }
}
