//! A look at a lesson: built, run and judged once.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use worker_core::Clock;
use xtask::order::{description::Description, happens_before::Promises};

use crate::{
    cli::Failure,
    lesson::{
        program::{self, Run},
        snapshot::Update,
        verdict::{Verdict, judge},
        workspace::{Lesson, Workspace},
    },
    timeline::picture::Picture,
};

/// How long a lesson may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What came of a look.
pub(super) struct Look {
    /// What is to be said of the build.
    pub(super) said: String,
    /// The lesson as it is now, if it was built.
    pub(super) run: Option<JudgedRun>,
}

/// A run of a lesson, judged, and what one on the simulated clock tells of its order.
pub(super) struct JudgedRun {
    lesson: Lesson,
    root: PathBuf,
    pub(super) verdict: Verdict,
    /// Or why it cannot be told.
    pub(super) order: Result<Order, String>,
}

impl JudgedRun {
    /// Accepts what differs from the snapshots, of this very run.
    pub(super) fn accept(&mut self) {
        if let Some(run) = self.verdict.run.take() {
            self.verdict = judge(&self.lesson, Ok(run), Update::Accept, &self.root);
        }
    }
}

/// The order of a lesson's lines, in words and as a picture.
pub(super) struct Order {
    pub(super) description: Arc<Description>,
    pub(super) picture: Picture,
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
    let Some(program) = &lesson.program else {
        return Look { said, run: None };
    };
    let run = program::run_lesson(program, clock, TIMEOUT, seen);
    let run = run.map_err(|reason| reason.to_string());
    let root = workspace.root;
    let verdict = judge(&lesson, run, Update::Nothing, &root);
    let order = match &verdict.run {
        Some(run) => order(program, run, clock),
        None => Err(String::new()),
    };
    let run = JudgedRun {
        order,
        lesson,
        root,
        verdict,
    };
    Look {
        said,
        run: Some(run),
    }
}

/// The order of the lines of a run that went well.
fn order(program: &Path, run: &Run, clock: Clock) -> Result<Order, String> {
    if let Some(complaint) = run.complaints().into_iter().next() {
        return Err(complaint);
    }
    let trace = match clock {
        Clock::Simulated => run.trace()?,
        Clock::Real => program::run_lesson(program, Clock::Simulated, TIMEOUT, |_| {})
            .map_err(|reason| reason.to_string())?
            .trace()?,
    };
    Ok(Order {
        description: Arc::new(Description::of(&trace, Promises::WorkerCore)?),
        picture: Picture::of(&trace)?,
    })
}
