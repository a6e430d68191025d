//! `cargo xtask check`: whether a lesson could have printed an output.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::File,
    io::{self, ErrorKind, IsTerminal, Read},
    process::{Command, ExitCode},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use console::style;
use xtask::order::{
    happens_before::Promises,
    judgement::{Judge, Judgement, Verdict},
};

use crate::{
    cli::{self, Failure, live::live, number_of},
    commands::orders::one_of,
    lesson::{
        built::BuiltLesson,
        process::StartError,
        program::{self, End, MOST_OUTPUT, TIME_LIMIT},
        repeat::side_by_side,
    },
};

pub(crate) const HELP: &str = "\
Say whether a lesson could have printed an output, and if not, which line is at
fault.

Usage: cargo xtask check LESSON [OPTION]... [FILE]... [-- COMMAND...]

Arguments:
  LESSON        the lesson, by name
  [FILE]...     outputs of programs that claim to be this lesson, in any
                language; standard input if none is named
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
                [default: 60]
  -h, --help    print this help

An output is possible if every line comes after all those that start, join or
the end of the program puts before it, in the lesson as its source stands now,
and if every line is there that the end of the program waits for. One output
can prove a program wrong, never right: a join that is missing may show in one
run of many, so have COMMAND run. It is judged by its output alone; with which
status its runs ended, and what they wrote to standard error, is said besides.

An output may have the line breaks of any system, and may be in UTF-16, as some
versions of PowerShell write it.

Examples:
  cargo run -q -p fork-join | cargo xtask check fork-join
  python3 docs/python/fork-join.py | cargo xtask check fork-join --python
  cargo xtask check fork-join --times 9 -- cargo run -q -p fork-join

Exit status: 0 if every output is possible, 1 if one is not or cannot be
judged, 2 for wrong usage. Of COMMAND's runs, those that cannot be judged do
not count unless all are such.
";

/// How many programs run at once for each processor core. They mostly sleep.
const PER_CORE: usize = 8;

/// How many lines of what a program wrote are shown.
const MOST_LINES: usize = 40;

/// How many bytes.
const MOST_BYTES: usize = 8192;

/// What `check` was asked to do.
struct Options {
    lesson: String,
    promises: Promises,
    outputs: Outputs,
}

/// Where the outputs come from.
enum Outputs {
    Stdin,
    Files(Vec<OsString>),
    Runs(Runs),
}

/// A command to run, and how.
struct Runs {
    program: OsString,
    arguments: Vec<OsString>,
    times: usize,
    timeout: Duration,
    /// Held while an output is judged.
    judged: Mutex<()>,
}

/// Runs the command.
///
/// # Errors
///
/// If it is used wrongly, the one output cannot be read, the program cannot be run, or
/// the lesson does not build or run.
pub(crate) fn check(arguments: &mut lexopt::Parser) -> Result<ExitCode, Failure> {
    let options = parse(arguments)?;
    let judge = || {
        let lesson = BuiltLesson::build(options.lesson)?;
        let trace = lesson.trace()?;
        let what = format!("ordering the lines of `{}`", lesson.name);
        let judge = live(what, || Judge::of(&trace, &lesson.name, options.promises));
        judge.map_err(|reason| lesson.failed(&reason))
    };
    match options.outputs {
        Outputs::Stdin => {
            if io::stdin().is_terminal() {
                cli::note("reading the output from standard input; Ctrl-D ends it");
            }
            let output =
                read(io::stdin()).map_err(|reason| unreadable("standard input", &reason))?;
            check_one(&judge()?, &output)
        }
        Outputs::Files(files) => match &files[..] {
            [file] => {
                let name = format!("`{}`", file.display());
                let output = File::open(file).and_then(read);
                let output = output.map_err(|reason| unreadable(&name, &reason))?;
                check_one(&judge()?, &output)
            }
            files => check_files(&judge()?, files),
        },
        Outputs::Runs(runs) => check_runs(&judge()?, &runs),
    }
}

fn parse(arguments: &mut lexopt::Parser) -> Result<Options, Failure> {
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
            command = Some(rest.collect::<Vec<_>>().into_iter());
            break;
        }
        let Some(argument) = arguments.next()? else {
            break;
        };
        match argument {
            Long("std") => promises = one_of(promises, Promises::Std)?,
            Long("python") => promises = one_of(promises, Promises::Python)?,
            Long("times") => times = Some(cli::number("--times", &arguments.value()?.string()?)?),
            Long("timeout") => timeout = Some(cli::time_limit(&arguments.value()?.string()?)?),
            Value(name) if lesson.is_none() => lesson = Some(name.string()?),
            Value(file) => files.push(file),
            _ => return Err(cli::unexpected(argument)),
        }
    }
    let usage = |message: &str| Err(Failure::Usage(message.to_owned()));
    let outputs = match command.map(|mut rest| (rest.next(), rest.collect())) {
        Some((None, _)) => return usage("name a program behind `--`"),
        Some(_) if !files.is_empty() => {
            return usage("judge files or the runs of a program, not both at once");
        }
        Some(_) if times == Some(0) => return usage("--times takes a number from 1, not `0`"),
        Some((Some(program), arguments)) => Outputs::Runs(Runs {
            program,
            arguments,
            times: times.unwrap_or(50),
            timeout: timeout.unwrap_or(TIME_LIMIT),
            judged: Mutex::default(),
        }),
        None if times.is_some() || timeout.is_some() => {
            return usage("--times and --timeout are for a program to run; name it behind `--`");
        }
        None if files.is_empty() => Outputs::Stdin,
        None => Outputs::Files(files),
    };
    let lesson = lesson.ok_or_else(|| Failure::Usage("name a lesson".to_owned()))?;
    Ok(Options {
        lesson,
        promises,
        outputs,
    })
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

fn check_one(judge: &Judge, output: &[u8]) -> Result<ExitCode, Failure> {
    let judgement = judge.judge(output);
    let mut words = in_words(&judgement);
    if judgement.verdict == (Verdict::Possible { unlikely: None }) {
        words += "; one output can prove a program wrong, never right: see --times";
    }
    cli::print(&format!("{words}\n"))?;
    Ok(Tally::of([&judgement.verdict]).status())
}

fn check_files(judge: &Judge, files: &[OsString]) -> Result<ExitCode, Failure> {
    let mut verdicts = Vec::new();
    for file in files {
        let words = match File::open(file).and_then(read) {
            Ok(output) => {
                let judgement = judge.judge(&output);
                let words = in_words(&judgement);
                verdicts.push(judgement.verdict);
                words
            }
            Err(reason) => {
                verdicts.push(Verdict::CannotBeJudged);
                format!("{} {reason}", style("cannot be read:").yellow())
            }
        };
        cli::print(&format!("{}: {words}\n", file.display()))?;
    }
    let tally = Tally::of(&verdicts);
    cli::print(&format!("{}\n", tally.line("")))?;
    Ok(tally.status())
}

fn check_runs(judge: &Judge, runs: &Runs) -> Result<ExitCode, Failure> {
    let times = number_of(runs.times, "time");
    let what = format!("running `{}` {times}", runs.program.display());
    let once = || runs.judge_one(judge);
    let runs = live(what, || side_by_side(runs.times, PER_CORE, once))?;
    let all = runs.len();
    let tally = Tally::of(runs.iter().map(|run| &run.judgement.verdict));

    // One run of each kind that is worth a look.
    let mut shown = BTreeMap::new();
    let mut unlikely = 0;
    let mut ends = BTreeMap::<_, usize>::new();
    let mut complaints = Vec::new();
    for run in &runs {
        match &run.judgement.verdict {
            Verdict::Possible { unlikely: None } => {}
            verdict => {
                unlikely += usize::from(kind(verdict) == 0);
                shown.entry(kind(verdict)).or_insert(run);
            }
        }
        if let Some(status) = &run.status {
            *ends.entry(status).or_default() += 1;
        }
        if !run.stderr.is_empty() {
            complaints.push(&run.stderr);
        }
    }
    let mut report = tally.line(&format!(" of {all}"));
    if unlikely > 0 {
        report += &format!(", {unlikely} of them unlikely because of the sleeps");
    }
    if tally.proves_nothing() {
        report += "; runs can prove a program wrong, never right";
    }
    report += "\n";
    for (status, times) in ends {
        report += &format!("{times} of {all} ended with {status}\n");
    }
    if let [complaint, ..] = &complaints[..] {
        let times = complaints.len();
        report += &format!("{times} of {all} wrote to standard error, one of them:\n");
        report += &format!("  {}\n", complaint.join("\n  "));
    }
    for run in shown.into_values() {
        report += &format!("\n{}\n", in_words(&run.judgement));
        if !run.stdout.is_empty() {
            report += "as one run printed:\n";
        }
        for (number, line) in (1..).zip(&run.stdout) {
            report += &format!("{number:>4}  {line}\n");
        }
    }
    cli::print(&report)?;
    Ok(cli::status(tally.proves_nothing()))
}

/// What came of one run of a program.
struct JudgedRun {
    judgement: Judgement,
    /// With which status it ended, if it did not go well.
    status: Option<String>,
    /// The first lines that it wrote.
    stdout: Vec<String>,
    stderr: Vec<String>,
}

impl Runs {
    /// Runs the program once, and judges what it prints.
    fn judge_one(&self, judge: &Judge) -> Result<JudgedRun, Failure> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        let run = program::run(command, self.timeout).map_err(|error| {
            let program = self.program.display();
            match error {
                StartError::Program(reason)
                    if matches!(
                        reason.kind(),
                        ErrorKind::NotFound | ErrorKind::PermissionDenied
                    ) =>
                {
                    Failure::Usage(format!(
                        "`{program}` cannot be run: {reason}; see whether it is there and may be run"
                    ))
                }
                error => Failure::Failed(format!("`{program}` cannot be run: {error}")),
            }
        })?;
        // Large outputs are judged one after another: that takes many times their room.
        let one_by_one = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        let mut judgement = match run.end {
            End::TooMuch => Judgement {
                verdict: Verdict::Impossible,
                faults: Vec::new(),
            },
            _ => judge.judge(run.whole_lines()),
        };
        drop(one_by_one);
        let (verdict, fault) = match &run.end {
            End::Ended(_) => (judgement.verdict.clone(), None),
            End::TimedOut(_) | End::StoodStill => {
                let limit = self.timeout.as_secs();
                let fault = format!(
                    "it still ran at the time limit of {limit} s and was killed; the lesson ends"
                );
                (Verdict::Impossible, Some(fault))
            }
            End::TooMuch => {
                let most = MOST_OUTPUT >> 20;
                let (verdict, whereto) = if run.stdout.len() as u64 >= MOST_OUTPUT {
                    (Verdict::Impossible, "")
                } else {
                    (Verdict::CannotBeJudged, " to standard error")
                };
                let fault =
                    format!("it wrote more than {most} MiB{whereto}, more than a lesson may");
                (verdict, Some(fault))
            }
            End::LeftOpen => {
                let fault = "it left a process behind that still holds its output; wait for every \
                             process that it starts";
                (Verdict::CannotBeJudged, Some(fault.to_owned()))
            }
        };
        judgement.verdict = verdict;
        judgement.faults.splice(..0, fault);
        let status = match &run.end {
            End::Ended(status) if !status.success() => Some(program::in_words(status)),
            _ => None,
        };
        Ok(JudgedRun {
            judgement,
            status,
            stdout: excerpt(&run.stdout),
            stderr: excerpt(&run.stderr),
        })
    }
}

/// The first lines of what a program wrote, without what a terminal would take for more
/// than text.
fn excerpt(written: &[u8]) -> Vec<String> {
    let first = &written[..written.len().min(MOST_BYTES)];
    let text = String::from_utf8_lossy(first);
    let mut lines: Vec<_> = text.lines().take(MOST_LINES).map(plain).collect();
    if first.len() < written.len() || text.lines().count() > lines.len() {
        lines.push("...".to_owned());
    }
    lines
}

fn plain(line: &str) -> String {
    let mut plain = String::new();
    for character in line.chars() {
        if character.is_control() {
            plain.extend(character.escape_default());
        } else {
            plain.push(character);
        }
    }
    plain
}

/// What is to be said of an output, with its faults below.
fn in_words(judgement: &Judgement) -> String {
    let verdict = match &judgement.verdict {
        Verdict::Possible { unlikely: None } => "possible".to_owned(),
        Verdict::Possible {
            unlikely: Some(why),
        } => format!("possible, but the sleeps make it unlikely:\n  {why}"),
        Verdict::PossibleForStd { because } => style(format!(
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

/// How many outputs there are of each kind.
struct Tally([usize; 4]);

const KINDS: [&str; 4] = [
    "possible",
    "possible for std and Python only",
    "impossible",
    "cannot be judged",
];

fn kind(verdict: &Verdict) -> usize {
    match verdict {
        Verdict::Possible { .. } => 0,
        Verdict::PossibleForStd { .. } => 1,
        Verdict::Impossible => 2,
        Verdict::CannotBeJudged => 3,
    }
}

impl Tally {
    fn of<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> Tally {
        let mut tally = Tally([0; 4]);
        for verdict in verdicts {
            tally.0[kind(verdict)] += 1;
        }
        tally
    }

    /// In a line: the possible ones, of `all` if that is said, and the others.
    fn line(&self, of_all: &str) -> String {
        let [possible, others @ ..] = self.0;
        let mut line = format!("{possible}{of_all} {}", KINDS[0]);
        for (number, kind) in others.into_iter().zip(&KINDS[1..]) {
            if number > 0 {
                line += &format!(", {number} {kind}");
            }
        }
        line
    }

    fn status(&self) -> ExitCode {
        let [_, others @ ..] = self.0;
        cli::status(others == [0; 3])
    }

    /// Whether these runs of one program prove nothing against it. Those that cannot be
    /// judged tell nothing.
    fn proves_nothing(&self) -> bool {
        let [possible, for_std, impossible, _] = self.0;
        possible > 0 && for_std + impossible == 0
    }
}
