//! A look at a lesson: built, run and judged once.

use std::sync::Arc;

use worker_core::Clock;
use xtask::order::{description::Description, happens_before::Promises, trace::Trace};

use crate::{
    cli::Failure,
    lesson::{
        outcome::{Outcome, prove},
        program::{Seen, TIME_LIMIT},
        snapshot::Update,
        workspace::Workspace,
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
    pub(super) outcome: Outcome,
    /// Or why it cannot be told.
    pub(super) order: Result<Order, String>,
}

/// The order of a lesson's lines, in words and as a picture.
pub(super) struct Order {
    pub(super) description: Arc<Description>,
    pub(super) picture: Picture,
}

/// Builds a lesson, runs it and judges the run, and tells meanwhile what cargo says and
/// what the lesson prints.
pub(super) fn look(name: &str, clock: Clock, mut hear: impl FnMut(&str), seen: Seen) -> Look {
    let built = Workspace::build_quietly(&[name.to_owned()], &mut hear);
    // Cargo has said all that it has to.
    hear("");
    let (workspace, said) = match built {
        Ok(built) => built,
        Err(Failure::Usage(reason) | Failure::Failed(reason)) => {
            let said = reason + "\n";
            return Look { said, run: None };
        }
        Err(Failure::Help) => unreachable!("building asks for no help"),
    };
    // It has the lessons that were named, and no other.
    let lesson = &workspace.lessons[0];
    if lesson.built.is_none() {
        return Look { said, run: None };
    }
    let outcome = prove(lesson, clock, TIME_LIMIT, seen, Update::Nothing);
    let told = outcome.told.as_ref().map_err(String::clone);
    let run = JudgedRun {
        order: told.and_then(|told| order(&told.traced.trace)),
        outcome,
    };
    Look {
        said,
        run: Some(run),
    }
}

fn order(trace: &Trace) -> Result<Order, String> {
    Ok(Order {
        description: Arc::new(Description::of(trace, Promises::WorkerCore)?),
        picture: Picture::of(trace),
    })
}
