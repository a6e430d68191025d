//! What the threads of one lesson share, and which of them the calling one is.

use std::{
    cell::RefCell,
    fmt::Arguments,
    panic::Location,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    error::Error,
    output::Output,
    simulated_clock::SimulatedClock,
    sync::{block_for_ever, thread_local},
    trace::EventKind,
};

/// Works for `time`, by putting the calling thread to sleep for at least that
/// long, on the [`Clock`](crate::Clock) of the lesson.
///
/// A lesson sleeps where a real program would download, compute or wait. Other
/// threads run meanwhile. A sleep makes an order of lines likely and never
/// guarantees one: only start, join and the end of the program do that.
///
/// A sleep of no time returns at once. A thread that is not a lesson's goes by the real
/// clock.
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
#[track_caller]
pub fn sleep(time: Duration) {
    match Context::current() {
        Some(context) => context.sleep(time, Location::caller()),
        None => std::thread::sleep(time),
    }
}

/// What all threads of one lesson share.
pub(crate) struct Program {
    pub(crate) output: Output,
    /// The clock, if it is simulated.
    pub(crate) clock: Option<Arc<SimulatedClock>>,
    phase: Mutex<Phase>,
}

/// How far a program has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It runs, and a worker has panicked or none has.
    Running { panicked: bool },
    /// It is over, but the trace follows what the daemons would still have done.
    Traced,
    /// It is over, and the daemons do nothing more.
    CutOff,
}

impl Program {
    pub(crate) fn new(output: Output, clock: Option<Arc<SimulatedClock>>) -> Program {
        Program {
            output,
            clock,
            phase: Mutex::new(Phase::Running { panicked: false }),
        }
    }

    /// Notes that a worker has panicked, unless nobody is to hear of it any more.
    pub(crate) fn note_panic(&self) {
        if let Phase::Running { panicked } = &mut *self.phase() {
            *panicked = true;
        }
    }

    /// How far it has come. It comes no further while the guard is held.
    pub(crate) fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the threads of a lesson.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) program: Arc<Program>,
    /// The main thread is 0, and the workers count from 1 in the order of their
    /// starts.
    pub(crate) thread: usize,
}

thread_local! {
    /// Which one the calling thread is, if it is a lesson's.
    // Loom's macro takes no `const`.
    #[allow(clippy::missing_const_for_thread_local)]
    static CURRENT: RefCell<Option<Context>> = RefCell::new(None);
}

impl Context {
    /// Makes the calling thread this one, or none, and returns which it was.
    pub(crate) fn enter(context: Option<Context>) -> Option<Context> {
        CURRENT.with(|current| current.replace(context))
    }

    /// Which one the calling thread is, if it is a lesson's.
    pub(crate) fn current() -> Option<Context> {
        // At the very end of a thread there is nothing left to ask.
        let current = CURRENT.try_with(|current| current.borrow().clone());
        current.ok().flatten()
    }

    pub(crate) fn print(
        &self,
        call: Option<&Location<'_>>,
        text: Arguments<'_>,
    ) -> Result<(), Error> {
        self.program.output.print(self.thread, call, text)
    }

    /// Writes to the trace, if there is one, and returns whether anything more is to
    /// be expected of this thread.
    pub(crate) fn record(
        &self,
        call: Option<&Location<'_>>,
        kind: impl FnOnce() -> EventKind,
    ) -> bool {
        self.program.output.record(self.thread, call, kind)
    }

    /// Lets the calling thread, which has waited, do nothing more if it has been cut off
    /// meanwhile.
    pub(crate) fn go_on(&self) {
        let phase = *self.program.phase();
        if phase == Phase::CutOff {
            block_for_ever();
        }
    }

    fn sleep(&self, time: Duration, call: &Location<'_>) {
        let goes_on = self.record(Some(call), || EventKind::Sleep);
        match &self.program.clock {
            Some(clock) if goes_on => clock.sleep(time),
            Some(clock) => {
                self.record(Some(call), || EventKind::Endless);
                clock.leave();
                block_for_ever();
            }
            None => std::thread::sleep(time),
        }
        self.go_on();
        self.record(Some(call), || EventKind::Wake);
    }
}
