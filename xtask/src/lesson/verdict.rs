//! Whether a run of a lesson is what has been accepted of it.

use std::path::Path;

use worker_core::Clock;
use xtask::order::{
    guarantees,
    happens_before::{HappensBefore, Promises},
    line::lessons_lines,
    normal_form::{normal_form, race},
    trace::Trace,
};

use crate::{
    cli::relative,
    lesson::{
        built::Traced,
        program::Run,
        snapshot::{self, Snapshot, Update},
        workspace::Lesson,
    },
};

/// What is to be said of one lesson.
#[derive(Default)]
pub(crate) struct Verdict {
    /// Its run, if it came to one.
    pub(crate) run: Option<Run>,
    /// Why it failed, each in a sentence; none if it passed.
    pub(crate) complaints: Vec<String>,
    /// What is to be known besides, in a sentence.
    pub(crate) note: Option<String>,
    /// How it differs from its snapshots.
    pub(crate) difference: String,
    /// What to do about that, if it can be accepted.
    pub(crate) advice: Option<String>,
    /// Whether that has been accepted.
    pub(crate) accepted: bool,
}

impl Verdict {
    /// That of a lesson that does not build.
    pub(crate) fn not_built() -> Verdict {
        Verdict {
            complaints: vec!["it does not build; see cargo's message above".to_owned()],
            ..Verdict::default()
        }
    }

    pub(crate) fn passed(&self) -> bool {
        self.complaints.is_empty()
    }
}

/// Judges one run of a lesson. It is compared with its snapshots only if nothing else is
/// wrong with it, nor with the trace that stands for all its runs: no other run is worth
/// accepting.
pub(crate) fn judge(
    lesson: &Lesson,
    run: Result<Run, String>,
    traced: impl FnOnce(Option<Trace>) -> Result<Traced, String>,
    update: Update,
    root: &Path,
) -> Verdict {
    let mut verdict = Verdict::default();
    let run = match run {
        Ok(run) => run,
        Err(reason) => {
            verdict.complaints.push(reason);
            return verdict;
        }
    };
    verdict.complaints = run.complaints();
    if verdict.passed() {
        let compared = compare(&mut verdict, lesson, &run, traced, update, root);
        verdict.complaints.extend(compared.err());
    } else if let Some(bad_line) = lessons_lines(run.whole_lines()).find_map(Result::err) {
        verdict.complaints.push(bad_line.to_string());
    }
    verdict.run = Some(run);
    verdict
}

fn order(trace: &Trace) -> HappensBefore {
    HappensBefore::of(trace, Promises::WorkerCore)
}

/// The normal form of what a run has printed.
fn normal_text(order: &HappensBefore) -> String {
    let normal = normal_form(order, &order.printed());
    let lines = normal
        .iter()
        .map(|&line| format!("{}\n", order.lines[line].text));
    lines.collect()
}

/// Compares what a lesson's run came to with what has been accepted.
///
/// # Errors
///
/// Why there is nothing to compare, or it differs, or no snapshot can hold it, after all
/// complaints that explain it.
fn compare(
    verdict: &mut Verdict,
    lesson: &Lesson,
    run: &Run,
    traced: impl FnOnce(Option<Trace>) -> Result<Traced, String>,
    update: Update,
    root: &Path,
) -> Result<(), String> {
    let trace = run.trace()?;
    let order_of_run = order(&trace);
    let first = (run.clock == Some(Clock::Simulated)).then_some(trace);
    let traced = traced(first).map_err(|reason| format!("on the simulated clock, {reason}"))?;
    verdict.note = traced.pauses;
    let race = race(&order(&traced.trace));
    let update = if race.is_some() {
        Update::Nothing
    } else {
        update
    };
    let contents = [
        (Snapshot::Output, normal_text(&order_of_run)),
        (Snapshot::Guarantees, guarantees::text(&order_of_run)),
    ];
    let mut differences = Vec::new();
    let mut unwritten = None;
    for (snapshot, content) in &contents {
        let path = relative(&snapshot.file(lesson), root);
        let comparison = match snapshot::compare(*snapshot, lesson, content, update, root) {
            Ok(comparison) => comparison,
            Err(reason) => {
                verdict.complaints.push(format!(
                    "{path} cannot be read: {reason}; mend it, or delete it and accept it anew"
                ));
                continue;
            }
        };
        verdict.difference.push_str(&comparison.difference);
        let differs = !comparison.difference.is_empty();
        if update == Update::Accept && comparison.unwritten.is_none() {
            verdict.accepted |= differs;
        } else if differs {
            let what = match (snapshot, &comparison.accepted) {
                (_, None) => "it has no",
                (Snapshot::Output, _) => "its normal form differs from",
                (Snapshot::Guarantees, _) => "its guarantees differ from",
            };
            if let (Snapshot::Guarantees, Some(accepted)) = (snapshot, &comparison.accepted) {
                let changes = guarantees::changes(accepted, &order_of_run);
                verdict.complaints.extend(changes);
            }
            differences.push(format!("{what} {path}"));
        }
        unwritten = unwritten.or(comparison.unwritten);
    }
    let name = &lesson.name;
    if let Some(reason) = &unwritten {
        verdict.complaints.push(format!(
            "nothing could be written to {}: {reason}; see whether you may write there",
            relative(&lesson.folder.join("snapshots"), root)
        ));
    }
    if let Some(race) = race {
        return Err(race);
    }
    if differences.is_empty() {
        return Ok(());
    }
    let review = if update == Update::Pending && unwritten.is_none() {
        " or `cargo insta review`"
    } else {
        ""
    };
    verdict.advice = Some(format!(
        "read the difference below, and if it is meant, accept it with `cargo xtask run-all {name} \
         --accept`{review}"
    ));
    Err(differences.join(", and "))
}
