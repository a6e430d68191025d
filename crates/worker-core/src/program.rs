//! What the threads of one lesson share, and which of them the calling one is.

use std::{cell::RefCell, time::Duration};

use crate::{
    Error,
    output::Output,
    simulated::Simulated,
    sync::{Arc, atomic::AtomicBool, thread_local},
    trace::Event,
};

/// What all threads of one lesson share.
pub(crate) struct Program {
    pub(crate) output: Output,
    /// The clock, if it is simulated.
    pub(crate) simulated: Option<Arc<Simulated>>,
    /// Whether a worker has panicked.
    pub(crate) panicked: AtomicBool,
}

/// One of the threads of a lesson.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) program: Arc<Program>,
    /// The main thread is 0, and the workers count from 1 in the order of their
    /// starts.
    pub(crate) number: u64,
}

thread_local! {
    /// Which one the calling thread is, if it is a lesson's.
    // Loom's macro takes no `const`.
    #[allow(clippy::missing_const_for_thread_local)]
    static CURRENT: RefCell<Option<Member>> = RefCell::new(None);
}

impl Member {
    /// Makes the calling thread this one, or none, and returns which it was.
    pub(crate) fn enter(member: Option<Member>) -> Option<Member> {
        CURRENT.with(|current| current.replace(member))
    }

    /// Which one the calling thread is, if it is a lesson's.
    pub(crate) fn current() -> Option<Member> {
        // At the very end of a thread there is nothing left to ask.
        let current = CURRENT.try_with(|current| current.borrow().clone());
        current.ok().flatten()
    }

    pub(crate) fn print(&self, text: &str) -> Result<(), Error> {
        self.program.output.print(self.number, text)
    }

    /// Writes to the trace, if there is one, and returns whether anything more is to
    /// be expected of this thread.
    pub(crate) fn record(&self, event: Event<'_>) -> bool {
        self.program.output.record(self.number, event)
    }

    pub(crate) fn sleep(&self, time: Duration) {
        let goes_on = self.record(Event::Sleep);
        match &self.program.simulated {
            Some(simulated) if goes_on => simulated.sleep(time),
            Some(simulated) => {
                self.record(Event::Endless);
                simulated.sleep_for_ever();
            }
            None => std::thread::sleep(time),
        }
        self.record(Event::Wake);
    }
}
