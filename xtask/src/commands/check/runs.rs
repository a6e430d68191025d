//! Running a program many times, and judging each run by what it printed.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    hash::{BuildHasher, RandomState},
    io::ErrorKind,
    path::Path,
    process::{Command, ExitCode},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use xtask::order::judgement::{Judge, Judgement, Verdict};

use crate::{
    cli::{self, Failure, human, live::live, lock, number_of, plain},
    commands::check::verdicts::{self, KINDS, counts, kind_of, say, summary},
    lesson::{
        process::StartError,
        program::{self, End, MOST_LINES, Run, excerpt, in_words},
        repeat::side_by_side,
    },
};

/// How many programs run at once for each processor core. They mostly sleep.
const PER_CORE: usize = 8;

/// How many lines are shown of what a run printed.
const MOST_SHOWN: usize = 40;

/// What came of one run of a program.
struct CommandRun {
    judgement: Judgement,
    /// With which status it ended, if it did not go well.
    status: Option<String>,
    time: Duration,
    /// Two that printed the same have the same.
    hash: u64,
    /// The first lines that it printed.
    stdout: Vec<String>,
    stderr: Vec<String>,
}

/// Runs a command so many times, and says what came of it.
///
/// # Errors
///
/// If it cannot be run.
pub(super) fn check_runs(
    judge: &Judge,
    command: &[OsString],
    times: usize,
    timeout: Duration,
) -> Result<ExitCode, Failure> {
    let is_judging = Mutex::new(());
    let was_stopped = AtomicBool::new(false);
    let hashes = RandomState::new();
    let once = || {
        // The others may take as long, and one that ran without end is enough.
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
        Ok::<_, Failure>(Some(CommandRun {
            judgement,
            status,
            time: run.time,
            hash: hashes.hash_one(&run.stdout),
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
    let passed = all == times && likely + unlikely > 0 && for_std + impossible == 0;
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
    let took = || runs.iter().map(|run| run.time);
    if let Some((least, most)) = took().min().zip(took().max()) {
        let [least, most, lesson] = [least, most, judge.time()].map(human);
        let to = if least == most {
            String::new()
        } else {
            format!(" to {most}")
        };
        say(&format!("each took {least}{to}; the lesson takes {lesson}"))?;
    }
    if all < times {
        say(&format!(
            "{} not begun, since one went beyond a limit",
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
        say(&format!("\n{}", verdicts::words(&run.judgement)))?;
        if !run.stdout.is_empty() {
            say("as one run printed:")?;
        }
        for (number, line) in (1..).zip(&run.stdout) {
            // What tells of the lines that are left out is none.
            let number = (number <= MOST_SHOWN).then(|| number.to_string());
            let number = number.unwrap_or_default();
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
        faults.extend(judge.faults_of_beginning(&run.stdout));
    }
    Judgement { verdict, faults }
}
