//! `cargo xtask run-all`: runs the lessons and proves what they print.

use std::{
    fmt::Write as _,
    path::Path,
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use crate::{
    Failure, in_ci,
    lessons::{self, Lesson},
    normal_form::normal_form,
    program::{self, End, MOST_OUTPUT, Run},
    report::{Report, Verdict, human, relative, show_last_line},
    snapshot::{self, Update},
};

pub(crate) const HELP: &str = "\
Run lessons side by side and compare what they print with their snapshots.

Usage: cargo xtask run-all [LESSON]... [--accept] [--timeout SECONDS]

Arguments:
  [LESSON]...          the lessons to run, by name; all of them if none is named

Options:
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
        snapshot::strays(&workspace.lessons)?
    } else {
        Vec::new()
    };
    let programs = lessons::build(&lessons)?;

    let mut report = Report::new();
    let start = Instant::now();
    let failed = thread::scope(|scope| {
        let running: Vec<_> = lessons
            .iter()
            .map(|lesson| {
                let program = programs.get(&lesson.name);
                let line = report.live_line(&lesson.name);
                let timeout = options.timeout;
                let runner = scope.spawn({
                    let line = line.clone();
                    move || {
                        let program = program?;
                        let run = program::run(program, timeout, show_last_line(line.clone()));
                        line.abandon_with_message("ended");
                        Some(run)
                    }
                });
                (lesson, line, runner)
            })
            .collect();
        let mut failed = Vec::new();
        for (lesson, line, runner) in running {
            let run = runner
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            line.finish_and_clear();
            let verdict = judge(lesson, run.as_ref(), options.update, &workspace.root);
            report.lesson(lesson, run.as_ref(), &verdict);
            if !verdict.passed() {
                failed.push(lesson.name.as_str());
            }
        }
        failed
    });
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

/// The options, or nothing if help is asked for.
fn parse(arguments: &mut lexopt::Parser) -> Result<Option<Options>, Failure> {
    use lexopt::prelude::*;

    let mut options = Options {
        lessons: Vec::new(),
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

/// Judges one run of a lesson. An output is compared with its snapshot only if
/// nothing else is wrong with the run: no other is worth accepting.
///
/// Runs on the main thread, lesson by lesson.
fn judge(lesson: &Lesson, run: Option<&Run>, update: Update, root: &Path) -> Verdict {
    let mut verdict = Verdict {
        complaints: Vec::new(),
        difference: String::new(),
    };
    let complaints = &mut verdict.complaints;
    let Some(run) = run else {
        complaints.push("it does not build; see cargo's message above".to_owned());
        return verdict;
    };
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
        End::Failed(error) => complaints.push(format!("it could not be run: {error}")),
    }
    if run.stdout.len() as u64 == MOST_OUTPUT {
        complaints.push(format!(
            "it printed more than {} MiB; what came after that is lost",
            MOST_OUTPUT >> 20
        ));
    }
    if !run.stderr.is_empty() {
        let mut complaint =
            "it wrote to standard error, where a lesson writes only what went wrong:".to_owned();
        for line in String::from_utf8_lossy(&run.stderr).lines() {
            let _ = write!(complaint, "\n    {line}");
        }
        complaints.push(complaint);
    }
    let normal = match normal_form(&run.stdout) {
        Ok(normal) if complaints.is_empty() => normal,
        Ok(_) => return verdict,
        Err(bad_line) => {
            complaints.push(bad_line.to_string());
            return verdict;
        }
    };
    let snapshot = snapshot::file(lesson);
    let accepted = snapshot.exists();
    match snapshot::compare(lesson, &normal, update, root) {
        Ok(comparison) => {
            verdict.difference = comparison.difference;
            if !comparison.passed {
                let what = if accepted {
                    "its normal form differs from"
                } else {
                    "it has no"
                };
                complaints.push(format!(
                    "{what} {}; read the difference above, then accept it with `cargo xtask \
                     run-all {} --accept`{}",
                    relative(&snapshot, root),
                    lesson.name,
                    if update == Update::Pending {
                        " or `cargo insta review`"
                    } else {
                        ""
                    },
                ));
            }
        }
        Err(error) => complaints.push(format!("its snapshot could not be compared: {error}")),
    }
    verdict
}
