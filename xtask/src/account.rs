//! What is to be said of the order of a lesson's lines, in words.

use std::fmt;

use console::measure_text_width;
use fixedbitset::FixedBitSet;

use crate::{
    Failure,
    count::{TooLarge, count},
    happens_before::{HappensBefore, Threads},
    normal_form::normal_order,
    partial_order::PartialOrder,
    simulate::Lesson,
};

/// How many groups of free lines are shown.
const MOST_GROUPS: usize = 20;

/// How many pairs of one kind are shown.
const MOST_PAIRS: usize = 1000;

/// The orders of a lesson.
pub(crate) struct Orders {
    pub(crate) happens_before: HappensBefore,
    pub(crate) with_the_sleeps: PartialOrder,
    /// The lines in the order of the normal form of a likely output.
    pub(crate) preferred: Vec<usize>,
    pub(crate) likely: Count,
    pub(crate) guaranteed: Count,
}

impl Orders {
    /// Reads them from a run of the lesson on the simulated clock.
    ///
    /// # Errors
    ///
    /// If it does not run well, or its lines cannot be told apart.
    pub(crate) fn of(lesson: &Lesson) -> Result<Orders, Failure> {
        let trace = lesson.trace()?;
        let happens_before = HappensBefore::of(&trace, Threads::WorkerCore)
            .and_then(HappensBefore::told_apart)
            .map_err(|reason| lesson.failed(&reason))?;
        let with_the_sleeps = happens_before.with_the_sleeps();
        Ok(Orders {
            preferred: preferred(&happens_before).map_err(|reason| lesson.failed(&reason))?,
            likely: Count(count(&with_the_sleeps)),
            guaranteed: Count(count(&happens_before.guaranteed)),
            happens_before,
            with_the_sleeps,
        })
    }

    /// The lines in the order of the first output that is listed, and then those that
    /// are not in it.
    pub(crate) fn numbered(&self) -> Vec<usize> {
        let mut outputs = self.with_the_sleeps.outputs(&self.preferred);
        let mut lines = outputs.next().unwrap_or_default();
        let missing = self.preferred.iter().filter(|line| !lines.contains(line));
        let missing: Vec<_> = missing.copied().collect();
        lines.extend(missing);
        lines
    }

    /// How many there are, in one line.
    pub(crate) fn summary(&self, lesson: &str) -> String {
        format!(
            "{lesson}: {} with its sleeps, {} by start and join alone",
            self.likely.orders(),
            self.guaranteed
        )
    }

    /// The pairs of lines that are guaranteed, with the promise behind each.
    pub(crate) fn guaranteed_pairs(&self) -> Vec<String> {
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
        table(&pairs.collect::<Vec<_>>())
    }

    /// The pairs of lines that only the sleeps put in order.
    pub(crate) fn likely_pairs(&self) -> Vec<String> {
        let order = &self.happens_before;
        let with = &self.with_the_sleeps;
        let mut likely = Vec::new();
        for &after in &self.preferred {
            if with.possible().contains(after) {
                let covered = with.covered_by(after);
                let only_likely = |before: &usize| order.guaranteed.is_free(*before, after);
                let pairs = covered.ones().filter(only_likely);
                likely.extend(pairs.map(|before| {
                    let names = [order.name(Some(before)), order.name(Some(after))];
                    (names, String::new())
                }));
            }
        }
        table(&likely)
    }

    /// The lines that the end of the program may cut off.
    pub(crate) fn missing_lines(&self) -> Vec<String> {
        let certain = self.happens_before.guaranteed.certain();
        let missing = self
            .preferred
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

    /// The groups of lines that may come in any order.
    pub(crate) fn free_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let groups = self.free_groups();
        for group in groups.iter().take(MOST_GROUPS) {
            lines.push("any order of".to_owned());
            let names = group
                .iter()
                .map(|&line| self.happens_before.name(Some(line)));
            lines.extend(names.map(|name| format!("  {name}")));
        }
        if groups.len() > MOST_GROUPS {
            lines.push("and more".to_owned());
        }
        lines
    }

    /// Groups of lines of which each can come before or after each other one, until
    /// every such pair is in a group, or there are more than [`MOST_GROUPS`].
    fn free_groups(&self) -> Vec<Vec<usize>> {
        let order = &self.with_the_sleeps;
        let possible = |line: &&usize| order.possible().contains(**line);
        let lines: Vec<_> = self.preferred.iter().filter(possible).copied().collect();
        let mut groups: Vec<FixedBitSet> = Vec::new();
        'pairs: for (place, &one) in lines.iter().enumerate() {
            for &other in &lines[place + 1..] {
                let is_known = |group: &FixedBitSet| group.contains(one) && group.contains(other);
                if !order.is_free(one, other) || groups.iter().any(is_known) {
                    continue;
                }
                let mut group = FixedBitSet::with_capacity(order.len());
                group.extend([one, other]);
                for &line in &lines {
                    let is_free = |of: usize| of != line && order.is_free(of, line);
                    if group.ones().all(is_free) {
                        group.insert(line);
                    }
                }
                groups.push(group);
                if groups.len() > MOST_GROUPS {
                    break 'pairs;
                }
            }
        }
        let in_order = |group: FixedBitSet| {
            let is_in = |line: &usize| group.contains(*line);
            lines.iter().copied().filter(is_in).collect()
        };
        groups.into_iter().map(in_order).collect()
    }
}

/// The lines in the order in which a likely output has them in its normal form.
pub(crate) fn preferred(order: &HappensBefore) -> Result<Vec<usize>, String> {
    let likely = order.likely_output();
    let text: String = likely
        .iter()
        .map(|&line| format!("{}\n", order.lines[line].text))
        .collect();
    let places = normal_order(text.as_bytes()).map_err(|bad_line| bad_line.to_string())?;
    Ok(places.into_iter().map(|place| likely[place]).collect())
}

/// Pairs below each other, with what is to be said of each.
fn table(pairs: &[([String; 2], String)]) -> Vec<String> {
    let shown = &pairs[..pairs.len().min(MOST_PAIRS)];
    let mut rows = rows(shown);
    if shown.len() < pairs.len() {
        rows.push(format!("and {} more", pairs.len() - shown.len()));
    }
    rows
}

fn rows(pairs: &[([String; 2], String)]) -> Vec<String> {
    let widest = |column: usize| {
        let widths = pairs
            .iter()
            .map(|(names, _)| measure_text_width(&names[column]));
        widths.max().unwrap_or_default()
    };
    let widths = [widest(0), widest(1)];
    let rows = pairs.iter().map(|([before, after], promise)| {
        let gap = |name: &str, column: usize| " ".repeat(widths[column] - measure_text_width(name));
        let row = format!(
            "{before}{} → {after}{}  {promise}",
            gap(before, 0),
            gap(after, 1)
        );
        row.trim_end().to_owned()
    });
    rows.collect()
}

/// How many orders there are, as far as they can be counted.
pub(crate) struct Count(pub(crate) Result<u128, TooLarge>);

impl Count {
    /// The number with its noun.
    pub(crate) fn orders(&self) -> String {
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
