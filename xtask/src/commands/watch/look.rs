//! A look at a lesson: built, run and judged once.

use std::{path::PathBuf, sync::Arc};

use worker_core::Clock;
use xtask::order::{description::Description, happens_before::Promises, trace::Trace};

use crate::{
    cli::Failure,
    lesson::{
        built::{BuiltLesson, Traced},
        program::{self, Run, TIME_LIMIT},
        snapshot::Update,
        verdict::{Verdict, judge},
        workspace::{Lesson, Workspace},
    },
    timeline::picture::Picture,
};

/// What came of a look.
pub(super) struct Look {
    /// What is to be said of the build.
    pub(super) said: String,
    /// The lesson as it is now, if it was built.
    pub(super) run: Option<JudgedRun>,
}

/// A run of a lesson, judged, and what those on the simulated clock tell of its order.
pub(super) struct JudgedRun {
    lesson: Lesson,
    root: PathBuf,
    traced: Result<Traced, String>,
    pub(super) verdict: Verdict,
    /// Or why it cannot be told.
    pub(super) order: Result<Order, String>,
}

/// The order of a lesson's lines, in words and as a picture.
pub(super) struct Order {
    pub(super) description: Arc<Description>,
    pub(super) picture: Picture,
}

impl JudgedRun {
    fn of(
        lesson: Lesson,
        root: PathBuf,
        run: Result<Run, String>,
        traced: impl FnOnce(Option<Trace>) -> Result<Traced, String>,
    ) -> JudgedRun {
        let mut kept = Err("it did not run well".to_owned());
        let traced = |first| {
            kept = traced(first);
            kept.clone()
        };
        let verdict = judge(&lesson, run, traced, Update::Nothing, &root);
        JudgedRun {
            order: kept.as_ref().map_err(String::clone).and_then(order),
            traced: kept,
            lesson,
            root,
            verdict,
        }
    }

    /// Accepts what differs from the snapshots, of this very run.
    pub(super) fn accept(&mut self) {
        let run = self.verdict.run.take();
        let run = run.ok_or_else(|| "it did not run".to_owned());
        let traced = |_| self.traced.clone();
        self.verdict = judge(&self.lesson, run, traced, Update::Accept, &self.root);
    }
}

fn order(traced: &Traced) -> Result<Order, String> {
    Ok(Order {
        description: Arc::new(Description::of(&traced.trace, Promises::WorkerCore)?),
        picture: Picture::of(&traced.trace),
    })
}

/// Builds a lesson, runs it and judges the run, and shows `seen` what it prints meanwhile.
pub(super) fn look(name: &str, clock: Clock, seen: impl FnMut(&[u8]) + Send + 'static) -> Look {
    let (mut workspace, said) = match Workspace::build_quietly(&[name.to_owned()]) {
        Ok(built) => built,
        Err(Failure::Usage(said) | Failure::Failed(said)) => return Look { said, run: None },
        Err(Failure::Help) => unreachable!("building asks for no help"),
    };
    // It has the lessons that were named, and no other.
    let lesson = workspace.lessons.remove(0);
    let Some(program) = lesson.program.clone() else {
        return Look { said, run: None };
    };
    let run = program::run_lesson(&program, clock, TIME_LIMIT, seen);
    let run = run.map_err(|reason| reason.to_string());
    let traced = |first| BuiltLesson::new(name, &program).traced(first);
    let run = JudgedRun::of(lesson, workspace.root, run, traced);
    Look {
        said,
        run: Some(run),
    }
}
