//! A lesson on the simulated clock, from which its order is read.

use std::{path::PathBuf, time::Duration};

use worker_core::Clock;
use xtask::order::{description::Description, happens_before::Promises, trace::Trace};

use crate::{
    cli::Failure,
    lesson::{
        program::{self, Run},
        workspace::{Lesson, Workspace},
    },
};

/// How long a lesson may take. No time passes in it but that of its real work.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A lesson that has been built.
pub(crate) struct BuiltLesson {
    pub(crate) name: String,
    pub(crate) program: PathBuf,
}

impl BuiltLesson {
    /// Builds the lesson of this name.
    ///
    /// # Errors
    ///
    /// If there is none, or it does not build.
    pub(crate) fn build(name: String) -> Result<BuiltLesson, Failure> {
        let workspace = Workspace::build(&[name])?;
        // It has the lessons that were named, and no other.
        BuiltLesson::of(&workspace.lessons[0])
    }

    /// A lesson of a workspace.
    ///
    /// # Errors
    ///
    /// If it did not build.
    pub(crate) fn of(lesson: &Lesson) -> Result<BuiltLesson, Failure> {
        match &lesson.program {
            Some(program) => Ok(BuiltLesson {
                name: lesson.name.clone(),
                program: program.clone(),
            }),
            None => Err(Failure::Failed(format!(
                "lesson `{}` does not build; see cargo's message above",
                lesson.name
            ))),
        }
    }

    /// Runs it once.
    ///
    /// # Errors
    ///
    /// If it does not run well.
    pub(crate) fn run(&self) -> Result<Run, Failure> {
        let run = program::run_lesson(&self.program, Clock::Simulated, TIMEOUT, |_| {})
            .map_err(|reason| self.failed(&reason.to_string()))?;
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

    /// Runs it once and describes the order of its lines by these promises.
    ///
    /// # Errors
    ///
    /// If it does not run well, or its lines cannot be told apart.
    pub(crate) fn description(&self, promises: Promises) -> Result<Description, Failure> {
        Description::of(&self.trace()?, promises).map_err(|reason| self.failed(&reason))
    }

    /// A failure of this lesson.
    pub(crate) fn failed(&self, reason: &str) -> Failure {
        Failure::Failed(format!(
            "lesson `{}` on the simulated clock: {reason}",
            self.name
        ))
    }
}
