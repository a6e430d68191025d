//! Whether a lesson could have printed an output, and if not, which line is at fault.

use std::collections::HashMap;

use fixedbitset::FixedBitSet;

use crate::order::{
    happens_before::{Guarantee, HappensBefore, Promises},
    line::{self, lines},
    partial_order::PartialOrder,
};

/// No more of a line than somebody reads.
const MOST_SHOWN: usize = 300;

/// What is to be said of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The lesson can print it; why it hardly ever does, if the sleeps say so.
    Possible {
        /// In a sentence.
        unlikely: Option<String>,
    },
    /// The lesson cannot print it.
    Impossible,
    /// What is wrong with it proves nothing.
    CannotBeJudged,
}

/// An output beside the lines that it should have.
pub struct JudgedOutput<'a> {
    order: &'a HappensBefore,
    lesson: &'a str,
    promises: Promises,
    /// For each line of the output that is one of the lesson's, its number, counted
    /// from 1, and which line of the lesson it is.
    lines: Vec<(usize, usize)>,
    /// What is wrong with the others.
    bad_lines: Vec<(usize, BadLine<'a>)>,
    is_torn: bool,
}

/// What is wrong with a line that is none of the lesson's.
enum BadLine<'a> {
    NoLine(line::Fault),
    Unknown(&'a str),
    Repeated { text: &'a str, last: usize },
}

impl<'a> JudgedOutput<'a> {
    /// Judges the output of a program that claims to be `lesson`, by its order and by
    /// the promises that the order was made with.
    pub fn of(
        order: &'a HappensBefore,
        output: &'a [u8],
        lesson: &'a str,
        promises: Promises,
    ) -> JudgedOutput<'a> {
        let known = order.by_text();
        let mut times_seen = HashMap::<&str, Vec<usize>>::new();
        let mut judged = JudgedOutput {
            order,
            lesson,
            promises,
            lines: Vec::new(),
            bad_lines: Vec::new(),
            is_torn: false,
        };
        // Some systems begin a text with a mark.
        let output = output.strip_prefix("\u{feff}".as_bytes()).unwrap_or(output);
        for (number, text) in (1..).zip(lines(output)) {
            let bad_line = match text {
                Err(bad) => {
                    judged.is_torn |= bad.fault.is_torn();
                    BadLine::NoLine(bad.fault)
                }
                // A tear leaves line breaks behind.
                Ok("") if judged.is_torn => continue,
                Ok(text) => match known.get(text) {
                    None => BadLine::Unknown(text),
                    Some(same) => {
                        let seen = times_seen.entry(text).or_default();
                        let line = same.get(seen.len());
                        let last = seen.last().copied();
                        seen.push(number);
                        match (line, last) {
                            (Some(&line), _) => {
                                judged.lines.push((number, line));
                                continue;
                            }
                            (None, last) => BadLine::Repeated {
                                text,
                                last: last.unwrap_or_default(),
                            },
                        }
                    }
                },
            };
            judged.bad_lines.push((number, bad_line));
        }
        judged
    }

    /// Whether the lesson can print it.
    pub fn verdict(&self) -> Verdict {
        if self.faults().next().is_none() {
            return Verdict::Possible {
                unlikely: self.unlikely(),
            };
        }
        // Python promises no whole lines, so a torn one is no proof of anything. Nor is
        // a line of a daemon that was given up. But lines in a wrong order are.
        let is_pythons = self.promises == Promises::Python && self.is_torn;
        let proves_nothing = is_pythons || self.order.is_endless;
        if proves_nothing && self.faults().count() == self.bad_lines.len() {
            Verdict::CannotBeJudged
        } else {
            Verdict::Impossible
        }
    }

    /// What makes the output impossible, line by line, each in a sentence.
    pub fn faults(&self) -> impl Iterator<Item = String> {
        let guaranteed = &self.order.guaranteed;
        let mut missing = guaranteed.certain().clone();
        for &(_, line) in &self.lines {
            missing.set(line, false);
        }
        // A line that may be torn or misspelt is not looked for.
        let is_looked_for =
            |before: usize| self.bad_lines.is_empty() || self.number(before).is_some();
        let too_early = self.too_early(guaranteed);
        let too_early = too_early.filter(|&(_, _, before)| is_looked_for(before));
        if let Some((_, _, before)) = too_early {
            missing.set(before, false);
        }
        if !self.bad_lines.is_empty() {
            missing.clear();
        }
        let place = too_early.map(|(number, ..)| {
            let above = |(other, _): &(usize, BadLine<'_>)| *other < number;
            self.bad_lines.partition_point(above)
        });
        let (above, below) = self.bad_lines.split_at(place.unwrap_or_default());
        let bad = |(number, bad_line): &(usize, BadLine<'_>)| {
            format!("line {number} {}", self.describe(bad_line))
        };
        let missing: Vec<_> = missing.ones().collect();
        let missing = missing.into_iter().map(|line| {
            let name = self.order.name(Some(line));
            format!("a line is missing: {name} has to come before the program ends (end)")
        });
        let too_early = too_early.map(|(number, line, before)| {
            format!(
                "line {number} is too early: {} has to follow {}, which {} ({})",
                self.order.name(Some(line)),
                self.order.name(Some(before)),
                self.place(before),
                self.promises_behind(before, line),
            )
        });
        let above = above.iter().map(bad);
        above
            .chain(too_early)
            .chain(below.iter().map(bad))
            .chain(missing)
    }

    fn describe(&self, bad_line: &BadLine<'_>) -> String {
        let lesson = self.lesson;
        match bad_line {
            BadLine::NoLine(fault) => {
                let mut words = shortened(&fault.to_string());
                if fault.is_torn() && self.promises == Promises::Python {
                    words += ", in Python with `print(line + \"\\n\", end=\"\")`";
                }
                words
            }
            BadLine::Unknown(text) => {
                let hint = match self.nearest(text) {
                    Some(nearest) => format!("did you mean {nearest:?}?"),
                    None => format!("`cargo xtask orders {lesson}` lists them"),
                };
                let text = shortened(text);
                format!("is unknown: {text:?} is no line of `{lesson}`; {hint}")
            }
            BadLine::Repeated { text, last } => format!(
                "is repeated: `{text}` stands in line {last} already, and `{lesson}` prints it no \
                 more often"
            ),
        }
    }

    /// The line of the lesson that an unknown one is probably meant to be.
    fn nearest(&self, text: &str) -> Option<&str> {
        let texts = self.order.lines.iter().map(|line| line.text.as_str());
        let similar = texts.filter(|known| known.len().abs_diff(text.len()) <= 6);
        let distance = |known| (strsim::osa_distance(text, known), known);
        let (distance, nearest) = similar.map(distance).min()?;
        (distance <= 2).then_some(nearest)
    }

    fn promises_behind(&self, before: usize, line: usize) -> String {
        let pair = |pair: &&Guarantee| pair.before == before && pair.after == Some(line);
        let pair = self.order.guarantees.iter().find(pair);
        pair.map(Guarantee::promises).unwrap_or_default()
    }

    /// Why the sleeps make the output unlikely, if they do.
    fn unlikely(&self) -> Option<String> {
        let likely = self.order.with_the_sleeps();
        for &(number, line) in &self.lines {
            if !likely.possible().contains(line) {
                let name = self.order.name(Some(line));
                return Some(format!(
                    "line {number}, {name}, is nearly always cut off by the end of the program"
                ));
            }
        }
        if let Some((number, line, before)) = self.too_early(&likely) {
            return Some(format!(
                "line {number}, {}, nearly always follows {}, which {}",
                self.order.name(Some(line)),
                self.order.name(Some(before)),
                self.place(before),
            ));
        }
        let missing = |line: &usize| self.number(*line).is_none();
        let missing = likely.certain().ones().find(missing)?;
        Some(format!(
            "{}, which is missing, is nearly always printed",
            self.order.name(Some(missing))
        ))
    }

    /// The first line that comes before one that it should follow: its number, which
    /// line it is, and the other.
    fn too_early(&self, order: &PartialOrder) -> Option<(usize, usize, usize)> {
        let mut printed = FixedBitSet::with_capacity(order.lines());
        self.lines.iter().find_map(|&(number, line)| {
            let mut before = order.covered_by(line);
            before.difference_with(&printed);
            printed.insert(line);
            before.minimum().map(|before| (number, line, before))
        })
    }

    fn number(&self, line: usize) -> Option<usize> {
        let found = self.lines.iter().find(|(_, known)| *known == line);
        found.map(|&(number, _)| number)
    }

    fn place(&self, line: usize) -> String {
        match self.number(line) {
            Some(number) => format!("stands in line {number}"),
            None => "is missing".to_owned(),
        }
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use worker_core::trace::{Event, EventKind};

    use super::*;
    use crate::order::trace::Trace;

    /// A lesson in which the main thread starts two workers and joins them.
    fn fork_join() -> Trace {
        let start = |worker: usize| EventKind::Start {
            worker,
            daemon: false,
            name: worker.to_string(),
        };
        let line = |text: &str| EventKind::Line(text.to_owned());
        let events = [
            (0, 0, line("main thread start")),
            (0, 0, start(1)),
            (0, 1, line("sub thread start  1")),
            (0, 0, EventKind::Started(1)),
            (0, 0, start(2)),
            (0, 2, line("sub thread start  2")),
            (0, 0, EventKind::Started(2)),
            (5, 2, line("sub thread end  2")),
            (5, 2, EventKind::End),
            (5, 1, line("sub thread end  1")),
            (5, 1, EventKind::End),
            (5, 0, EventKind::Joined(1)),
            (5, 0, EventKind::Joined(2)),
            (5, 0, line("main thread post job")),
            (5, 0, EventKind::End),
            (5, 0, EventKind::Exit),
        ];
        let events = events.map(|(seconds, thread, kind)| Event {
            time: Duration::from_secs(seconds),
            elapsed: Duration::ZERO,
            thread,
            place: None,
            kind,
        });
        let lines = events.map(|event| format!("{event}\n"));
        Trace::parse(&lines.concat()).unwrap()
    }

    /// The verdict and the faults of an output of fork-join by its lines: S and P of the
    /// main thread, a worker's name for its start line and doubled for its end line.
    fn judge(lines: &str, promises: Promises) -> (Verdict, Vec<String>) {
        let lines = lines.split(' ').map(|line| match line {
            "S" => "main thread start\n",
            "P" => "main thread post job\n",
            "1" => "sub thread start  1\n",
            "2" => "sub thread start  2\n",
            "11" => "sub thread end  1\n",
            "22" => "sub thread end  2\n",
            "1122" => "sub thread end  1sub thread end  2\n\n",
            other => other,
        });
        let output: String = lines.collect();
        let order = HappensBefore::of(&fork_join(), promises).unwrap();
        let judged = JudgedOutput::of(&order, output.as_bytes(), "fork-join", promises);
        (judged.verdict(), judged.faults().collect())
    }

    const POSSIBLE: Verdict = Verdict::Possible { unlikely: None };

    #[test]
    fn an_output_is_possible_if_every_line_follows_what_has_to_come_before_it() {
        for output in ["S 1 2 11 22 P", "S 1 2 22 11 P"] {
            assert_eq!(judge(output, Promises::WorkerCore), (POSSIBLE, vec![]));
        }
        let (verdict, _) = judge("S 1 11 2 22 P", Promises::WorkerCore);
        let words = "line 3, `sub thread end  1`, nearly always follows `sub thread start  2`, which \
                     stands in line 4";
        let unlikely = Some(words.to_owned());
        assert_eq!(verdict, Verdict::Possible { unlikely });
    }

    #[test]
    fn each_fault_is_named_by_its_line_and_what_is_wrong_in_the_order_of_the_lines() {
        for (output, faults) in [
            (
                "S 1 2 22 P 11",
                &[
                    "line 5 is too early: `main thread post job` has to follow `sub thread end  1`, which stands in line 6 (join)",
                ][..],
            ),
            (
                "S 1 2 11 22",
                &[
                    "a line is missing: `main thread post job` has to come before the program ends (end)",
                ],
            ),
            (
                "S 1 2 11 22 P P",
                &[
                    "line 7 is repeated: `main thread post job` stands in line 6 already, and `fork-join` prints it no more often",
                ],
            ),
            (
                "S 1\n 2 11 22 P",
                &[
                    "line 2 is unknown: \"1\" is no line of `fork-join`; `cargo xtask orders fork-join` lists them",
                ],
            ),
            (
                "x\n S 2 1 11 22 P P",
                &[
                    "line 1 is unknown",
                    "line 3 is too early",
                    "line 8 is repeated",
                ],
            ),
        ] {
            let (verdict, found) = judge(output, Promises::WorkerCore);
            assert_eq!(verdict, Verdict::Impossible, "{output}");
            assert_eq!(found.len(), faults.len(), "{output}: {found:?}");
            for (found, fault) in found.iter().zip(faults) {
                assert!(found.starts_with(fault), "{output}: {found}");
            }
        }
    }

    #[test]
    fn python_promises_neither_a_start_line_before_start_returns_nor_whole_lines() {
        assert_eq!(
            judge("S 2 1 11 22 P", Promises::WorkerCore).0,
            Verdict::Impossible
        );
        assert_eq!(judge("S 2 1 11 22 P", Promises::Python).0, POSSIBLE);
        assert_eq!(
            judge("S 1 2 1122 P", Promises::WorkerCore).0,
            Verdict::Impossible
        );
        assert_eq!(
            judge("S 1 2 1122 P", Promises::Python).0,
            Verdict::CannotBeJudged
        );
        // A wrong order is a proof even beside a torn line.
        assert_eq!(
            judge("1 S 2 1122 P", Promises::Python).0,
            Verdict::Impossible
        );
    }
}
