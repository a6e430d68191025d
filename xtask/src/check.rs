//! `cargo xtask check`: whether a lesson could have printed an output.

use std::{
    collections::HashMap,
    ffi::OsString,
    fs::File,
    io::{self, IsTerminal, Read},
    process::ExitCode,
};

use console::{style, truncate_str};
use fixedbitset::FixedBitSet;

use crate::{
    Failure,
    happens_before::{Guarantee, HappensBefore, Threads},
    normal_form::whole_line,
    partial_order::PartialOrder,
    program::MOST_OUTPUT,
    simulate::Lesson,
};

pub(crate) const HELP: &str = "\
Say whether a lesson could have printed an output, and if not, which line is at fault.

Usage: cargo xtask check LESSON [FILE] [--python]

Arguments:
  LESSON     the lesson, by name
  [FILE]     the output of a program that claims to be this lesson, in any language;
             standard input if none is named

Options:
      --python  judge by what the threads of CPython promise: `start` may return
                before the new thread has printed its first line, and a torn line
                proves nothing
  -h, --help    print this help

An output is possible if every line comes after all those that start, join or the
end of the program puts before it, in the lesson as its source stands now. Line
breaks may be those of any system.

Examples:
  cargo run -q -p fork-join | cargo xtask check fork-join
  python3 docs/python/fork-join.py | cargo xtask check fork-join --python

Exit status: 0 if the output is possible, 1 if it is not or cannot be judged, 2 for
wrong usage.
";

/// How many faults are said.
const MOST_FAULTS: usize = 20;

/// What `check` was asked to do.
struct Options {
    lesson: String,
    file: Option<OsString>,
    threads: Threads,
}

/// Runs the command.
///
/// # Errors
///
/// If it is used wrongly, the output cannot be read, or the lesson does not build or
/// run.
pub(crate) fn run(arguments: &mut lexopt::Parser) -> Result<ExitCode, Failure> {
    let Some(options) = parse(arguments)? else {
        return crate::print(HELP);
    };
    let output = read(options.file)?;
    let lesson = Lesson::build(options.lesson)?;
    let order = HappensBefore::of(&lesson.trace()?, options.threads)
        .and_then(HappensBefore::told_apart)
        .map_err(|reason| lesson.failed(&reason))?;
    let output = Output::read(&order, &output, &lesson.name, options.threads);
    let faults = output.faults();
    if faults.is_empty() {
        let unlikely = output.unlikely();
        let unlikely = unlikely.map(|why| format!(", but the sleeps make it unlikely:\n  {why}"));
        let verdict = format!("possible{}\n", unlikely.unwrap_or_default());
        return crate::print(&verdict);
    }
    // CPython promises no whole lines, so a torn one is no proof of anything. Nor is a
    // line of a daemon that was given up. But lines in a wrong order are.
    let is_python = options.threads == Threads::CPython;
    let proves_nothing = is_python && output.is_torn || order.is_endless;
    let verdict = if proves_nothing && faults.len() == output.bad_lines.len() {
        style("cannot be judged:").yellow()
    } else {
        style("impossible:").red()
    };
    let mut words = faults[..faults.len().min(MOST_FAULTS)].join("\n  ");
    let more = faults.len().saturating_sub(MOST_FAULTS) + output.more_bad_lines;
    if more > 0 {
        words += &format!("\n  and {more} more");
    }
    if order.is_endless {
        words += "\n  a daemon of the lesson goes on for too long to know all its lines";
    }
    crate::print(&format!("{verdict}\n  {words}\n"))?;
    Ok(ExitCode::FAILURE)
}

/// The options, or nothing if help is asked for.
fn parse(arguments: &mut lexopt::Parser) -> Result<Option<Options>, Failure> {
    use lexopt::prelude::*;

    let mut lesson = None;
    let mut file = None;
    let mut threads = Threads::WorkerCore;
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("python") => threads = Threads::CPython,
            Value(name) if lesson.is_none() => lesson = Some(name.string()?),
            Value(path) if file.is_none() => file = Some(path),
            _ => return Err(argument.unexpected().into()),
        }
    }
    let lesson = lesson.ok_or_else(|| Failure::Usage("name a lesson".to_owned()))?;
    Ok(Some(Options {
        lesson,
        file,
        threads,
    }))
}

/// The output to judge: no more of it than a lesson may print.
fn read(file: Option<OsString>) -> Result<Vec<u8>, Failure> {
    let mut output = Vec::new();
    if file.is_none() && io::stdin().is_terminal() {
        crate::note("reading the output from standard input; Ctrl-D ends it");
    }
    let (name, read) = match file {
        Some(file) => (
            format!("`{}`", file.display()),
            File::open(file).and_then(|file| file.take(MOST_OUTPUT + 1).read_to_end(&mut output)),
        ),
        None => (
            "standard input".to_owned(),
            io::stdin().take(MOST_OUTPUT + 1).read_to_end(&mut output),
        ),
    };
    match read {
        Ok(size) if size as u64 > MOST_OUTPUT => Err(Failure::Failed(format!(
            "{name} holds more than {} MiB, more than a lesson may print",
            MOST_OUTPUT >> 20
        ))),
        Ok(_) => Ok(output),
        Err(reason) => Err(Failure::Usage(format!(
            "{name} cannot be read: {reason}; name a file that holds the output"
        ))),
    }
}

/// No more of a text than somebody reads.
fn shortened(text: &str) -> String {
    truncate_str(text, 300, "…").into_owned()
}

/// An output beside the lines that it should have.
struct Output<'a> {
    order: &'a HappensBefore,
    /// For each line of the output that is one of the lesson's, its number, counted
    /// from 1, and which line of the lesson it is.
    lines: Vec<(usize, usize)>,
    /// What is wrong with the others.
    bad_lines: Vec<(usize, String)>,
    /// How many others there are, of which nothing is said.
    more_bad_lines: usize,
    is_torn: bool,
}

impl<'a> Output<'a> {
    fn read(order: &'a HappensBefore, output: &[u8], lesson: &str, threads: Threads) -> Output<'a> {
        let known = order.by_text();
        let mut times_seen = HashMap::<&str, Vec<usize>>::new();
        let mut lines = Vec::new();
        let mut bad_lines = Vec::new();
        let mut more_bad_lines = 0;
        let mut is_torn = false;
        // Some systems begin a text with a mark.
        let output = output.strip_prefix("\u{feff}".as_bytes()).unwrap_or(output);
        let text = output.split_inclusive(|&byte| byte == b'\n');
        for (number, bytes) in (1..).zip(text) {
            let has_said_enough = bad_lines.len() >= MOST_FAULTS;
            let text = match whole_line(bytes) {
                Ok(text) => text.trim_end_matches('\r'),
                Err(fault) => {
                    is_torn |= fault.is_torn();
                    let is_pythons = fault.is_torn() && threads == Threads::CPython;
                    if has_said_enough {
                        more_bad_lines += 1;
                        continue;
                    }
                    let mut fault = fault.to_string();
                    if is_pythons {
                        fault += ", in Python with `print(line + \"\\n\", end=\"\")`";
                    }
                    bad_lines.push((number, shortened(&fault)));
                    continue;
                }
            };
            // A tear leaves line breaks behind.
            if is_torn && text.is_empty() {
                continue;
            }
            let Some((&text, same)) = known.get_key_value(text) else {
                if has_said_enough {
                    more_bad_lines += 1;
                    continue;
                }
                let nearest = known
                    .keys()
                    .filter(|known| known.len().abs_diff(text.len()) <= 6)
                    .map(|known| (strsim::osa_distance(text, known), known))
                    .min();
                let hint = match nearest {
                    Some((1..=2, nearest)) => format!("did you mean {nearest:?}?"),
                    _ => format!("`cargo xtask orders {lesson}` lists them"),
                };
                let text = shortened(text);
                let fault = format!("is unknown: {text:?} is no line of `{lesson}`; {hint}");
                bad_lines.push((number, fault));
                continue;
            };
            let seen = times_seen.entry(text).or_default();
            match (same.get(seen.len()), seen.last()) {
                (None, Some(_)) if has_said_enough => more_bad_lines += 1,
                (None, Some(last)) => bad_lines.push((
                    number,
                    format!(
                        "is repeated: `{text}` stands in line {last} already, and `{lesson}` prints \
                         it no more often"
                    ),
                )),
                (line, _) => lines.extend(line.map(|&line| (number, line))),
            }
            seen.push(number);
        }
        Output {
            order,
            lines,
            bad_lines,
            more_bad_lines,
            is_torn,
        }
    }

    /// What makes the output impossible, line by line.
    fn faults(&self) -> Vec<String> {
        let guaranteed = &self.order.guaranteed;
        let mut faults = self.bad_lines.clone();
        let mut missing = guaranteed.certain().clone();
        for &(_, line) in &self.lines {
            missing.set(line, false);
        }
        if let Some((number, line, before)) = self.too_early(guaranteed) {
            // A line that may be torn or misspelt is not looked for.
            if self.bad_lines.is_empty() || self.number(before).is_some() {
                let pair = |pair: &&Guarantee| pair.before == before && pair.after == Some(line);
                let promises = self.order.guarantees.iter().find(pair);
                let promises = promises.map(|pair| pair.promises()).unwrap_or_default();
                faults.push((
                    number,
                    format!(
                        "is too early: {} has to follow {}, which {} ({promises})",
                        self.order.name(Some(line)),
                        self.order.name(Some(before)),
                        self.place(before),
                    ),
                ));
                missing.set(before, false);
            }
        }
        faults.sort();
        let mut faults: Vec<_> = faults
            .into_iter()
            .map(|(number, fault)| format!("line {number} {fault}"))
            .collect();
        if self.bad_lines.is_empty() {
            faults.extend(missing.ones().map(|line| {
                let name = self.order.name(Some(line));
                format!("a line is missing: {name} has to come before the program ends (end)")
            }));
        }
        faults
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
        let mut printed = FixedBitSet::with_capacity(order.len());
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
