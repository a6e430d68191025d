//! `cargo xtask check`: whether a lesson could have printed an output.

mod runs;
mod verdicts;

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, IsTerminal, Read},
    process::ExitCode,
};

use console::style;
use xtask::order::{
    guarantees,
    happens_before::{HappensBefore, Promises},
    judgement::{Judge, Judgement, Verdict},
    trace::Trace,
};

use crate::{
    cli::{self, Failure, live::live, plain},
    commands::{
        check::{
            runs::check_runs,
            verdicts::{counts, say, summary, words},
        },
        orders::one_of,
    },
    lesson::{
        program::{MOST_OUTPUT, TIME_LIMIT},
        snapshot::{Snapshot, is_same},
        workspace::Lesson,
    },
};

pub(crate) const HELP: &str = "\
Say whether a lesson could have printed an output, and if not, which line is at
fault.

Usage: cargo xtask check LESSON [OPTION]... [FILE]... [-- COMMAND...]

Arguments:
  LESSON        the lesson, by name
  [FILE]...     outputs of programs that claim to be this lesson, in any
                language; standard input if none is named, or `-`
  COMMAND...    such a program and its arguments, to be run here and many times

Options:
      --std     judge by what the threads of plain Rust promise: `spawn` may
                return before the new thread has printed its first line
      --python  judge by what the threads of Python promise: `start` may return
                before it too, and a torn line proves nothing
      --times N
                how often to run COMMAND [default: 50]
      --timeout SECONDS
                stop a run of COMMAND that still goes on after this time
                [default: 60]; behind it, and behind one that prints without
                end, no other is begun
  -h, --help    print this help

An output is possible if every line comes after all those that start, join or
the end of the program puts before it, in the lesson as its source stands now,
and if every line is there that the end of the program waits for. One output
can prove a program wrong, never right: a join that is missing may show in one
run of many, so have COMMAND run. It is judged by its output alone; how long
its runs took, with which status they ended, and what they wrote to standard
error, is said besides.

An output may have the line breaks of any system, may lack the last or have
blank lines at its end, and may be in UTF-16, as some versions of PowerShell
write it.

Examples:
  cargo run -q -p fork-join | cargo xtask check fork-join
  python3 docs/python/fork-join.py | cargo xtask check fork-join --python
  cargo xtask check fork-join --times 9 -- cargo run -q -p fork-join

Exit status: 0 if every output is possible, 1 if one is not or cannot be
judged, 2 for wrong usage. A file that cannot be read is wrong usage if it is
the only one; of several it is one that cannot be judged. Of COMMAND's runs,
those that cannot be judged do not count unless all are such.
";

/// Runs the command.
///
/// # Errors
///
/// If it is used wrongly, the one output cannot be read, the program cannot be run, or
/// the lesson does not build or run.
pub(crate) fn check(arguments: &mut lexopt::Parser) -> Result<ExitCode, Failure> {
    use lexopt::prelude::*;

    let mut lesson = None;
    let mut promises = Promises::WorkerCore;
    let mut files = Vec::new();
    let mut times = None;
    let mut timeout = None;
    let mut command = None;
    loop {
        if let Some(mut rest) = arguments.try_raw_args()
            && rest.next_if(|argument| argument == "--").is_some()
        {
            command = Some(rest.collect::<Vec<_>>());
            break;
        }
        let Some(argument) = arguments.next()? else {
            break;
        };
        match argument {
            Long("std") => promises = one_of(promises, Promises::Std)?,
            Long("python") => promises = one_of(promises, Promises::Python)?,
            Long("times") => times = Some(cli::number(arguments, "--times", "runs", 1)? as usize),
            Long("timeout") => timeout = Some(cli::time_limit(arguments)?),
            Value(name) if lesson.is_none() => lesson = Some(name.string()?),
            Value(file) => files.push(file),
            _ => return Err(cli::unexpected(argument)),
        }
    }
    let usage = |words: &str| Err(Failure::Usage(words.to_owned()));
    let Some(lesson) = lesson else {
        return usage("name a lesson");
    };
    if files.iter().filter(|&file| file == "-").count() > 1 {
        return usage("standard input can be judged once; name `-` no second time");
    }
    let judge = || {
        let (lesson, built) = Lesson::build(lesson)?;
        let trace = built.trace()?;
        say_if_changed(&lesson, &trace);
        let what = format!("ordering the lines of `{}`", lesson.name);
        let judge = live(what, |_| Judge::of(&trace, &lesson.name, promises));
        judge.map_err(|reason| built.failed(&reason))
    };
    match (command.as_deref(), &files[..]) {
        (Some([]), _) => usage("name a program behind `--`"),
        (Some(_), [_, ..]) => usage("judge files or the runs of a program, not both at once"),
        (Some(command), []) => {
            let timeout = timeout.unwrap_or(TIME_LIMIT);
            check_runs(&judge()?, command, times.unwrap_or(50), timeout)
        }
        (None, _) if times.is_some() || timeout.is_some() => {
            usage("--times and --timeout are for a program to run; name it behind `--`")
        }
        (None, []) => check_one(&judge()?, "-".as_ref()),
        (None, [file]) => check_one(&judge()?, file),
        (None, files) => check_files(&judge()?, files),
    }
}

/// Says that a lesson is not what has been accepted, if so: what is tried out is easily left
/// in it, and a wrong output would be judged to be right.
fn say_if_changed(lesson: &Lesson, trace: &Trace) {
    let Ok(Some(accepted)) = Snapshot::Guarantees.accepted(lesson) else {
        return;
    };
    let order = HappensBefore::of(trace, Promises::WorkerCore);
    if !is_same(&accepted, &guarantees::text(&order)) {
        let name = &lesson.name;
        cli::note(&format!(
            "note: the guarantees of `{name}` are not the accepted ones, and outputs are judged by what its \
             source says now; `cargo xtask run-all {name} --simulated` shows the difference"
        ));
    }
}

/// An output to judge: no more of it than a lesson may print.
fn read(output: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    output.take(MOST_OUTPUT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_OUTPUT {
        return Err(io::Error::other(format!(
            "it holds more than {} MiB, more than a lesson may print",
            MOST_OUTPUT >> 20
        )));
    }
    Ok(bytes)
}

/// Judges a file, which may be meant to be a program; or standard input for `-`.
fn judge_file(judge: &Judge, file: &OsStr) -> io::Result<Judgement> {
    if file == "-" {
        if io::stdin().is_terminal() {
            cli::note("reading the output from standard input; Ctrl-D ends it");
        }
        return Ok(judge.judge(&read(io::stdin())?));
    }
    let output = read(File::open(file)?)?;
    let mut judgement = judge.judge(&output);
    if !output.trim_ascii().is_empty() && !judge.knows_a_line(&output) {
        let words =
            "none of its lines is the lesson's; a program that is to be run stands behind `--`";
        judgement.faults.insert(0, words.to_owned());
    }
    Ok(judgement)
}

fn check_one(judge: &Judge, file: &OsStr) -> Result<ExitCode, Failure> {
    let judgement = judge_file(judge, file).map_err(|reason| {
        let name = match file.to_str() {
            Some("-") => "standard input".to_owned(),
            _ => format!("`{}`", file.display()),
        };
        Failure::Usage(format!(
            "{name} cannot be read: {reason}; name a file that holds an output"
        ))
    })?;
    let mut words = words(&judgement);
    if judgement.verdict == Verdict::Possible {
        words += "; one output can prove a program wrong, never right: see --times";
    }
    say(&words)?;
    Ok(cli::status(judgement.verdict.is_possible()))
}

fn check_files(judge: &Judge, files: &[OsString]) -> Result<ExitCode, Failure> {
    let mut verdicts = Vec::new();
    for file in files {
        let (verdict, words) = match judge_file(judge, file) {
            Ok(judgement) => {
                let words = words(&judgement);
                (judgement.verdict, words)
            }
            Err(reason) => {
                let words = style("cannot be read:").yellow();
                (Verdict::CannotBeJudged, format!("{words} {reason}"))
            }
        };
        say(&format!("{}: {words}", plain(&file.display().to_string())))?;
        verdicts.push(verdict);
    }
    let mut words = summary(counts(&verdicts), "");
    let passed = verdicts.iter().all(Verdict::is_possible);
    if passed {
        words += "; an output can prove a program wrong, never right: see --times";
    }
    say(&words)?;
    Ok(cli::status(passed))
}
