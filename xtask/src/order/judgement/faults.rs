//! What is wrong with an output, and what is unlikely in it, in sentences.

use std::{
    cell::LazyCell,
    collections::{BTreeMap, HashMap, HashSet},
    mem::discriminant,
};

use fixedbitset::FixedBitSet;
use similar::get_close_matches;
use worker_core::lines::{END, START};

use crate::order::{
    description::listed,
    happens_before::{Guarantee, HappensBefore, Promises},
    judgement::{JudgedOutput, Mismatch, Wrong},
    line::{Fault, shortened},
};

/// How many unknown lines are compared with those of the lesson, how many comparisons have
/// been made before the last of them, and how long they may be.
pub(super) const MOST_COMPARED: usize = 20;
pub(super) const MOST_COMPARISONS: usize = 5_000;
pub(super) const LONGEST_COMPARED: usize = 500;

/// How much of two lines is the same if one is probably meant to be the other.
const CLOSE: f32 = 0.85;

const BEFORE_THE_END: &str = "to come before the program ends (end)";

impl JudgedOutput<'_> {
    pub(super) fn faults(mut self) -> Vec<String> {
        if self.is_faultless() {
            return Vec::new();
        }
        self.find_what_is_meant();
        let mut missing = self.missing.clone();
        if self.output.is_empty() {
            return vec![format!(
                "it is empty, and `{}` prints {} lines at least",
                self.judge.lesson,
                missing.count_ones(..)
            )];
        }
        let mut faults = self.faults_of_lines();
        let ended_early = self.ended_early();
        // What workers do not print because of that needs no sentence of its own.
        let is_said = |line: usize| ended_early.is_some() && self.order.lines[line].thread > 0;
        if let Some((place, before)) = self.too_early
            && (self.printed.contains(before) || !is_said(before))
        {
            faults.push((self.numbers[place], self.describe_early(place, before)));
            missing.set(before, false);
        }
        let missing = missing.ones().filter(|&line| !is_said(line));
        let missing = self.describe_missing(missing);
        let missing = missing.or_else(|| self.describe_lacking());
        faults.sort_by_key(|&(number, _)| number);
        let faults = faults.into_iter().map(|(_, fault)| fault);
        let mut faults: Vec<_> = faults.chain(ended_early).chain(missing).collect();
        if self.order.is_endless {
            let words = "a daemon of the lesson goes on for too long to know all its lines";
            faults.push(words.to_owned());
        }
        faults
    }

    /// Finds for each unknown line which of the lesson's it is but for its blanks, or which
    /// that is not there it is probably meant to be.
    fn find_what_is_meant(&mut self) {
        let text = |line: usize| self.order.lines[line].text.as_str();
        let texts = (0..self.order.lines.len()).map(text);
        let texts = texts.map(|text| (words(text), text));
        let by_words = LazyCell::new(|| texts.collect::<HashMap<_, _>>());
        let missing: Vec<_> = self.printed.zeroes().map(text).collect();
        let workers = LazyCell::new(|| workers(self.order).into_iter().collect::<HashSet<_>>());
        let mut nearest = HashMap::new();
        let unknown = |it: &&mut Mismatch<'_>| it.wrong == Wrong::Unknown;
        for Mismatch { text, wrong, .. } in self.mismatches.iter_mut().filter(unknown) {
            let text = *text;
            if let Some(meant) = by_words.get(&words(text)) {
                *wrong = Wrong::Blanks(meant);
                continue;
            }
            let named = [START, END].iter().find_map(|it| text.strip_prefix(it));
            let is_nobody = |name: &&str| !name.is_empty() && !workers.contains(name);
            if let Some(name) = named.filter(is_nobody).filter(|_| !workers.is_empty()) {
                *wrong = Wrong::NoWorker(name);
                continue;
            }
            let is_compared = nearest.len() < MOST_COMPARED
                && nearest.len() * missing.len() < MOST_COMPARISONS
                && text.len() < LONGEST_COMPARED;
            if is_compared && !nearest.contains_key(text) {
                nearest.insert(text, get_close_matches(text, &missing, 1, CLOSE));
            }
            if let Some(&[meant]) = nearest.get(text).map(Vec::as_slice) {
                *wrong = Wrong::Misspelt(meant);
            }
        }
    }

    /// What is wrong with the lines that are none of the lesson's, each kind of it said
    /// once and with the number of its first line.
    fn faults_of_lines(&self) -> Vec<(usize, String)> {
        let mut kinds = Vec::<(&Mismatch<'_>, Vec<usize>)>::new();
        for mismatch in &self.mismatches {
            let is_like = |kind: &&mut (&Mismatch<'_>, _)| kind.0.wrong.is_like(&mismatch.wrong);
            match kinds.iter_mut().find(is_like) {
                Some((_, numbers)) => numbers.push(mismatch.number),
                None => kinds.push((mismatch, vec![mismatch.number])),
            }
        }
        let faults = kinds.into_iter().map(|(first, numbers)| {
            let number = numbers[0];
            let fault = format!("line {number} {}", self.describe(first));
            let likewise = match &numbers[1..] {
                [] => String::new(),
                [other] => format!("; likewise line {other}"),
                others => format!("; likewise lines {}", ranges(others)),
            };
            (number, fault + &likewise)
        });
        faults.collect()
    }

    fn describe(&self, mismatch: &Mismatch<'_>) -> String {
        let lesson = &self.judge.lesson;
        let text = shortened(mismatch.text);
        match &mismatch.wrong {
            Wrong::NoLine(fault) => {
                let mut words = fault.to_string();
                if self.judge.promises == Promises::Python && fault.is_torn() {
                    words += ", in Python with `sys.stdout.write(line + \"\\n\")`";
                } else if let Fault::TwoInOne(_) = fault {
                    words += "; of Python's `print` this proves nothing: see --python";
                }
                words
            }
            Wrong::Blanks(meant) => {
                format!("has other blanks than the lesson's: {text:?}; did you mean {meant:?}?")
            }
            Wrong::NoWorker(name) => {
                let workers = workers(self.order).into_iter();
                let workers = workers.map(|name| format!("`{}`", shortened(name)));
                format!(
                    "is unknown: no worker of `{lesson}` is called {:?}, only {}",
                    shortened(name),
                    listed(&workers.collect::<Vec<_>>())
                )
            }
            Wrong::Misspelt(meant) => {
                format!("is unknown: {text:?} is no line of `{lesson}`; did you mean {meant:?}?")
            }
            Wrong::Unknown => format!(
                "is unknown: {text:?} is no line of `{lesson}`; `cargo xtask orders {lesson}` lists them"
            ),
            Wrong::Repeated => {
                let text = mismatch.text;
                let mut places = self.lines.iter().zip(&self.numbers).rev();
                let last = places.find(|&(&line, _)| self.text(line) == text);
                let last = last.map_or(0, |(_, &number)| number);
                format!(
                    "is repeated: `{text}` stands in line {last} already, and `{lesson}` prints it \
                     no more often"
                )
            }
        }
    }

    fn describe_early(&self, place: usize, before: usize) -> String {
        let line = self.lines[place];
        let pair = |pair: &&Guarantee| pair.before == before && pair.after == Some(line);
        let pair = self.order.guarantees.iter().find(pair);
        let source = self.order.lines[line].place.as_ref();
        let source = source.map(|place| format!(" ({place} of the lesson)"));
        let reason = pair.map(|pair| format!(" ({})", pair.reason()));
        // If nothing else is wrong, the verdict says so.
        let for_std = self.for_std();
        let for_std = for_std.filter(|it| it.too_early.is_none() && !it.is_faultless());
        let elsewhere = for_std.map(|_| "; std and Python do not promise this");
        format!(
            "line {} is too early: {}{} has to follow {}{}{}",
            self.numbers[place],
            self.name(line),
            source.unwrap_or_default(),
            self.placed(before),
            reason.unwrap_or_default(),
            elsewhere.unwrap_or_default(),
        )
    }

    fn describe_missing(&self, missing: impl Iterator<Item = usize>) -> Option<String> {
        let names: Vec<_> = missing.map(|line| self.name(line).to_owned()).collect();
        match &names[..] {
            [] => None,
            [name] => Some(format!("a line is missing: {name} has {BEFORE_THE_END}")),
            names => Some(format!(
                "{} lines are missing: {} have {BEFORE_THE_END}",
                names.len(),
                listed(names)
            )),
        }
    }

    /// Says which lines an output lacks that Python has torn.
    fn describe_lacking(&self) -> Option<String> {
        let torn = self.mismatches.iter().filter(|it| it.is_torn());
        let pieces: HashSet<_> = torn.map(|it| it.text).collect();
        let is_python = self.judge.promises == Promises::Python;
        if !is_python || !(1..=MOST_COMPARED).contains(&pieces.len()) || self.has_all_letters() {
            return None;
        }
        let is_lacking =
            |&line: &usize| pieces.iter().all(|piece| !piece.contains(self.text(line)));
        let lines = self.order.guaranteed.certain().difference(&self.printed);
        let lines = lines.filter(is_lacking).map(|line| self.name(line));
        let names: Vec<_> = lines.map(str::to_owned).collect();
        (!names.is_empty()).then(|| {
            format!(
                "this is more than a tear: no torn line holds {}, {BEFORE_THE_END}",
                listed(&names)
            )
        })
    }

    /// Whether it has a line of the lesson, or one that may be meant to be.
    pub(super) fn has_a_line(mut self) -> bool {
        self.find_what_is_meant();
        let may_be_one = |it: &Mismatch<'_>| match it.wrong {
            Wrong::NoLine(_) => it.is_torn(),
            _ => it.wrong != Wrong::Unknown,
        };
        !self.lines.is_empty() || self.mismatches.iter().any(may_be_one)
    }

    /// Says that no worker comes to its last line, if the main thread does: most such
    /// programs do not wait.
    fn ended_early(&self) -> Option<String> {
        let lines = &self.order.lines;
        // The lines that a start has put before the end are awaited by nobody.
        let std = self.judge.std.as_deref().unwrap_or(self.judge);
        let awaited = std.order.guaranteed.certain();
        let last_lines = awaited.ones().map(|line| (lines[line].thread, line));
        let mut last_lines = BTreeMap::from_iter(last_lines);
        let main_thread = last_lines.remove(&0);
        let nobody_waits = main_thread.is_none_or(|line| self.printed.contains(line))
            && self.missing.is_subset(awaited)
            && last_lines.values().all(|line| self.missing.contains(*line));
        let last = *self.lines.last()?;
        (nobody_waits && last_lines.len() > 1).then(|| {
            format!(
                "the program ended before its workers' last lines: they print nothing after {}; see \
                 whether it joins them, and whether they print those lines",
                self.name(last)
            )
        })
    }

    /// Why the sleeps make the output unlikely, if they do.
    pub(super) fn unlikely(&self) -> Option<String> {
        let sleeps = self.order.with_the_sleeps();
        let line = |place: usize| {
            let name = self.name(self.lines[place]);
            format!("line {}, {name},", self.numbers[place])
        };
        let is_cut_off = |line: &usize| !sleeps.possible().contains(*line);
        if let Some(place) = self.lines.iter().position(is_cut_off) {
            let line = line(place);
            return Some(format!(
                "{line} is nearly always cut off by the end of the program"
            ));
        }
        if let Some((place, before)) = sleeps.too_early(&self.lines, &FixedBitSet::new()) {
            let (line, before) = (line(place), self.placed(before));
            return Some(format!("{line} nearly always follows {before}"));
        }
        let missing = sleeps.certain().difference(&self.printed).next()?;
        let missing = self.placed(missing);
        Some(format!("{missing}, is nearly always printed"))
    }

    /// What a fault calls a line of the lesson.
    fn name(&self, line: usize) -> &str {
        &self.order.lines[line].name
    }

    /// The same, and where the output has it.
    fn placed(&self, line: usize) -> String {
        let name = self.name(line);
        match self.lines.iter().position(|&known| known == line) {
            Some(place) => format!("{name}, which stands in line {}", self.numbers[place]),
            None => format!("{name}, which is missing"),
        }
    }
}

impl Mismatch<'_> {
    /// Whether another thread may have come between two pieces of the line.
    fn is_torn(&self) -> bool {
        matches!(self.wrong, Wrong::NoLine(fault) if fault.is_torn())
    }
}

impl Wrong<'_> {
    /// Whether the same is wrong with another line.
    fn is_like(&self, other: &Wrong<'_>) -> bool {
        match (self, other) {
            (Wrong::NoLine(fault), Wrong::NoLine(other)) => {
                discriminant(fault) == discriminant(other)
            }
            _ => discriminant(self) == discriminant(other),
        }
    }
}

/// The names of a lesson's workers, in the order in which it starts them.
fn workers(order: &HappensBefore) -> Vec<&str> {
    let lines = order.lines.iter().filter(|line| line.thread > 0);
    lines
        .filter_map(|line| line.text.strip_prefix(START))
        .collect()
}

/// A line without its blanks.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// Numbers in words, of which each is larger than the one before.
fn ranges(numbers: &[usize]) -> String {
    let ranges = numbers.chunk_by(|one, next| one + 1 == *next);
    let ranges = ranges.flat_map(|range| match range {
        [first, _, .., last] => vec![format!("{first} to {last}")],
        few => few.iter().map(usize::to_string).collect(),
    });
    listed(&ranges.collect::<Vec<_>>())
}
