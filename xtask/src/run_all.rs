//! `cargo xtask run-all`: runs the lessons and proves what they print.

use std::{
    fmt::Write as _,
    io, panic,
    path::Path,
    process::{Command, ExitCode},
    thread,
    time::{Duration, Instant},
};

use crate::{
    Failure, in_ci,
    lessons::{self, Lesson},
    normal_form::normal_form,
    program::{self, End, MOST_OUTPUT, Run},
    report::{LiveLine, Report, Verdict, human, relative},
    snapshot::{self, Update},
};

pub(crate) const HELP: &str = "\
Run lessons side by side and compare what they print with their snapshots.

Usage: cargo xtask run-all [LESSON]... [--simulated] [--accept] [--timeout SECONDS]

Arguments:
  [LESSON]...          the lessons to run, by name; all of them if none is named

Options:
      --simulated      run on the simulated clock, on which a sleep takes no time
      --accept         accept the outputs that differ from their snapshots
      --timeout SECONDS
                       stop a lesson that still runs after this time [default: 60]
  -h, --help           print this help

A snapshot holds the normal form of a lesson's output: between two lines of the
main thread, the workers' lines may come in any order. It lies in the lesson's
own folder, in `snapshots/`. With the variable CI set, nothing is written.

Exit status: 0 if all lessons passed, 1 if one failed, 2 for wrong usage.
";

/// What `run-all` was asked to do.
struct Options {
    /// The names of the lessons to run; all of them if empty.
    lessons: Vec<String>,
    /// What to set `LESSON_CLOCK` to.
    clock: &'static str,
    update: Update,
    timeout: Duration,
}

/// Runs the command.
///
/// # Errors
///
/// If it is used wrongly, or the lessons cannot be found or built at all.
pub(crate) fn run(arguments: &mut lexopt::Parser) -> Result<ExitCode, Failure> {
    let Some(options) = parse(arguments)? else {
        return crate::print(HELP);
    };
    let workspace = lessons::find()?;
    let lessons = select(&workspace.lessons, &options.lessons)?;
    let strays = if options.lessons.is_empty() {
        snapshot::strays(&workspace)?
    } else {
        Vec::new()
    };
    let programs = lessons::build(&lessons)?;

    let mut report = Report::new();
    let start = Instant::now();
    let failed = thread::scope(|scope| {
        let mut running = Vec::new();
        for lesson in &lessons {
            let line = report.live_line(&lesson.name);
            let program = programs.get(&lesson.name);
            let runner = thread::Builder::new().spawn_scoped(scope, {
                let line = line.clone();
                move || run_lesson(program?, options.clock, options.timeout, &line)
            });
            running.push((lesson, line, runner.map_err(no_thread)?));
        }
        let mut failed = Vec::new();
        for (lesson, line, runner) in running {
            let run = runner
                .join()
                .unwrap_or_else(|panic| panic::resume_unwind(panic));
            line.clear();
            let verdict = judge(lesson, run, options.update, &workspace.root);
            report.lesson(lesson, &verdict);
            if !verdict.passed() {
                failed.push(lesson.name.as_str());
            }
        }
        Ok::<_, Failure>(failed)
    })?;
    let time = start.elapsed();
    report.strays(&strays, &workspace.root);
    report.summary(lessons.len(), &failed, strays.len(), time);
    report.finish()?;
    let passed = failed.is_empty() && strays.is_empty();
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs one lesson's program; none, if it has not built.
fn run_lesson(
    program: &Path,
    clock: &str,
    timeout: Duration,
    line: &LiveLine,
) -> Option<io::Result<Run>> {
    let mut command = Command::new(program);
    command.env("LESSON_CLOCK", clock);
    let run = program::run(command, timeout, line.show_last());
    line.ended();
    Some(run)
}

fn no_thread(reason: io::Error) -> Failure {
    Failure::Failed(format!(
        "the OS starts no more threads: {reason}; run fewer lessons at a time, or raise the limit"
    ))
}

/// The options, or nothing if help is asked for.
fn parse(arguments: &mut lexopt::Parser) -> Result<Option<Options>, Failure> {
    use lexopt::prelude::*;

    let mut options = Options {
        lessons: Vec::new(),
        clock: "real",
        update: if in_ci() {
            Update::Nothing
        } else {
            Update::Pending
        },
        timeout: Duration::from_secs(60),
    };
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("accept") if in_ci() => {
                return Err(Failure::Usage(
                    "--accept writes snapshots, and nothing is written with CI set; accept \
                     without CI and commit the snapshot"
                        .to_owned(),
                ));
            }
            Long("simulated") => options.clock = "simulated",
            Long("accept") => options.update = Update::Accept,
            Long("timeout") => options.timeout = seconds(&arguments.value()?.string()?)?,
            Value(lesson) => options.lessons.push(lesson.string()?),
            _ => return Err(argument.unexpected().into()),
        }
    }
    Ok(Some(options))
}

fn seconds(value: &str) -> Result<Duration, Failure> {
    match value.parse::<u32>() {
        Ok(seconds @ 1..) => Ok(Duration::from_secs(seconds.into())),
        _ => Err(Failure::Usage(format!(
            "--timeout takes a whole number of seconds from 1 to {}, not `{value}`",
            u32::MAX
        ))),
    }
}

/// The lessons of these names in the order of their chapters; all for no name.
fn select<'a>(lessons: &'a [Lesson], names: &[String]) -> Result<Vec<&'a Lesson>, Failure> {
    let known: Vec<&str> = lessons.iter().map(|lesson| lesson.name.as_str()).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        let nearest = known
            .iter()
            .min_by_key(|known| strsim::osa_distance(unknown, known));
        return Err(Failure::Usage(format!(
            "there is no lesson `{unknown}`; did you mean `{}`? the lessons are {}",
            nearest.unwrap_or(&""),
            known.join(", ")
        )));
    }
    let selected = |lesson: &&Lesson| names.is_empty() || names.contains(&lesson.name);
    Ok(lessons.iter().filter(selected).collect())
}

/// Judges one run of a lesson, on the main thread. An output is compared with its
/// snapshot only if nothing else is wrong with the run: no other is worth
/// accepting.
fn judge(lesson: &Lesson, run: Option<io::Result<Run>>, update: Update, root: &Path) -> Verdict {
    let mut verdict = Verdict::default();
    match run {
        None => verdict
            .complaints
            .push("it does not build; see cargo's message above".to_owned()),
        Some(Err(error)) => verdict.complaints.push(format!(
            "it could not be run: {error}; see whether the machine is out of processes, threads or \
             files"
        )),
        Some(Ok(run)) => {
            verdict.complaints = complaints(&run);
            match normal_form(&run.stdout) {
                Ok(normal) if verdict.passed() => {
                    compare(&mut verdict, lesson, &normal, update, root);
                }
                Ok(_) => {}
                Err(bad_line) => verdict.complaints.push(bad_line.to_string()),
            }
            verdict.run = Some(run);
        }
    }
    verdict
}

/// What is wrong with a run, whatever it should have printed.
fn complaints(run: &Run) -> Vec<String> {
    let mut complaints = Vec::new();
    match &run.end {
        End::Ended(status) if status.success() => {}
        End::Ended(status) => {
            let status = match status.code() {
                Some(code) => format!("status {code}"),
                None => status.to_string(),
            };
            complaints.push(format!(
                "it ended with {status}; a lesson that went well ends with status 0"
            ));
        }
        End::TimedOut => complaints.push(format!(
            "it still ran after {} and was killed; above is its output so far",
            human(run.time)
        )),
        End::LeftOpen => complaints.push(
            "it ended, but left a process behind that still holds its output; wait for every \
             process that it starts"
                .to_owned(),
        ),
        End::TooMuch => complaints.push(format!(
            "it wrote more than {} MiB; what came after that is lost",
            MOST_OUTPUT >> 20
        )),
    }
    if run.stdout.is_empty() {
        complaints.push("it printed nothing".to_owned());
    }
    if !run.stderr.is_empty() {
        let mut complaint =
            "it wrote to standard error, where a lesson writes only what went wrong:".to_owned();
        for line in String::from_utf8_lossy(&run.stderr).lines() {
            let _ = write!(complaint, "\n    {line}");
        }
        complaints.push(complaint);
    }
    complaints
}

/// Compares a normal form with the lesson's snapshot.
fn compare(verdict: &mut Verdict, lesson: &Lesson, normal: &str, update: Update, root: &Path) {
    let snapshot = snapshot::file(lesson);
    let accepted = snapshot.exists();
    let path = relative(&snapshot, root);
    match snapshot::compare(lesson, normal, update, root) {
        Ok(comparison) => {
            verdict.accepted = update == Update::Accept && !comparison.difference.is_empty();
            verdict.difference = comparison.difference;
            if !comparison.passed {
                let what = if accepted {
                    "its normal form differs from"
                } else {
                    "it has no"
                };
                let review = if update == Update::Pending {
                    " or `cargo insta review`"
                } else {
                    ""
                };
                verdict.complaints.push(format!(
                    "{what} {path}; read the difference above, and if it is meant, accept it with \
                     `cargo xtask run-all {} --accept`{review}",
                    lesson.name,
                ));
            }
        }
        Err(error) => verdict.complaints.push(format!(
            "its output could not be compared with {path}: {error}; see whether insta can read and \
             write there"
        )),
    }
}
