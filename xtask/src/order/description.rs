//! What is to be said of the order of a lesson's lines, in words.

use std::fmt;

use console::measure_text_width;
use fixedbitset::FixedBitSet;

use crate::order::{
    count::{TooLarge, count},
    happens_before::{HappensBefore, Promises},
    normal_form::normal_form,
    partial_order::PartialOrder,
    trace::Trace,
};

/// How many things are named in one sentence.
const MOST_NAMED: usize = 10;

/// How many antichains are shown.
const MOST_ANTICHAINS: usize = 20;

/// How many pairs of one kind are shown.
const MOST_PAIRS: usize = 1000;

/// The order of a lesson's lines, described.
pub struct Description {
    /// What start, join and the end of the program say of it.
    pub happens_before: HappensBefore,
    /// What the sleeps say of it too.
    pub with_the_sleeps: PartialOrder,
    /// The lines in the order of the normal form of a likely output.
    pub normal_order: Vec<usize>,
    /// How many outputs there are with the sleeps.
    pub likely: Count,
    /// How many there are by start and join alone.
    pub guaranteed: Count,
}

impl Description {
    /// Reads it from a run of the lesson on the simulated clock.
    ///
    /// # Errors
    ///
    /// If its lines cannot be told apart.
    pub fn of(trace: &Trace, promises: Promises) -> Result<Description, String> {
        let happens_before =
            HappensBefore::of(trace, promises).and_then(HappensBefore::require_distinct_lines)?;
        let with_the_sleeps = happens_before.with_the_sleeps();
        Ok(Description {
            normal_order: normal_form(&happens_before, &happens_before.likely_output()),
            likely: Count(count(&with_the_sleeps)),
            guaranteed: Count(count(&happens_before.guaranteed)),
            happens_before,
            with_the_sleeps,
        })
    }

    /// The lines in the order of the first output that is listed, and then those that
    /// are not in it.
    pub fn numbered(&self) -> Vec<usize> {
        let mut outputs = self.with_the_sleeps.outputs(&self.normal_order);
        let mut lines = outputs.next().unwrap_or_default();
        let missing = self
            .normal_order
            .iter()
            .filter(|line| !lines.contains(line));
        let missing: Vec<_> = missing.copied().collect();
        lines.extend(missing);
        lines
    }

    /// How many there are, in one line.
    pub fn summary(&self, lesson: &str) -> String {
        format!(
            "{lesson}: {} with its sleeps, {} by start and join alone",
            self.likely.orders(),
            self.guaranteed
        )
    }

    /// The pairs of lines that are guaranteed, with the promise behind each. What is
    /// wider than `width` goes on in a line of its own.
    pub fn guaranteed_pairs(&self, width: usize) -> Vec<String> {
        let order = &self.happens_before;
        let pairs = order.guarantees.iter().map(|pair| {
            let names = [order.name(Some(pair.before)), order.name(pair.after)];
            let certain = order.guaranteed.certain();
            let if_printed = match pair.after {
                Some(after) if !certain.contains(after) => ", if it is printed",
                _ => "",
            };
            (names, pair.promises() + if_printed)
        });
        table(&pairs.collect::<Vec<_>>(), width)
    }

    /// The pairs of lines that only the sleeps put in order. What is wider than `width`
    /// goes on in a line of its own.
    pub fn likely_pairs(&self, width: usize) -> Vec<String> {
        let name = |line: usize| self.happens_before.name(Some(line));
        let pairs = self.likely_covering_pairs().into_iter();
        let pairs = pairs.map(|(before, after)| ([name(before), name(after)], String::new()));
        table(&pairs.collect::<Vec<_>>(), width)
    }

    /// The covering pairs behind [`Description::likely_pairs`].
    pub fn likely_covering_pairs(&self) -> Vec<(usize, usize)> {
        let order = &self.happens_before;
        let with = &self.with_the_sleeps;
        let mut likely = Vec::new();
        for &after in &self.normal_order {
            if with.possible().contains(after) {
                let covered = with.covered_by(after);
                let only_likely = |before: &usize| order.guaranteed.incomparable(*before, after);
                let pairs = covered.ones().filter(only_likely);
                likely.extend(pairs.map(|before| (before, after)));
            }
        }
        likely
    }

    /// How a line is related to a later one, or to the end of the program: the strongest
    /// that can be said, if it is one of these. Luck is so in either direction.
    pub fn relation(&self, before: usize, after: Option<usize>) -> Option<Relation> {
        let guaranteed = &self.happens_before.guaranteed;
        let with = &self.with_the_sleeps;
        let Some(after) = after else {
            let is_certain = guaranteed.certain().contains(before);
            return is_certain.then_some(Relation::Guaranteed);
        };
        if guaranteed.before(after).contains(before) {
            return Some(Relation::Guaranteed);
        }
        if ![before, after]
            .iter()
            .all(|&line| with.possible().contains(line))
        {
            return None;
        }
        if with.before(after).contains(before) {
            return Some(Relation::Likely);
        }
        with.incomparable(before, after).then_some(Relation::Luck)
    }

    /// The lines that the end of the program may cut off.
    pub fn missing_lines(&self) -> Vec<String> {
        let certain = self.happens_before.guaranteed.certain();
        let missing = self
            .normal_order
            .iter()
            .filter(|&&line| !certain.contains(line));
        let missing = missing.map(|&line| {
            let likely = match &self.with_the_sleeps {
                with if with.certain().contains(line) => {
                    "hardly ever missing, because of the sleeps"
                }
                with if with.possible().contains(line) => "missing or not, by luck",
                _ => "nearly always missing, because of the sleeps",
            };
            format!("{}  {likely}", self.happens_before.name(Some(line)))
        });
        missing.collect()
    }

    /// The antichains of the order: groups of lines that may come in any order.
    pub fn incomparable_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let antichains = self.antichains();
        for antichain in antichains.iter().take(MOST_ANTICHAINS) {
            lines.push("any order of".to_owned());
            let names = antichain
                .iter()
                .map(|&line| self.happens_before.name(Some(line)));
            lines.extend(names.map(|name| format!("  {name}")));
        }
        if antichains.len() > MOST_ANTICHAINS {
            lines.push("and more".to_owned());
        }
        lines
    }

    /// Antichains, until every pair of incomparable lines is in one, or there are more
    /// than anybody reads.
    pub fn antichains(&self) -> Vec<Vec<usize>> {
        let order = &self.with_the_sleeps;
        let possible = |line: &&usize| order.possible().contains(**line);
        let lines: Vec<_> = self.normal_order.iter().filter(possible).copied().collect();
        let mut antichains: Vec<FixedBitSet> = Vec::new();
        'pairs: for (place, &one) in lines.iter().enumerate() {
            for &other in &lines[place + 1..] {
                let is_known =
                    |antichain: &FixedBitSet| antichain.contains(one) && antichain.contains(other);
                if !order.incomparable(one, other) || antichains.iter().any(is_known) {
                    continue;
                }
                let mut antichain = FixedBitSet::with_capacity(order.lines());
                antichain.extend([one, other]);
                for &line in &lines {
                    let incomparable = |of: usize| of != line && order.incomparable(of, line);
                    if antichain.ones().all(incomparable) {
                        antichain.insert(line);
                    }
                }
                antichains.push(antichain);
                if antichains.len() > MOST_ANTICHAINS {
                    break 'pairs;
                }
            }
        }
        let in_order = |antichain: FixedBitSet| {
            let is_in = |line: &usize| antichain.contains(*line);
            lines.iter().copied().filter(is_in).collect()
        };
        antichains.into_iter().map(in_order).collect()
    }
}

/// How a line is related to a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It comes first on every run.
    Guaranteed,
    /// It comes first because of the sleeps.
    Likely,
    /// They come in either order.
    Luck,
}

/// Pairs below each other, with what is to be said of each.
fn table(pairs: &[([String; 2], String)], width: usize) -> Vec<String> {
    let shown = &pairs[..pairs.len().min(MOST_PAIRS)];
    let mut rows = rows(shown, width);
    if shown.len() < pairs.len() {
        rows.push(format!("and {} more", pairs.len() - shown.len()));
    }
    rows
}

fn rows(pairs: &[([String; 2], String)], width: usize) -> Vec<String> {
    let widest = |column: usize| {
        let widths = pairs
            .iter()
            .map(|(names, _)| measure_text_width(&names[column]));
        widths.max().unwrap_or_default()
    };
    let widths = [widest(0), widest(1)];
    let rows = pairs.iter().map(|([before, after], promise)| {
        let gap = |name: &str, column: usize| " ".repeat(widths[column] - measure_text_width(name));
        let pair = format!("{before}{} → {after}", gap(before, 0));
        let row = format!("{pair}{}  {promise}", gap(after, 1));
        let row = match [row.trim_end(), &pair].map(measure_text_width) {
            [row_width, _] if row_width <= width => row,
            [_, pair_width] if pair_width <= width => format!("{pair}\n    {promise}"),
            _ => format!("{before}\n  → {after}\n    {promise}"),
        };
        row.trim_end().to_owned()
    });
    rows.collect()
}

/// Some things one after another, but no more than somebody reads.
pub(crate) fn listed(things: &[String]) -> String {
    match things {
        [] => String::new(),
        [thing] => thing.clone(),
        [things @ .., last] if things.len() < MOST_NAMED => {
            format!("{} and {last}", things.join(", "))
        }
        _ => format!(
            "{} and {} more",
            things[..MOST_NAMED].join(", "),
            things.len() - MOST_NAMED
        ),
    }
}

/// How many orders there are, as far as they can be counted.
pub struct Count(
    /// The number, or why there is none.
    pub Result<u128, TooLarge>,
);

impl Count {
    /// The number with its noun.
    pub fn orders(&self) -> String {
        match self.0 {
            Ok(1) => "1 order".to_owned(),
            Err(TooLarge::Order) => "too many orders to count".to_owned(),
            _ => format!("{self} orders"),
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(number) => write!(f, "{number}"),
            Err(TooLarge::Number) => f.write_str("more than 10^38"),
            Err(TooLarge::Order) => f.write_str("too many to count"),
        }
    }
}
