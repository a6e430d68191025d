//! The guarantees of a lesson as a text that can be accepted, and what has changed in
//! it.

use std::collections::HashMap;

use fixedbitset::FixedBitSet;

use crate::order::happens_before::{Guarantee, HappensBefore};

const BEFORE: &str = " → ";
const PROMISE: &str = ": ";

/// The guaranteed pairs of lines, one a line, each with its promise. What a daemon may
/// not get to is left out: whether a run has it is luck.
pub fn text(order: &HappensBefore) -> String {
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
pub fn changes(accepted: &str, now: &str) -> Vec<String> {
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
    lines: HashMap<&'a str, usize>,
    /// For each line all lines that come before it.
    before: Vec<FixedBitSet>,
}

impl<'a> Pairs<'a> {
    /// The pairs of a text in which, as in every [`text`], no line comes before another
    /// above the pairs that say what comes before itself.
    fn of(text: &'a str) -> Pairs<'a> {
        let pairs = text.lines().filter_map(|line| {
            let (pair, promise) = line.rsplit_once(PROMISE)?;
            // A name may hold an arrow, but each ends with its quote.
            let quote = pair.find(&format!("`{BEFORE}"))?;
            let (before, after) = (&pair[..=quote], &pair[quote + 1 + BEFORE.len()..]);
            Some((before, after, promise))
        });
        let pairs: Vec<_> = pairs.collect();
        let mut lines = HashMap::new();
        for &(before, after, _) in &pairs {
            for line in [before, after] {
                let next = lines.len();
                lines.entry(line).or_insert(next);
            }
        }
        let mut before = vec![FixedBitSet::with_capacity(lines.len()); lines.len()];
        for (earlier, after, _) in &pairs {
            let (earlier, after) = (lines[earlier], lines[after]);
            let all = before[earlier].clone();
            before[after].union_with(&all);
            before[after].insert(earlier);
        }
        Pairs {
            pairs,
            lines,
            before,
        }
    }

    /// Whether these have both lines of a pair, but nothing that puts them in order.
    fn lacks(&self, (before, after, _): &Pair<'_>) -> bool {
        match (self.lines.get(before), self.lines.get(after)) {
            (Some(&before), Some(&after)) => !self.before[after].contains(before),
            _ => false,
        }
    }
}
