//! What is to be said of verdicts, and how many there are of each kind.

use console::style;
use xtask::order::judgement::{Judgement, Verdict};

use crate::cli::{self, Failure, wrapped};

/// What is to be said of an output, with its faults below.
pub(super) fn words(judgement: &Judgement) -> String {
    let verdict = match &judgement.verdict {
        Verdict::Possible => "possible".to_owned(),
        Verdict::Unlikely(why) => format!("possible, but the sleeps make it unlikely:\n  {why}"),
        Verdict::PossibleForStd(because) => style(format!(
            "impossible for worker-core, possible for std and Python, whose {because} (see --std and \
             --python):"
        ))
        .red()
        .to_string(),
        Verdict::Impossible => style("impossible:").red().to_string(),
        Verdict::CannotBeJudged => style("cannot be judged:").yellow().to_string(),
    };
    let faults = judgement.faults.iter().map(|fault| format!("\n  {fault}"));
    verdict + &faults.collect::<String>()
}

/// Prints what is to be said, no wider than the terminal, if there is one.
pub(super) fn say(words: &str) -> Result<(), Failure> {
    let width = cli::terminal_width().unwrap_or(usize::MAX);
    cli::print(wrapped(words, width))
}

/// How many kinds of verdicts there are.
pub(super) const KINDS: usize = 5;

pub(super) fn kind_of(verdict: &Verdict) -> usize {
    match verdict {
        Verdict::Possible => 0,
        Verdict::Unlikely(_) => 1,
        Verdict::PossibleForStd(_) => 2,
        Verdict::Impossible => 3,
        Verdict::CannotBeJudged => 4,
    }
}

/// How many verdicts there are of each kind.
pub(super) fn counts<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> [usize; KINDS] {
    let mut counts = [0; KINDS];
    for verdict in verdicts {
        counts[kind_of(verdict)] += 1;
    }
    counts
}

/// In a line: how many are possible of all, the unlikely among them, and the others.
pub(super) fn summary(counts: [usize; KINDS], of_all: &str) -> String {
    let [likely, unlikely, others @ ..] = counts;
    let mut summary = format!("{}{of_all} possible", likely + unlikely);
    if unlikely > 0 {
        summary += &format!(", {unlikely} of them unlikely because of the sleeps");
    }
    let kinds = [
        "possible for std and Python only",
        "impossible",
        "cannot be judged",
    ];
    for (number, kind) in others.into_iter().zip(kinds) {
        if number > 0 {
            summary += &format!(", {number} {kind}");
        }
    }
    summary
}
