//! `cargo xtask check`: whether a lesson could have printed an output.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::File,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, ErrorKind, IsTerminal, Read},
    path::Path,
    process::{Command, ExitCode},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use console::style;
use xtask::order::{
    guarantees,
    happens_before::{HappensBefore, Promises},
    judgement::{Judge, Judgement, Verdict},
    trace::Trace,
};

use crate::{
    cli::{self, Failure, live::live, lock, number_of, plain, wrapped},
    commands::orders::one_of,
    lesson::{
        process::StartError,
        program::{self, End, MOST_LINES, MOST_OUTPUT, Run, TIME_LIMIT, excerpt, in_words},
        repeat::side_by_side,
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
                stop a run of COMMAND that still goes on after this time, and
                begin no other [default: 60]
  -h, --help    print this help

An output is possible if every line comes after all those that start, join or
the end of the program puts before it, in the lesson as its source stands now,
and if every line is there that the end of the program waits for. One output
can prove a program wrong, never right: a join that is missing may show in one
run of many, so have COMMAND run. It is judged by its output alone; with which
status its runs ended, and what they wrote to standard error, is said besides.

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

/// How many programs run at once for each processor core. They mostly sleep.
const PER_CORE: usize = 8;

/// How many lines are shown of what a run printed.
const MOST_SHOWN: usize = 40;

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
            Long("times") => times = Some(cli::number(arguments, "--times")?),
            Long("timeout") => timeout = Some(cli::time_limit(arguments)?),
            Value(name) if lesson.is_none() => lesson = Some(name.string()?),
            Value(file) => files.push(file),
            _ => return Err(cli::unexpected(argument)),
        }
    }
    if files == ["-"] {
        files.clear();
    }
    let usage = |words: &str| Err(Failure::Usage(words.to_owned()));
    let Some(lesson) = lesson else {
        return usage("name a lesson");
    };
    let judge = || {
        let (lesson, built) = Lesson::build(lesson)?;
        let trace = built.trace()?;
        say_if_changed(&lesson, &trace);
        let what = format!("ordering the lines of `{}`", lesson.name);
        let judge = live(what, |_| Judge::of(trace, &lesson.name, promises));
        judge.map_err(|reason| built.failed(&reason))
    };
    match (command.as_deref(), &files[..]) {
        (Some([]), _) => usage("name a program behind `--`"),
        (Some(_), [_, ..]) => usage("judge files or the runs of a program, not both at once"),
        (Some(_), []) if times == Some(0) => usage("--times takes a number from 1, not `0`"),
        (Some(command), []) => {
            let timeout = timeout.unwrap_or(TIME_LIMIT);
            check_runs(&judge()?, command, times.unwrap_or(50), timeout)
        }
        (None, _) if times.is_some() || timeout.is_some() => {
            usage("--times and --timeout are for a program to run; name it behind `--`")
        }
        (None, []) => {
            if io::stdin().is_terminal() {
                cli::note("reading the output from standard input; Ctrl-D ends it");
            }
            let output = read(io::stdin());
            let output = output.map_err(|reason| unreadable("standard input", &reason))?;
            check_one(&judge()?.judge(&output))
        }
        (None, [file]) => {
            let name = format!("`{}`", file.display());
            let judgement = judge_file(&judge()?, file);
            check_one(&judgement.map_err(|reason| unreadable(&name, &reason))?)
        }
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

fn unreadable(name: &str, reason: &io::Error) -> Failure {
    Failure::Usage(format!(
        "{name} cannot be read: {reason}; name a file that holds an output"
    ))
}

fn judge_file(judge: &Judge, file: &OsString) -> io::Result<Judgement> {
    let output = File::open(file).and_then(read)?;
    let mut judgement = judge.judge(&output);
    if !output.is_empty() && !judge.knows_a_line(&output) {
        let words =
            "none of its lines is the lesson's; a program that is to be run stands behind `--`";
        judgement.faults.insert(0, words.to_owned());
    }
    Ok(judgement)
}

fn check_one(judgement: &Judgement) -> Result<ExitCode, Failure> {
    let mut words = words(judgement);
    if judgement.verdict == Verdict::Possible {
        words += "; one output can prove a program wrong, never right: see --times";
    }
    say(&words)?;
    Ok(status([&judgement.verdict]))
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
    if verdicts.iter().all(Verdict::is_possible) {
        words += "; an output can prove a program wrong, never right: see --times";
    }
    say(&words)?;
    Ok(status(&verdicts))
}

/// What came of one run of a program.
struct JudgedRun {
    judgement: Judgement,
    /// With which status it ended, if it did not go well.
    status: Option<String>,
    /// Two that printed the same have the same.
    hash: u64,
    /// The first lines that it printed.
    stdout: Vec<String>,
    stderr: Vec<String>,
}

fn check_runs(
    judge: &Judge,
    command: &[OsString],
    times: usize,
    timeout: Duration,
) -> Result<ExitCode, Failure> {
    let is_judging = Mutex::new(());
    let was_stopped = AtomicBool::new(false);
    let once = || {
        // No output is in order any more, and the others may take as long.
        if was_stopped.load(Relaxed) {
            return Ok(None);
        }
        let run = run(command, timeout)?;
        if !matches!(run.end, End::Ended(_) | End::LeftOpen) {
            was_stopped.store(true, Relaxed);
        }
        // Large outputs are judged one after another: that takes many times their room.
        let one_by_one = lock(&is_judging);
        let judgement = judge_run(judge, &run);
        drop(one_by_one);
        let status = match &run.end {
            End::Ended(status) if !status.success() => Some(in_words(status)),
            _ => None,
        };
        let mut hasher = DefaultHasher::new();
        run.stdout.hash(&mut hasher);
        Ok::<_, Failure>(Some(JudgedRun {
            judgement,
            status,
            hash: hasher.finish(),
            stdout: excerpt(&run.stdout, MOST_SHOWN, 0),
            stderr: excerpt(&run.stderr, MOST_LINES, MOST_LINES),
        }))
    };
    let program = command[0].display();
    let what = format!("running `{program}` {}", number_of(times, "time"));
    let runs = live(what, |_| side_by_side(times, PER_CORE, once))?;
    let runs: Vec<_> = runs.into_iter().flatten().collect();
    let all = runs.len();

    let counts = counts(runs.iter().map(|run| &run.judgement.verdict));
    let [likely, unlikely, for_std, impossible, _] = counts;
    let mut words = summary(counts, &format!(" of {all}"));
    // Those that cannot be judged tell nothing.
    let passed = likely + unlikely > 0 && for_std + impossible == 0;
    if passed && all > 1 && runs.iter().all(|run| run.hash == runs[0].hash) {
        words += ", each with the same output";
    }
    // One that is unlikely may be luck, but not every one.
    if passed && likely == 0 && unlikely > 1 {
        words += "; none was as the lesson nearly always is: see whether the program starts, sleeps \
                  and joins as it does";
    } else if passed {
        words += "; runs can prove a program wrong, never right";
    }
    say(&words)?;
    if all < times {
        say(&format!(
            "{} not begun, since one had to be stopped",
            number_of(times - all, "run")
        ))?;
    }
    let mut ends = BTreeMap::<_, usize>::new();
    for status in runs.iter().filter_map(|run| run.status.as_ref()) {
        *ends.entry(status).or_default() += 1;
    }
    for (status, times) in ends {
        say(&format!("{times} of {all} ended with {status}"))?;
    }
    // One run of each kind that is worth a look.
    let shown: Vec<_> = (1..KINDS)
        .filter_map(|kind| {
            let mut runs = runs.iter();
            runs.find(|run| kind_of(&run.judgement.verdict) == kind)
        })
        .collect();
    let complaining: Vec<_> = runs.iter().filter(|run| !run.stderr.is_empty()).collect();
    if let [run, ..] = &complaining[..] {
        let words = format!("{} of {all} wrote to standard error", complaining.len());
        if shown.iter().all(|run| run.stderr.is_empty()) {
            say(&format!("{words}, one of them:"))?;
            print_indented(&run.stderr)?;
        } else {
            say(&words)?;
        }
    }
    for run in shown {
        say(&format!("\n{}", self::words(&run.judgement)))?;
        if !run.stdout.is_empty() {
            say("as one run printed:")?;
        }
        for (number, line) in (1..).zip(&run.stdout) {
            cli::print(format!("{number:>4}  {}\n", plain(line)))?;
        }
        if !run.stderr.is_empty() {
            say("and wrote to standard error:")?;
            print_indented(&run.stderr)?;
        }
    }
    Ok(cli::status(passed))
}

fn print_indented(lines: &[String]) -> Result<(), Failure> {
    let lines = lines.iter().map(|line| format!("  {}\n", plain(line)));
    cli::print(lines.collect::<String>())
}

/// Runs a program once.
fn run(command: &[OsString], timeout: Duration) -> Result<Run, Failure> {
    let program = command[0].display();
    let mut process = Command::new(&command[0]);
    process.args(&command[1..]);
    program::run(process, None, timeout, Box::new(|_| {})).map_err(|error| {
        let words = format!("`{program}` cannot be run: ");
        let StartError::Program(reason) = error else {
            return Failure::Failed(format!("{words}{error}"));
        };
        let path = Path::new(&command[0]);
        let hint = match reason.kind() {
            ErrorKind::NotFound if path.components().count() > 1 && path.exists() => {
                let hint = "it is there, but not what has to run it; see its first line";
                return Failure::Failed(format!("{words}{reason}; {hint}"));
            }
            ErrorKind::NotFound if program.to_string().starts_with('-') => {
                "the options of `check` stand before `--`"
            }
            ErrorKind::NotFound | ErrorKind::PermissionDenied => {
                "see whether it is there and may be run"
            }
            _ => return Failure::Failed(format!("{words}{}", StartError::Program(reason))),
        };
        Failure::Usage(format!("{words}{reason}; {hint}"))
    })
}

/// Judges what a run printed, and how it ended.
fn judge_run(judge: &Judge, run: &Run) -> Judgement {
    let (verdict, but) = match run.end {
        End::Ended(_) => return judge.judge(&run.stdout),
        End::TimedOut(_) | End::StoodStill | End::TraceTooLarge => {
            (Verdict::Impossible, "; the lesson ends")
        }
        End::TooMuch { to_stdout: true } => (Verdict::Impossible, ""),
        End::TooMuch { to_stdout: false } | End::LeftOpen => (Verdict::CannotBeJudged, ""),
    };
    let mut faults = vec![format!("{}{but}", run.end)];
    if !matches!(run.end, End::TooMuch { .. }) {
        faults.extend(judge.faults_of_beginning(run.whole_lines()));
    }
    Judgement { verdict, faults }
}

/// What is to be said of an output, with its faults below.
fn words(judgement: &Judgement) -> String {
    let verdict = match &judgement.verdict {
        Verdict::Possible => "possible".to_owned(),
        Verdict::Unlikely(why) => format!("possible, but the sleeps make it unlikely:\n  {why}"),
        Verdict::PossibleForStd(because) => style(format!(
            "impossible for worker-core, possible for std and Python, whose {because} (see --std and \
             --python):"
        ))
        .red()
        .to_string(),
        Verdict::Impossible => style("impossible:").red().to_string(),
        Verdict::CannotBeJudged => style("cannot be judged:").yellow().to_string(),
    };
    let faults = judgement.faults.iter().map(|fault| format!("\n  {fault}"));
    verdict + &faults.collect::<String>()
}

/// Prints what is to be said, no wider than the terminal, if there is one.
fn say(words: &str) -> Result<(), Failure> {
    let width = cli::terminal_width().unwrap_or(usize::MAX);
    cli::print(wrapped(words, width))
}

/// How many kinds of verdicts there are.
const KINDS: usize = 5;

fn kind_of(verdict: &Verdict) -> usize {
    match verdict {
        Verdict::Possible => 0,
        Verdict::Unlikely(_) => 1,
        Verdict::PossibleForStd(_) => 2,
        Verdict::Impossible => 3,
        Verdict::CannotBeJudged => 4,
    }
}

/// How many verdicts there are of each kind.
fn counts<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> [usize; KINDS] {
    let mut counts = [0; KINDS];
    for verdict in verdicts {
        counts[kind_of(verdict)] += 1;
    }
    counts
}

/// In a line: how many are possible of all, the unlikely among them, and the others.
fn summary(counts: [usize; KINDS], of_all: &str) -> String {
    let [likely, unlikely, others @ ..] = counts;
    let mut summary = format!("{}{of_all} possible", likely + unlikely);
    if unlikely > 0 {
        summary += &format!(", {unlikely} of them unlikely because of the sleeps");
    }
    let kinds = [
        "possible for std and Python only",
        "impossible",
        "cannot be judged",
    ];
    for (number, kind) in others.into_iter().zip(kinds) {
        if number > 0 {
            summary += &format!(", {number} {kind}");
        }
    }
    summary
}

/// The exit status for these verdicts.
fn status<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> ExitCode {
    cli::status(verdicts.into_iter().all(Verdict::is_possible))
}
