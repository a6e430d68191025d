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
//! thread therefore counts it, before going to rest itself.
//!
//! The clock only counts the waits for an end; the waiting itself is done
//! elsewhere. It knows of no other way to wait: while a thread waits for anything
//! else, such as a channel, time stands still.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::sync::{Arc, Condvar, Mutex, MutexGuard, lock, thread, wait, wait_for};

/// How long simulated time may stand still after the end of the program.
const PATIENCE: Duration = Duration::from_secs(2);

/// A clock that all threads of one lesson share.
#[derive(Debug, Default)]
pub(crate) struct Simulated(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    now: Duration,
    /// How many threads could run.
    running: usize,
    /// Who sleeps, by the time that they wait for.
    sleepers: BTreeMap<Duration, Sleepers>,
    /// What some thread may wait for, while it lasts.
    waits: BTreeMap<Wait, Waiting>,
    threads: u64,
    /// Told when nobody runs or sleeps, if somebody wants to know.
    still: Option<Arc<Condvar>>,
}

/// Threads that sleep until the same time.
#[derive(Debug, Default)]
struct Sleepers {
    number: usize,
    woken: Arc<Condvar>,
}

/// What a thread can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wait {
    /// The end of every thread that the end of the program waits for.
    Program,
    /// The end of one thread.
    Thread(u64),
}

#[derive(Debug, Default)]
struct Waiting {
    /// How many threads have to end before the wait is over.
    lasting: usize,
    /// How many threads wait.
    waiting: usize,
}

impl Simulated {
    /// Counts the main thread, which nobody waits for.
    pub(crate) fn main_thread(self: &Arc<Simulated>) -> Thread {
        self.thread(|_| Vec::new())
    }

    /// Counts a worker's thread, before it is started: it could run from now on.
    pub(crate) fn worker(self: &Arc<Simulated>, daemon: bool) -> Thread {
        self.thread(|number| match daemon {
            true => vec![Wait::Thread(number)],
            false => vec![Wait::Thread(number), Wait::Program],
        })
    }

    fn thread(self: &Arc<Simulated>, waits: impl FnOnce(u64) -> Vec<Wait>) -> Thread {
        let mut state = lock(&self.0);
        state.running += 1;
        state.threads += 1;
        let waits = waits(state.threads);
        for &wait in &waits {
            state.waits.entry(wait).or_default().lasting += 1;
        }
        Thread {
            clock: Arc::clone(self),
            number: state.threads,
            waits,
        }
    }

    /// Sleeps for `time`.
    pub(crate) fn sleep(&self, time: Duration) {
        let mut state = lock(&self.0);
        let due = state.now.saturating_add(time);
        if due == state.now {
            return;
        }
        let sleepers = state.sleepers.entry(due).or_default();
        sleepers.number += 1;
        let woken = Arc::clone(&sleepers.woken);
        rest(state);
        let mut state = lock(&self.0);
        while state.now < due {
            state = wait(&woken, state);
        }
    }

    /// The time since the beginning of the program.
    pub(crate) fn now(&self) -> Duration {
        lock(&self.0).now
    }

    /// Sleeps, and is not woken.
    pub(crate) fn sleep_for_ever(&self) -> ! {
        rest(lock(&self.0));
        loop {
            thread::park();
        }
    }

    /// Waits, as a thread that is not counted, until nobody runs or sleeps any more
    /// except for ever. Gives up, and returns `false`, if time has stood still for some
    /// seconds.
    pub(crate) fn wait_until_nobody_sleeps(&self) -> bool {
        let mut state = lock(&self.0);
        let still = Arc::clone(state.still.get_or_insert_default());
        let mut now = state.now;
        let mut until = Instant::now() + PATIENCE;
        while state.running > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if !left.is_zero() {
                state = wait_for(&still, state, left);
            } else if state.now > now {
                now = state.now;
                until = Instant::now() + PATIENCE;
            } else {
                return false;
            }
        }
        true
    }

    /// The end of every worker that is not a daemon.
    pub(crate) fn end_of_program(self: &Arc<Simulated>) -> End {
        End {
            clock: Arc::clone(self),
            wait: Wait::Program,
        }
    }
}

/// An end that a thread can wait for.
#[derive(Debug)]
pub(crate) struct End {
    clock: Arc<Simulated>,
    wait: Wait,
}

impl End {
    /// Counts the calling thread as one that waits, if there is still something
    /// to wait for. It counts as running again as soon as there is not.
    pub(crate) fn wait(&self) {
        let mut state = lock(&self.clock.0);
        if let Some(waiting) = state.waits.get_mut(&self.wait) {
            waiting.waiting += 1;
            rest(state);
        }
    }
}

/// A thread that the clock counts, until this is dropped at the thread's end.
pub(crate) struct Thread {
    clock: Arc<Simulated>,
    number: u64,
    /// The waits that last until this thread has ended.
    waits: Vec<Wait>,
}

impl Thread {
    pub(crate) fn end(&self) -> End {
        End {
            clock: Arc::clone(&self.clock),
            wait: Wait::Thread(self.number),
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        let mut state = lock(&self.clock.0);
        for wait in &self.waits {
            if let Some(mut waiting) = state.waits.remove(wait) {
                waiting.lasting -= 1;
                if waiting.lasting == 0 {
                    state.running += waiting.waiting;
                } else {
                    state.waits.insert(*wait, waiting);
                }
            }
        }
        rest(state);
    }
}

/// Counts one thread less that could run. If it was the last, time goes on to
/// when the next sleepers are due.
fn rest(mut state: MutexGuard<'_, State>) {
    state.running -= 1;
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
