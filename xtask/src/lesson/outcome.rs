//! Whether a run of a lesson is what has been accepted of it.

use std::{thread, time::Duration};

use worker_core::Clock;
use xtask::order::{
    guarantees,
    happens_before::{HappensBefore, Promises},
    line::lessons_lines,
    normal_form::{normal_form, race},
    trace::Trace,
};

use crate::{
    cli::{joined, no_thread, relative},
    lesson::{
        built::{BuiltLesson, Traced},
        program::{Run, Seen},
        snapshot::{Snapshot, Update, difference, is_same},
        workspace::{Lesson, NOT_BUILT},
    },
};

/// What is to be said of one lesson.
pub(crate) struct Outcome {
    /// Its run, if it came to one.
    pub(crate) run: Option<Run>,
    /// What its runs have told of its order, or why they tell nothing.
    pub(crate) told: Result<Told, String>,
    /// Why it failed, each in a sentence; none if it passed.
    pub(crate) complaints: Vec<String>,
    /// How it differs from its snapshots.
    pub(crate) difference: String,
    /// What to do about that, if it can be accepted.
    pub(crate) advice: Option<String>,
    /// Whether that has been accepted.
    pub(crate) accepted: bool,
}

/// What a run of a lesson has told, and those beside it.
pub(crate) struct Told {
    /// The order of the lines that it has printed.
    order: HappensBefore,
    pub(crate) traced: Traced,
}

/// Runs a lesson once on this clock, as [`BuiltLesson::run`] does, and judges that run.
/// It is compared with its snapshots only if nothing else is wrong with it, nor with the
/// trace that stands for all its runs: no other run is worth accepting.
pub(crate) fn prove(
    lesson: &Lesson,
    clock: Clock,
    timeout: Duration,
    seen: Seen,
    update: Update,
) -> Outcome {
    let Some(built) = &lesson.built else {
        return Outcome::not_built();
    };
    let (run, beside) = match clock {
        Clock::Simulated => (built.run(clock, timeout, seen), None),
        // It sleeps, and meanwhile the others run.
        Clock::Real => thread::scope(|scope| {
            let trace = || built.traced(None, timeout);
            let beside = thread::Builder::new().spawn_scoped(scope, trace);
            let run = built.run(clock, timeout, seen);
            (run, Some(beside.map_err(no_thread).and_then(joined)))
        }),
    };
    let mut outcome = Outcome::of(run);
    match &outcome.run {
        Some(run) if outcome.passed() => {
            outcome.told = told(built, run, beside, timeout);
            outcome.compare(lesson, update);
        }
        Some(run) => {
            let mut lines = (1..).zip(lessons_lines(run.whole_lines(), |_| false));
            let fault =
                lines.find_map(|(number, line)| Some(format!("line {number} {}", line.err()?)));
            outcome.complaints.extend(fault);
        }
        None => {}
    }
    outcome
}

/// What a run tells, and those `beside` it, or where there were none, those after it.
fn told(
    built: &BuiltLesson,
    run: &Run,
    beside: Option<Result<Traced, String>>,
    timeout: Duration,
) -> Result<Told, String> {
    let trace = run.trace()?;
    let order = happens_before(&trace);
    let traced = beside.unwrap_or_else(|| built.traced(Some(trace), timeout));
    let traced = traced.map_err(|reason| format!("on the simulated clock, {reason}"))?;
    Ok(Told { order, traced })
}

impl Outcome {
    /// That of a lesson that does not build.
    pub(crate) fn not_built() -> Outcome {
        Outcome::of(Err(NOT_BUILT.to_owned()))
    }

    /// What a run alone says.
    fn of(run: Result<Run, String>) -> Outcome {
        let complaints = match &run {
            Ok(run) => run.complaints(),
            Err(reason) => vec![reason.clone()],
        };
        Outcome {
            run: run.ok(),
            told: Err("it did not run well".to_owned()),
            complaints,
            difference: String::new(),
            advice: None,
            accepted: false,
        }
    }

    pub(crate) fn passed(&self) -> bool {
        self.complaints.is_empty()
    }

    /// What is to be known besides, in a sentence.
    pub(crate) fn note(&self) -> Option<&str> {
        self.told.as_ref().ok()?.traced.pauses.as_deref()
    }

    /// Accepts what differs from the snapshots, of this very run.
    pub(crate) fn accept(&mut self, lesson: &Lesson) {
        self.complaints.clear();
        self.difference.clear();
        self.advice = None;
        self.compare(lesson, Update::Accept);
    }

    /// Compares what the lesson's runs have told with what has been accepted. If it
    /// differs, or no snapshot can hold it, the last complaint says so, after all those
    /// that explain it.
    fn compare(&mut self, lesson: &Lesson, update: Update) {
        let Told { order, traced } = match &self.told {
            Ok(told) => told,
            Err(reason) => {
                self.complaints.push(reason.clone());
                return;
            }
        };
        let race = race(&happens_before(&traced.trace));
        let update = race.as_ref().map_or(update, |_| Update::Nothing);
        let normal = normal_form(order, &order.printed());
        let contents = [
            (Snapshot::Output, order.output(&normal)),
            (Snapshot::Guarantees, guarantees::text(order)),
        ];
        let mut differences = Vec::new();
        let mut unwritten = None;
        for (snapshot, content) in &contents {
            let path = relative(&snapshot.file(lesson), &lesson.root);
            let accepted = match snapshot.accepted(lesson) {
                Ok(accepted) => accepted,
                Err(reason) => {
                    self.complaints.push(format!(
                        "{path} cannot be read: {reason}; mend it, or delete it and accept it anew"
                    ));
                    continue;
                }
            };
            let is_same = accepted.as_ref().is_some_and(|text| is_same(text, content));
            let new = (!is_same).then_some(content.as_str());
            let written = snapshot.write(lesson, new, update);
            let is_accepted = update == Update::Accept && written.is_ok();
            unwritten = unwritten.or(written.err());
            if is_same {
                continue;
            }
            let old = accepted.as_deref().unwrap_or_default();
            self.difference += &format!("Snapshot file: {path}\n{}", difference(old, content));
            if is_accepted {
                self.accepted = true;
                continue;
            }
            let what = match (snapshot, &accepted) {
                (_, None) => "it has no",
                (Snapshot::Output, _) => "its normal form differs from",
                (Snapshot::Guarantees, Some(accepted)) => {
                    self.complaints.extend(guarantees::changes(accepted, order));
                    "its guarantees differ from"
                }
            };
            differences.push(format!("{what} {path}"));
        }
        if let Some(reason) = &unwritten {
            self.complaints.push(format!(
                "nothing could be written to {}: {reason}; see whether you may write there",
                relative(&lesson.folder.join("snapshots"), &lesson.root)
            ));
        }
        if let Some(race) = race {
            self.complaints.push(race);
        } else if !differences.is_empty() {
            self.complaints.push(differences.join(", and "));
            let review = if update == Update::Pending && unwritten.is_none() {
                " or `cargo insta review`"
            } else {
                ""
            };
            self.advice = Some(format!(
                "read the difference below, and if it is meant, accept it with `cargo xtask run-all \
                 {} --accept`{review}",
                lesson.name
            ));
        }
    }
}

fn happens_before(trace: &Trace) -> HappensBefore {
    HappensBefore::of(trace, Promises::WorkerCore)
}
