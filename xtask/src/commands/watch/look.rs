//! A look at a lesson: built, run and judged once.

use std::{path::PathBuf, sync::Arc};

use worker_core::Clock;
use xtask::order::{description::Description, happens_before::Promises, trace::Trace};

use crate::{
    cli::Failure,
    lesson::{
        program::TIME_LIMIT,
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
    /// Accepts what differs from the snapshots, of this very run.
    pub(super) fn accept(&mut self) {
        self.verdict.accept(&self.lesson, &self.root);
    }
}

fn order(trace: &Trace) -> Result<Order, String> {
    Ok(Order {
        description: Arc::new(Description::of(trace, Promises::WorkerCore)?),
        picture: Picture::of(trace),
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
    let Ok(built) = lesson.built() else {
        return Look { said, run: None };
    };
    let run = built.run(clock, TIME_LIMIT, seen);
    let verdict = judge(&lesson, run, Update::Nothing, &workspace.root);
    let told = verdict.told.as_ref().map_err(String::clone);
    let order = told.and_then(|told| order(&told.traced.trace));
    Look {
        said,
        run: Some(JudgedRun {
            root: workspace.root,
            lesson,
            verdict,
            order,
        }),
    }
}
