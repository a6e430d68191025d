//! Whether a run of a lesson is what has been accepted of it.

use std::path::Path;

use xtask::order::{
    guarantees,
    happens_before::{HappensBefore, Promises},
    line::lessons_lines,
    normal_form::normal_form,
};

use crate::{
    cli::relative,
    lesson::{
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
    /// How it differs from its snapshots.
    pub(crate) difference: String,
    /// What to do about that.
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

/// Judges one run of a lesson. It is compared with its snapshots only if nothing else
/// is wrong with it: no other run is worth accepting.
pub(crate) fn judge(
    lesson: &Lesson,
    run: Result<Run, String>,
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
    if let Some(bad_line) = lessons_lines(&run.stdout).find_map(Result::err) {
        verdict.complaints.push(bad_line.to_string());
    } else if verdict.passed() {
        match order(&run) {
            Ok(order) => {
                let contents = [
                    (Snapshot::Output, normal_text(&order)),
                    (Snapshot::Guarantees, guarantees::text(&order)),
                ];
                compare(&mut verdict, lesson, &order, &contents, update, root);
            }
            Err(complaint) => verdict.complaints.push(complaint),
        }
    }
    verdict.run = Some(run);
    verdict
}

fn order(run: &Run) -> Result<HappensBefore, String> {
    HappensBefore::of(&run.trace()?, Promises::WorkerCore)
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
fn compare(
    verdict: &mut Verdict,
    lesson: &Lesson,
    order: &HappensBefore,
    contents: &[(Snapshot, String)],
    update: Update,
    root: &Path,
) {
    let mut differences = Vec::new();
    let mut unwritten = None;
    for (snapshot, content) in contents {
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
                let changes = guarantees::changes(accepted, order);
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
    if !differences.is_empty() {
        let review = if update == Update::Pending && unwritten.is_none() {
            " or `cargo insta review`"
        } else {
            ""
        };
        verdict.complaints.push(differences.join(", and "));
        verdict.advice = Some(format!(
            "read the difference below, and if it is meant, accept it with `cargo xtask run-all \
             {name} --accept`{review}"
        ));
    }
}
