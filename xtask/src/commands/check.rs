//! `cargo xtask check`: whether a lesson could have printed an output.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, IsTerminal, Read},
    process::ExitCode,
};

use console::style;
use xtask::order::{
    happens_before::{HappensBefore, Promises},
    judgement::{JudgedOutput, Verdict},
};

use crate::{
    cli::{self, Failure},
    lesson::{built::BuiltLesson, program::MOST_OUTPUT},
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
    promises: Promises,
}

/// Runs the command.
///
/// # Errors
///
/// If it is used wrongly, the output cannot be read, or the lesson does not build or
/// run.
pub(crate) fn check(arguments: &mut lexopt::Parser) -> Result<ExitCode, Failure> {
    let options = parse(arguments)?;
    let output = read(options.file)?;
    let lesson = BuiltLesson::build(options.lesson)?;
    let order = HappensBefore::of(&lesson.trace()?, options.promises)
        .and_then(HappensBefore::require_distinct_lines)
        .map_err(|reason| lesson.failed(&reason))?;
    let judged = JudgedOutput::of(&order, &output, &lesson.name, options.promises);
    let verdict = match judged.verdict() {
        Verdict::Possible { unlikely } => {
            let unlikely =
                unlikely.map(|why| format!(", but the sleeps make it unlikely:\n  {why}"));
            cli::print(&format!("possible{}\n", unlikely.unwrap_or_default()))?;
            return Ok(ExitCode::SUCCESS);
        }
        Verdict::Impossible => style("impossible:").red(),
        Verdict::CannotBeJudged => style("cannot be judged:").yellow(),
    };
    let mut faults = judged.faults();
    let mut words = vec![verdict.to_string()];
    words.extend(faults.by_ref().take(MOST_FAULTS));
    let more = faults.count();
    if more > 0 {
        words.push(format!("and {more} more"));
    }
    if order.is_endless {
        words.push("a daemon of the lesson goes on for too long to know all its lines".to_owned());
    }
    cli::print(&format!("{}\n", words.join("\n  ")))?;
    Ok(ExitCode::FAILURE)
}

fn parse(arguments: &mut lexopt::Parser) -> Result<Options, Failure> {
    use lexopt::prelude::*;

    let mut lesson = None;
    let mut file = None;
    let mut promises = Promises::WorkerCore;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("python") => promises = Promises::Python,
            Value(name) if lesson.is_none() => lesson = Some(name.string()?),
            Value(path) if file.is_none() => file = Some(path),
            _ => return Err(cli::unexpected(argument)),
        }
    }
    let lesson = lesson.ok_or_else(|| Failure::Usage("name a lesson".to_owned()))?;
    Ok(Options {
        lesson,
        file,
        promises,
    })
}

/// The output to judge: no more of it than a lesson may print.
fn read(file: Option<OsString>) -> Result<Vec<u8>, Failure> {
    let mut output = Vec::new();
    if file.is_none() && io::stdin().is_terminal() {
        cli::note("reading the output from standard input; Ctrl-D ends it");
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
