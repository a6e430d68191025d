//! One run of a lesson on the simulated clock, from which its order is read.

use std::{path::PathBuf, time::Duration};

use crate::{
    Failure, lessons,
    program::{self, Clock, Run},
    trace::Trace,
};

/// How long a lesson may take. No time passes in it but that of its real work.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A lesson that has been built.
pub(crate) struct Lesson {
    pub(crate) name: String,
    program: PathBuf,
}

impl Lesson {
    /// Builds the lesson of this name.
    ///
    /// # Errors
    ///
    /// If there is none, or it does not build.
    pub(crate) fn build(name: String) -> Result<Lesson, Failure> {
        let workspace = lessons::find()?;
        let names = [name];
        let mut programs = workspace.build(&workspace.select(&names)?)?;
        let [name] = names;
        match programs.remove(&name) {
            Some(program) => Ok(Lesson { name, program }),
            None => Err(Failure::Failed(format!(
                "lesson `{name}` does not build; see cargo's message above"
            ))),
        }
    }

    /// Runs it once.
    ///
    /// # Errors
    ///
    /// If it does not run well.
    pub(crate) fn run(&self) -> Result<Run, Failure> {
        let run = program::run(&self.program, Clock::Simulated, TIMEOUT, |_| {})
            .map_err(|error| self.failed(&format!("it could not be run: {error}")))?;
        let complaints = run.complaints();
        if complaints.is_empty() {
            Ok(run)
        } else {
            Err(self.failed(&complaints.join("\n  ")))
        }
    }

    /// Runs it once and reads its trace.
    ///
    /// # Errors
    ///
    /// If it does not run well, or its trace cannot be read.
    pub(crate) fn trace(&self) -> Result<Trace, Failure> {
        self.run()?.trace().map_err(|reason| self.failed(&reason))
    }

    /// A failure of this lesson.
    pub(crate) fn failed(&self, reason: &str) -> Failure {
        Failure::Failed(format!(
            "lesson `{}` on the simulated clock: {reason}",
            self.name
        ))
    }
}
