//! A lesson on the simulated clock, from which its order is read.

use std::{path::PathBuf, process::Command, time::Duration};

use worker_core::Clock;
use xtask::order::{runs, trace::Trace};

use crate::{
    cli::{self, Failure, live::live},
    lesson::{
        program::{self, Run, Seen, TIME_LIMIT},
        repeat::side_by_side,
    },
};

/// How many runs of a lesson are compared. One that is decided by luck, half the time in
/// one way, does the same in all of them in one of 128 cases.
const RUNS: usize = 8;

/// How many threads are too many for so many runs: then there are two.
const MANY: usize = 100;

/// A lesson that has been built.
pub(crate) struct BuiltLesson {
    pub(crate) name: String,
    pub(crate) program: PathBuf,
}

/// What the runs of a lesson have told.
pub(crate) struct Traced {
    pub(crate) trace: Trace,
    /// Where they spend real time of which the trace does not know, in a sentence.
    pub(crate) pauses: Option<String>,
}

impl BuiltLesson {
    /// Runs it once on this clock, no longer than `timeout`, and shows `seen` each piece
    /// of its output as it comes.
    ///
    /// # Errors
    ///
    /// Why it cannot be run.
    pub(crate) fn run(&self, clock: Clock, timeout: Duration, seen: Seen) -> Result<Run, String> {
        let run = program::run(Command::new(&self.program), Some(clock), timeout, seen);
        run.map_err(|reason| reason.to_string())
    }

    /// Runs it once on the simulated clock, no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// Why it does not run well.
    pub(crate) fn run_well(&self, timeout: Duration) -> Result<Run, String> {
        let run = self.run(Clock::Simulated, timeout, Box::new(|_| {}))?;
        let complaints = run.complaints();
        if complaints.is_empty() {
            Ok(run)
        } else {
            Err(complaints.join("\n  "))
        }
    }

    /// Runs it a few times, each no longer than `timeout` and once less if its `first` trace
    /// is there already, and reads the trace that stands for all its runs.
    ///
    /// # Errors
    ///
    /// Why it does not run well, or its trace cannot be read, or no trace stands for all.
    pub(crate) fn traced(&self, first: Option<Trace>, timeout: Duration) -> Result<Traced, String> {
        let once = || self.run_well(timeout)?.trace();
        let first = first.map_or_else(once, Ok)?;
        let more = if first.threads.len() > MANY {
            1
        } else {
            RUNS - 1
        };
        let mut all = vec![first];
        all.extend(side_by_side(more, more, once)?);
        let mut others = all[1..].iter();
        if let Some(difference) = others.find_map(|other| runs::difference(&all[0], other)) {
            return Err(format!(
                "it does not do the same on every run: {difference}; something other than start and \
                 join decides it, so nothing can be said of the order of its lines; let every thread \
                 do the same whatever the others do"
            ));
        }
        let pauses = runs::pauses(&all);
        let trace = all.swap_remove(0);
        Ok(Traced { trace, pauses })
    }

    /// The trace that stands for all its runs. Says where they spend real time of which it
    /// does not know.
    ///
    /// # Errors
    ///
    /// As [`traced`](BuiltLesson::traced).
    pub(crate) fn trace(&self) -> Result<Trace, Failure> {
        let what = format!("running `{}` on the simulated clock", self.name);
        let traced = live(what, |_| self.traced(None, TIME_LIMIT));
        let traced = traced.map_err(|reason| self.failed(&reason))?;
        if let Some(pauses) = traced.pauses {
            cli::note(&format!("note: lesson `{}`: {pauses}", self.name));
        }
        Ok(traced.trace)
    }

    /// A failure of this lesson.
    pub(crate) fn failed(&self, reason: &str) -> Failure {
        let name = &self.name;
        format!("lesson `{name}` on the simulated clock: {reason}").into()
    }
}
