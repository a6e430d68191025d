//! The guarantees of a lesson as a text that can be accepted, and what has changed in
//! it.

use std::collections::{HashMap, HashSet};

use crate::happens_before::{Guarantee, HappensBefore};

const BEFORE: &str = " → ";
const PROMISE: &str = ": ";

/// The guaranteed pairs of lines, one a line, each with its promise. What a daemon may
/// not get to is left out: whether a run has it is luck.
pub(crate) fn text(order: &HappensBefore) -> String {
    let certain = order.guaranteed.certain();
    let always = |pair: &&Guarantee| pair.after.is_none_or(|after| certain.contains(after));
    let pairs = order.guarantees.iter().filter(always).map(|pair| {
        let before = order.name(Some(pair.before));
        let after = order.name(pair.after);
        format!("{before}{BEFORE}{after}{PROMISE}{}\n", pair.promises())
    });
    pairs.collect()
}

/// Says which guarantees of `accepted` are lost, and which of `now` are new, each in
/// a sentence. A pair that others imply is neither; nor is one with a line that only
/// one of the two texts has.
pub(crate) fn changes(accepted: &str, now: &str) -> Vec<String> {
    let (accepted, now) = (Pairs::of(accepted), Pairs::of(now));
    let lost = accepted.pairs.iter().filter(|pair| now.lacks(pair));
    let lost = lost
        .map(|(before, after, _)| format!("nothing makes {before} come before {after} any more"));
    let gained = now.pairs.iter().filter(|pair| accepted.lacks(pair));
    let gained = gained.map(|(before, after, promise)| {
        format!("{before} always comes before {after} now: {promise}")
    });
    lost.chain(gained).collect()
}

/// What comes before what, directly, and by which promise.
type Pair<'a> = (&'a str, &'a str, &'a str);

struct Pairs<'a> {
    pairs: Vec<Pair<'a>>,
    after: HashMap<&'a str, Vec<&'a str>>,
    lines: HashSet<&'a str>,
}

impl<'a> Pairs<'a> {
    fn of(text: &'a str) -> Pairs<'a> {
        let mut pairs = Pairs {
            pairs: Vec::new(),
            after: HashMap::new(),
            lines: HashSet::new(),
        };
        for line in text.lines() {
            if let Some((pair, promise)) = line.rsplit_once(PROMISE)
                && let Some((before, after)) = pair.split_once(BEFORE)
            {
                pairs.pairs.push((before, after, promise));
                pairs.after.entry(before).or_default().push(after);
                pairs.lines.extend([before, after]);
            }
        }
        pairs
    }

    /// Whether these have both lines of a pair, but nothing that puts them in order.
    fn lacks(&self, (before, after, _): &Pair<'_>) -> bool {
        if !self.lines.contains(before) || !self.lines.contains(after) {
            return false;
        }
        let mut reached = vec![*before];
        let mut seen = HashSet::new();
        while let Some(line) = reached.pop() {
            if line == *after {
                return false;
            }
            if seen.insert(line) {
                reached.extend(self.after.get(line).into_iter().flatten());
            }
        }
        true
    }
}
