//! What is to be said of the order of a lesson's lines, in words.

use std::{
    collections::{HashMap, HashSet},
    iter::repeat_n,
};

use console::measure_text_width;
use fixedbitset::FixedBitSet;

use crate::order::{
    count::{Count, count},
    happens_before::{HappensBefore, Promises},
    normal_form::normal_form,
    partial_order::{Part, PartialOrder},
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
        let happens_before = HappensBefore::of(trace, promises).require_distinct_lines()?;
        let with_the_sleeps = happens_before.with_the_sleeps();
        Ok(Description {
            normal_order: normal_form(&happens_before, &happens_before.likely_output()),
            likely: count(&with_the_sleeps),
            guaranteed: count(&happens_before.guaranteed),
            happens_before,
            with_the_sleeps,
        })
    }

    /// The lines in the order of the first output that is listed, and then those that
    /// are not in it.
    pub fn numbered(&self) -> Vec<usize> {
        let mut outputs = self.with_the_sleeps.outputs(&self.normal_order);
        let mut lines = outputs.next().unwrap_or_default();
        let listed = FixedBitSet::from_iter(lines.iter().copied());
        let missing = self.normal_order.iter();
        lines.extend(missing.filter(|&&line| !listed.contains(line)));
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
            let names = [
                order.lines[pair.before].name.clone(),
                order.name(pair.after),
            ];
            let certain = order.guaranteed.certain();
            let if_printed = match pair.after {
                Some(after) if !certain.contains(after) => ", if it is printed",
                _ => "",
            };
            (names, pair.reason() + if_printed)
        });
        table(pairs, width)
    }

    /// The pairs of lines that only the sleeps put in order. What is wider than `width`
    /// goes on in a line of its own.
    pub fn likely_pairs(&self, width: usize) -> Vec<String> {
        let order = &self.happens_before;
        let likely = self.likely_covering_pairs().map(|(before, after)| {
            let names = [before, after].map(|line| order.lines[line].name.clone());
            (names, String::new())
        });
        table(likely, width)
    }

    /// The covering pairs behind [`Description::likely_pairs`].
    pub fn likely_covering_pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        let with = &self.with_the_sleeps;
        let lines = self.normal_order.iter().copied();
        let possible = lines.filter(|&line| with.possible().contains(line));
        possible.flat_map(|after| {
            let guaranteed = self.happens_before.guaranteed.covered_by(after);
            let mut likely = with.covered_by(after);
            likely.retain(|before| guaranteed.binary_search(before).is_err());
            likely.into_iter().map(move |before| (before, after))
        })
    }

    /// Whether a line comes before another, or before the end of the program, on every
    /// run.
    pub fn is_guaranteed(&self, before: usize, after: Option<usize>) -> bool {
        let guaranteed = &self.happens_before.guaranteed;
        match after {
            Some(after) => guaranteed.is_before(before, after),
            None => guaranteed.certain().contains(before),
        }
    }

    /// Whether only the sleeps put a line before another.
    pub fn is_likely(&self, before: usize, after: usize) -> bool {
        self.with_the_sleeps.is_before(before, after) && !self.is_guaranteed(before, Some(after))
    }

    /// Whether these lines may be printed, and come in any order then.
    pub fn is_antichain(&self, lines: &FixedBitSet) -> bool {
        let with = &self.with_the_sleeps;
        lines.is_subset(with.possible())
            && with.antichain(lines.ones()).len() == lines.count_ones(..)
    }

    /// Row by row of [`missing_lines`](Description::missing_lines),
    /// [`guaranteed_pairs`](Description::guaranteed_pairs),
    /// [`likely_pairs`](Description::likely_pairs) and
    /// [`incomparable_lines`](Description::incomparable_lines): whether it is so in the
    /// other order too, which knows the lines by the same names. A pair that others imply
    /// is so. A row that says that there are more has no answer.
    pub fn holds_in(&self, other: &Description) -> [Vec<bool>; 4] {
        let (order, other_order) = (&self.happens_before, &other.happens_before);
        let points = (0..other_order.lines.len()).map(Some).chain([None]);
        let points = points.map(|point| (other_order.name(point), point));
        let points: HashMap<String, Option<usize>> = points.collect();
        let in_other = |point: Option<usize>| points.get(&order.name(point)).copied();
        let line_in_other = |line: usize| in_other(Some(line)).flatten();
        let missing_in_other = HashSet::<_>::from_iter(other.missing_lines());
        let missing = self.missing_lines().into_iter();
        let guaranteed = order.guarantees.iter().map(|pair| {
            let pair = line_in_other(pair.before).zip(in_other(pair.after));
            pair.is_some_and(|(before, after)| other.is_guaranteed(before, after))
        });
        let likely = self.likely_covering_pairs().map(|(before, after)| {
            let pair = line_in_other(before).zip(line_in_other(after));
            pair.is_some_and(|(before, after)| other.is_likely(before, after))
        });
        let antichains = self.antichains().into_iter().take(MOST_ANTICHAINS);
        let luck = antichains.flat_map(|lines| {
            let in_other: Option<_> = lines.iter().map(|&line| line_in_other(line)).collect();
            let is_so = in_other.is_some_and(|lines| other.is_antichain(&lines));
            // One row says that they come in any order, and one names each.
            repeat_n(is_so, lines.len() + 1)
        });
        [
            missing.map(|row| missing_in_other.contains(&row)).collect(),
            guaranteed.take(MOST_PAIRS).collect(),
            likely.take(MOST_PAIRS).collect(),
            luck.collect(),
        ]
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
            format!("{}  {likely}", self.happens_before.lines[line].name)
        });
        missing.collect()
    }

    /// The antichains of the order: groups of lines that may come in any order.
    pub fn incomparable_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let antichains = self.antichains();
        for antichain in antichains.iter().take(MOST_ANTICHAINS) {
            lines.push("any order of".to_owned());
            let antichain = antichain
                .iter()
                .map(|&line| &self.happens_before.lines[line]);
            lines.extend(antichain.map(|line| format!("  {}", line.name)));
        }
        if antichains.len() > MOST_ANTICHAINS {
            lines.push("and more".to_owned());
        }
        lines
    }

    /// Antichains, until every pair of incomparable lines is in one, or there are more
    /// than anybody reads.
    pub fn antichains(&self) -> Vec<Vec<usize>> {
        let mut place = vec![0; self.normal_order.len()];
        for (number, &line) in self.normal_order.iter().enumerate() {
            place[line] = number;
        }
        let mut antichains = Vec::new();
        // Only lines of the same part are incomparable.
        for Part { lines, order } in self.with_the_sleeps.parts() {
            let mut in_order: Vec<_> = (0..lines.len()).collect();
            in_order.sort_unstable_by_key(|&line| place[lines[line]]);
            let mut known: Vec<FixedBitSet> = Vec::new();
            let mut others = order.possible().clone();
            for &one in &in_order {
                others.set(one, false);
                let mut new = others.clone();
                for antichain in known.iter().filter(|antichain| antichain.contains(one)) {
                    new.difference_with(antichain);
                }
                if new.is_clear() {
                    continue;
                }
                new.difference_with(&order.comparable(one));
                while let Some(&other) = in_order.iter().find(|&&line| new.contains(line)) {
                    let preferred = [one, other].into_iter().chain(in_order.iter().copied());
                    let antichain = FixedBitSet::from_iter(order.antichain(preferred));
                    new.difference_with(&antichain);
                    let in_antichain = in_order.iter().filter(|&&line| antichain.contains(line));
                    antichains.push(in_antichain.map(|&line| lines[line]).collect());
                    known.push(antichain);
                    if antichains.len() > MOST_ANTICHAINS {
                        return antichains;
                    }
                }
            }
        }
        antichains
    }
}

/// Pairs below each other, with what is to be said of each.
fn table(mut pairs: impl Iterator<Item = ([String; 2], String)>, width: usize) -> Vec<String> {
    let shown = pairs.by_ref().take(MOST_PAIRS).map(|(names, promise)| {
        let widths = names.each_ref().map(|name| measure_text_width(name));
        (names, widths, promise)
    });
    let shown: Vec<_> = shown.collect();
    let widest = |column: usize| {
        let widths = shown.iter().map(|(_, widths, _)| widths[column]);
        widths.max().unwrap_or_default()
    };
    let columns = [widest(0), widest(1)];
    let rows = shown.iter().map(|([before, after], widths, promise)| {
        let gap = |column: usize| " ".repeat(columns[column] - widths[column]);
        let pair = format!("{before}{} → {after}", gap(0));
        let row = format!("{pair}{}  {promise}", gap(1));
        let row = match [row.trim_end(), &pair].map(measure_text_width) {
            [row_width, _] if row_width <= width => row,
            [_, pair_width] if pair_width <= width => format!("{pair}\n    {promise}"),
            _ => format!("{before}\n  → {after}\n    {promise}"),
        };
        row.trim_end().to_owned()
    });
    let more = pairs.next().map(|_| "and more".to_owned());
    rows.chain(more).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(worker: usize, kind: &str) -> [String; 3] {
        [
            format!("0|0|0|-|start|{worker}|{kind}|{worker}"),
            format!("0|0|{worker}|-|line|sub thread start  {worker}"),
            format!("0|0|0|-|started|{worker}"),
        ]
    }

    fn ends(worker: usize, time: u64) -> [String; 2] {
        [
            format!("{time}|0|{worker}|-|line|sub thread end  {worker}"),
            format!("{time}|0|{worker}|-|end"),
        ]
    }

    fn described(mut events: Vec<String>) -> Description {
        events.push("5|0|0|-|end".to_owned());
        events.push("5|0|0|-|exit".to_owned());
        events.sort_by_key(|event| event.as_bytes()[0]);
        Description::of(&Trace::of(&events), Promises::WorkerCore).unwrap()
    }

    #[test]
    fn what_the_end_of_the_program_may_cut_off_is_said_with_how_likely_it_is() {
        // It comes with the end of the worker, after a daemon's, and before another's.
        let mut events = starts(1, "worker").to_vec();
        events.extend((2..=4).flat_map(|worker| starts(worker, "daemon")));
        events.extend([ends(2, 3), ends(3, 5), ends(1, 5), ends(4, 9)].concat());
        let description = described(events);
        assert_eq!(
            description.missing_lines(),
            [
                "`sub thread end  2`  hardly ever missing, because of the sleeps",
                "`sub thread end  3`  missing or not, by luck",
                "`sub thread end  4`  nearly always missing, because of the sleeps",
            ]
        );
        let pairs = description.guaranteed_pairs(80);
        for (pair, is_daemon) in [(1, false), (2, true), (3, true), (4, true)] {
            let end = format!("`sub thread end  {pair}`");
            let pair = pairs.iter().find(|pair| pair.contains(&end)).unwrap();
            assert_eq!(
                pair.ends_with("program order, if it is printed"),
                is_daemon,
                "{pair}"
            );
        }
    }

    #[test]
    fn lines_that_are_left_to_luck_are_listed_in_the_normal_order() {
        let mut events = [starts(1, "worker"), starts(2, "worker")].concat();
        events.extend([ends(1, 3), ends(2, 3)].concat());
        // The second to start is the first by name.
        let named = |event: String| event.replace("worker|1", "worker|b").replace("  1", "  b");
        let description = described(events.into_iter().map(named).collect());
        let lines = description.incomparable_lines();
        assert_eq!(
            lines[1..],
            ["  `sub thread end  2`", "  `sub thread end  b`"]
        );
    }

    #[test]
    fn what_is_wider_than_the_terminal_goes_on_in_a_line_of_its_own() {
        let pairs = || {
            let pairs = [(["a", "bcd"], "start"), (["\u{ac00}\u{b098}", "e"], "")];
            pairs
                .map(|(names, promise)| (names.map(str::to_owned), promise.to_owned()))
                .into_iter()
        };
        let whole = ["a    → bcd  start", "\u{ac00}\u{b098} → e"];
        let promise_apart = ["a    → bcd\n    start", whole[1]];
        let pair_apart = ["a\n  → bcd\n    start", whole[1]];
        let all_apart = [pair_apart[0], "\u{ac00}\u{b098}\n  → e"];
        for (rows, widths) in [
            (all_apart, 0..=7),
            (pair_apart, 8..=9),
            (promise_apart, 10..=16),
            (whole, 17..=20),
        ] {
            for width in widths {
                assert_eq!(table(pairs(), width), rows, "{width}");
            }
        }
    }

    #[test]
    fn no_more_is_shown_than_somebody_reads() {
        let pair = || ["a", "b"].map(str::to_owned);
        for pairs in [MOST_PAIRS, MOST_PAIRS + 1] {
            let rows = table(
                std::iter::repeat_with(|| (pair(), String::new())).take(pairs),
                80,
            );
            assert_eq!(rows.len(), pairs);
            assert_eq!(rows[MOST_PAIRS - 1], "a → b");
            assert_eq!(rows.last().unwrap() == "and more", pairs > MOST_PAIRS);
        }
        let things: Vec<_> = (1..=MOST_NAMED + 2)
            .map(|thing| thing.to_string())
            .collect();
        for (number, sentence) in [
            (0, ""),
            (1, "1"),
            (2, "1 and 2"),
            (MOST_NAMED, "1, 2, 3, 4, 5, 6, 7, 8, 9 and 10"),
            (MOST_NAMED + 1, "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 1 more"),
            (MOST_NAMED + 2, "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more"),
        ] {
            assert_eq!(listed(&things[..number]), sentence);
        }
        // What the main thread prints before it joins a worker comes before or after its end.
        for workers in [MOST_ANTICHAINS, MOST_ANTICHAINS + 1] {
            let events = (1..=workers).flat_map(|worker| {
                let line = format!("0|0|0|-|line|main thread {worker}");
                let joined = format!("0|0|0|-|joined|{worker}");
                let starts = starts(worker, "worker").into_iter().chain([line]);
                starts.chain(ends(worker, 0)).chain([joined])
            });
            let description = described(events.collect());
            let lines = description.incomparable_lines();
            let first = ["any order of", "  `main thread 1`", "  `sub thread end  1`"];
            assert_eq!(lines[..3], first);
            let is_more = workers > MOST_ANTICHAINS;
            assert_eq!(lines.len(), 3 * MOST_ANTICHAINS + usize::from(is_more));
            assert_eq!(lines.last().unwrap() == "and more", is_more);
            // A row that says that there are more is neither so nor not.
            let [.., is_so] = description.holds_in(&description);
            assert_eq!(is_so, [true; 3 * MOST_ANTICHAINS]);
        }
    }

    #[test]
    fn the_summary_counts_the_orders() {
        let events = [starts(1, "worker"), starts(2, "worker")].concat();
        let events = [events, [ends(1, 3), ends(2, 5)].concat()].concat();
        let words = "lesson: 1 order with its sleeps, 3 by start and join alone";
        assert_eq!(described(events).summary("lesson"), words);
    }
}
