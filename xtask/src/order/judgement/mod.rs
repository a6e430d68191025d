//! Whether a lesson could have printed an output, and if not, which line is at fault.

mod faults;
#[cfg(test)]
mod tests;

use std::{
    borrow::Cow,
    cell::RefCell,
    collections::{BTreeMap, HashSet, VecDeque},
    time::Duration,
};

use fixedbitset::FixedBitSet;

use crate::order::{
    happens_before::{HappensBefore, Promises},
    line::{Fault, lines, whole},
    trace::Trace,
};

/// What judges outputs by the order of a lesson's lines.
pub struct Judge {
    lesson: String,
    time: Duration,
    promises: Promises,
    /// The order of the lesson's lines by these promises.
    order: HappensBefore,
    /// The judge by the promises of plain Rust, if those are fewer.
    std: Option<Box<Judge>>,
}

/// What is to be said of an output.
#[derive(Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Whether the lesson can print it.
    pub verdict: Verdict,
    /// What is wrong with it, in the order of its lines, each in a sentence.
    pub faults: Vec<String>,
}

/// Whether a lesson can print an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The lesson can print it.
    Possible,
    /// The lesson can print it, but hardly ever does; why, in a sentence.
    Unlikely(String),
    /// The lesson cannot print it, but a program in plain Rust or Python can, which do
    /// not promise this, in half a sentence.
    PossibleForStd(&'static str),
    /// The lesson cannot print it.
    Impossible,
    /// What is wrong with it proves nothing.
    CannotBeJudged,
}

impl Verdict {
    /// Whether the lesson can print it, however unlikely that is.
    pub fn is_possible(&self) -> bool {
        matches!(self, Verdict::Possible | Verdict::Unlikely(_))
    }
}

impl Judge {
    /// The judge of what claims to be `lesson`, from the trace of a run of it.
    ///
    /// # Errors
    ///
    /// If the lesson's lines cannot be told apart.
    pub fn of(trace: &Trace, lesson: &str, promises: Promises) -> Result<Judge, String> {
        let order = HappensBefore::of(trace, promises).require_distinct_lines()?;
        let std = match promises {
            Promises::WorkerCore => Some(Judge::of(trace, lesson, Promises::Std)?.into()),
            Promises::Std | Promises::Python => None,
        };
        Ok(Judge {
            lesson: lesson.to_owned(),
            time: trace.exit_time(),
            promises,
            order,
            std,
        })
    }

    /// How long the lesson takes, where nothing but its sleeps takes time.
    pub fn time(&self) -> Duration {
        self.time
    }

    /// Judges an output, in UTF-8 or UTF-16.
    pub fn judge(&self, output: &[u8]) -> Judgement {
        let output = decoded(output);
        let output = JudgedOutput::of(self, &output);
        Judgement {
            verdict: output.verdict(),
            faults: output.faults(),
        }
    }

    /// Whether any line of an output is one of the lesson's, or may be meant to be.
    pub fn knows_a_line(&self, output: &[u8]) -> bool {
        let output = decoded(output);
        JudgedOutput::of(self, &output).has_a_line()
    }

    /// What is wrong with the whole lines of the beginning of an output, whatever may come
    /// behind them.
    pub fn faults_of_beginning(&self, output: &[u8]) -> Vec<String> {
        let output = decoded(output);
        let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let whole = output.iter().rposition(is_end).map_or(0, |end| end + 1);
        let mut output = JudgedOutput::of(self, &output[..whole]);
        output.missing.clear();
        output.faults()
    }
}

/// An output in UTF-8, without the mark that some systems begin a text with.
fn decoded(output: &[u8]) -> Cow<'_, [u8]> {
    let (rest, unit): (_, fn([u8; 2]) -> u16) = match output {
        [0xff, 0xfe, rest @ ..] => (rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => (rest, u16::from_be_bytes),
        // Some do not, but a lesson's line begins with letters whose other bytes are zero.
        [1..=0xff, 0, 1..=0xff, 0, ..] => (output, u16::from_le_bytes),
        [0, 1..=0xff, 0, 1..=0xff, ..] => (output, u16::from_be_bytes),
        _ => {
            let mark = "\u{feff}".as_bytes();
            return output.strip_prefix(mark).unwrap_or(output).into();
        }
    };
    let (units, half) = rest.as_chunks();
    // Half a character is none.
    let half = half.iter().map(|_| char::REPLACEMENT_CHARACTER as u16);
    let units: Vec<_> = units.iter().map(|&of| unit(of)).chain(half).collect();
    String::from_utf16_lossy(&units).into_bytes().into()
}

/// An output beside the lines that it should have.
struct JudgedOutput<'a> {
    judge: &'a Judge,
    order: &'a HappensBefore,
    output: &'a [u8],
    /// The lines of the lesson that it has, in its order.
    lines: Vec<usize>,
    /// Their numbers in the output, counted from 1.
    numbers: Vec<usize>,
    printed: FixedBitSet,
    /// Its other lines.
    mismatches: Vec<Mismatch<'a>>,
    /// The place in `lines` of the first that comes before one that it should follow, and
    /// that one.
    too_early: Option<(usize, usize)>,
    /// The lines that every output has and this one has not.
    missing: FixedBitSet,
}

/// A line that is none of the lesson's.
struct Mismatch<'a> {
    number: usize,
    text: &'a str,
    wrong: Wrong<'a>,
}

/// What is wrong with a line that is none of the lesson's.
#[derive(PartialEq)]
enum Wrong<'a> {
    /// It is no line at all.
    NoLine(Fault<'a>),
    /// It has other blanks than this line.
    Blanks(&'a str),
    /// It names this worker, and there is none.
    NoWorker(&'a str),
    /// It is probably meant to be this line.
    Misspelt(&'a str),
    Unknown,
    Repeated,
}

impl<'a> JudgedOutput<'a> {
    fn of(judge: &'a Judge, output: &'a [u8]) -> JudgedOutput<'a> {
        let order = &judge.order;
        let nothing = FixedBitSet::with_capacity(order.lines.len());
        let mut judged = JudgedOutput {
            judge,
            order,
            output,
            lines: Vec::new(),
            numbers: Vec::new(),
            printed: nothing.clone(),
            mismatches: Vec::new(),
            too_early: None,
            missing: nothing,
        };
        judged.read();
        let mut unseen = FixedBitSet::new();
        if judged.mismatches.is_empty() {
            judged.missing = order.guaranteed.certain().clone();
            judged.missing.difference_with(&judged.printed);
        } else {
            // A line that may be torn or misspelt is not looked for.
            unseen.extend(judged.printed.zeroes());
        }
        judged.too_early = order.guaranteed.too_early(&judged.lines, &unseen);
        judged
    }

    /// Finds for each line of the output which one of the lesson's it is.
    fn read(&mut self) {
        let known = RefCell::new(self.order.by_text());
        let next = |text: &str| known.borrow_mut().get_mut(text).map(VecDeque::pop_front);
        let mut is_torn = false;
        // One that a lesson prints is no tear, whatever its name is.
        let lines = lines(self.output, |text| known.borrow().contains_key(text));
        for (number, mut text) in (1..).zip(lines) {
            if let Err(Fault::NoLineBreak(last)) = text {
                let is_cut_off = self.may_be_cut_off(last);
                if is_cut_off && self.judge.promises != Promises::WorkerCore {
                    // Nothing is wrong with it there.
                    return;
                }
                let mut lines = self.order.lines.iter();
                let begins_one = lines.any(|line| line.text.starts_with(last));
                let is_whole = known.borrow().contains_key(last) || !begins_one;
                if !is_cut_off && is_whole {
                    // What is pasted easily loses its last line break.
                    text = whole(last.as_bytes(), true, |text| {
                        known.borrow().contains_key(text)
                    });
                }
            }
            let line = text.ok().and_then(next);
            let (text, wrong) = match (line, text) {
                (Some(Some(line)), _) => {
                    self.lines.push(line);
                    self.numbers.push(number);
                    self.printed.insert(line);
                    continue;
                }
                (_, Err(fault)) => {
                    is_torn |= fault.is_torn();
                    (fault.text(), Wrong::NoLine(fault))
                }
                // A tear leaves line breaks behind.
                (_, Ok("")) if is_torn => continue,
                (Some(None), Ok(text)) => (text, Wrong::Repeated),
                (None, Ok(text)) => (text, Wrong::Unknown),
            };
            let mismatch = Mismatch {
                number,
                text,
                wrong,
            };
            self.mismatches.push(mismatch);
        }
        // Or the output gains blank lines at its end.
        let last = self.numbers.last().copied().unwrap_or_default();
        let is_blank = |it: &Mismatch<'_>| it.text.is_empty() && it.wrong == Wrong::Unknown;
        let is_gained = |it: &mut Mismatch<'_>| it.number > last && is_blank(it);
        while self.mismatches.pop_if(is_gained).is_some() {}
    }

    /// Whether this is the beginning of a line that a worker is about to print: the end of a
    /// program in plain Rust or Python may cut it off.
    fn may_be_cut_off(&self, beginning: &str) -> bool {
        let is_next = |&line: &usize| {
            let mut covered = self.order.guaranteed.covered_by(line).into_iter();
            covered.all(|line| self.printed.contains(line))
        };
        let begins = |&line: &usize| self.text(line).starts_with(beginning);
        let next = self.printed.zeroes().filter(begins).filter(is_next);
        let next: Vec<_> = next.map(|line| &self.order.lines[line]).collect();
        // One that is all there only lacks its line break.
        next.iter().any(|line| line.thread > 0) && next.iter().all(|line| line.text != beginning)
    }

    fn verdict(&self) -> Verdict {
        if self.is_faultless() {
            return self.unlikely().map_or(Verdict::Possible, Verdict::Unlikely);
        }
        // Python promises no whole lines, so a torn one is no proof of anything. Nor is
        // a line of a daemon that was given up. But lines in a wrong order are.
        let is_pythons = self.judge.promises == Promises::Python && self.may_be_torn();
        let is_in_order = self.is_in_order() || is_pythons && self.is_a_copy_torn();
        if is_in_order && (is_pythons || self.order.is_endless) {
            return Verdict::CannotBeJudged;
        }
        if !self.for_std().is_some_and(|output| output.is_faultless()) {
            return Verdict::Impossible;
        }
        Verdict::PossibleForStd(if self.mismatches.is_empty() {
            "start may return before the worker's first line"
        } else {
            "end may cut off a line that is being printed"
        })
    }

    /// The same output of a program in plain Rust, if that promises less.
    fn for_std(&self) -> Option<JudgedOutput<'a>> {
        let judge = self.judge.std.as_ref()?;
        Some(JudgedOutput::of(judge, self.output))
    }

    /// Whether the output may be lines of the lesson that were mixed piece by piece.
    fn may_be_torn(&self) -> bool {
        let missing = self.printed.zeroes();
        let missing: HashSet<_> = missing.map(|line| letters([self.text(line)])).collect();
        let mut bad = self.mismatches.iter();
        // Else its letters are one by one those of the lines that are missing.
        let are_mixed = bad.any(|bad| !missing.contains(&letters([bad.text])));
        let all = (0..self.order.lines.len()).flat_map(|line| [self.text(line), "\n"]);
        are_mixed && self.has_all_letters() && are_among(&self.letters(1), &letters(all))
    }

    /// Whether the letters of all lines are there that come before the end of the program.
    fn has_all_letters(&self) -> bool {
        // It may have lost its last line breaks, or gained some.
        let is_break = |byte: &&u8| matches!(byte, b'\r' | b'\n');
        let at_its_end = self.output.iter().rev().take_while(is_break);
        let last_bad = self.mismatches.last().map(|bad| bad.number);
        let is_torn_at_end = last_bad.as_ref() > self.numbers.last();
        let most = match at_its_end.filter(|&&byte| byte == b'\n').count() {
            breaks @ 1.. if !is_torn_at_end => breaks,
            _ => self.order.lines.len(),
        };
        let certain = self.order.guaranteed.certain();
        let whole = certain.ones().flat_map(|line| [self.text(line), "\n"]);
        // The end may have cut off the line break of a daemon's line.
        let cut_off = self.printed.difference(certain);
        let there = whole.chain(cut_off.map(|line| self.text(line)));
        are_among(&letters(there), &self.letters(most))
    }

    /// The letters of the output, with so many line breaks at its end.
    fn letters(&self, breaks: usize) -> BTreeMap<char, usize> {
        let output = String::from_utf8_lossy(self.output);
        let body = output.trim_end_matches(['\r', '\n']);
        let mut letters = letters(body.split('\r'));
        *letters.entry('\n').or_default() += breaks;
        letters
    }

    /// What a line of the lesson says.
    fn text(&self, line: usize) -> &'a str {
        &self.order.lines[line].text
    }

    /// Whether some but not all are there of the lines of one text: then nobody knows which.
    fn is_a_copy_torn(&self) -> bool {
        self.order.by_text().values().any(|copies| {
            let printed = copies.iter().filter(|&&line| self.printed.contains(line));
            (1..copies.len()).contains(&printed.count())
        })
    }

    fn is_faultless(&self) -> bool {
        self.is_in_order() && self.mismatches.is_empty()
    }

    fn is_in_order(&self) -> bool {
        self.too_early.is_none() && self.missing.is_clear()
    }
}

/// How often each letter is in some texts.
fn letters<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeMap<char, usize> {
    let mut letters = BTreeMap::new();
    for letter in texts.into_iter().flat_map(str::chars) {
        *letters.entry(letter).or_default() += 1;
    }
    letters
}

/// Whether each of some letters is among others at least as often.
fn are_among(some: &BTreeMap<char, usize>, others: &BTreeMap<char, usize>) -> bool {
    let mut some = some.iter();
    some.all(|(letter, times)| others.get(letter) >= Some(times))
}
