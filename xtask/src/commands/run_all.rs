//! `cargo xtask run-all`: runs the lessons and proves what they print.

use std::{
    io, panic,
    path::Path,
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use worker_core::Clock;

use crate::{
    cli::{self, Failure, in_ci},
    lesson::{
        built::BuiltLesson,
        program::{self, Run, TIME_LIMIT},
        report::{LiveLine, Report},
        snapshot::{self, Update},
        verdict::{Verdict, judge},
        workspace::Workspace,
    },
};

pub(crate) const HELP: &str = "\
Run lessons side by side and compare what they print with their snapshots.

Usage: cargo xtask run-all [OPTION]... [LESSON]...

Arguments:
  [LESSON]...      the lessons to run, by name; all of them if none is named

Options:
      --simulated  run on the simulated clock, on which a sleep takes no time
      --accept     accept what differs from the snapshots
      --timeout SECONDS
                   stop a lesson that still runs after this time [default: 60]
  -h, --help       print this help

A lesson has two snapshots, in the folder `snapshots/` of its own: `output`,
the normal form of what it prints, which stands for all outputs that differ
only in the order that luck gives to the workers between two lines of the main
thread; and `guarantees`, the pairs of lines of which one comes before the
other on every run, which the lesson's trace tells. With the variable CI set,
nothing is written. To see what luck decides, each lesson is run a few times
more on the simulated clock.

Examples:
  cargo xtask run-all --simulated
  cargo xtask run-all fork-join join-loop --simulated

Exit status: 0 if all lessons passed, 1 if one failed, 2 for wrong usage.
";

/// What `run-all` was asked to do.
struct Options {
    /// The names of the lessons to run; all of them if empty.
    lessons: Vec<String>,
    clock: Clock,
    update: Update,
    timeout: Duration,
}

/// Runs the command.
///
/// # Errors
///
/// If it is used wrongly, or the lessons cannot be found or built at all.
pub(crate) fn run_all(arguments: &mut lexopt::Parser) -> Result<ExitCode, Failure> {
    let options = parse(arguments)?;
    let workspace = Workspace::build(&options.lessons)?;
    let lessons = &workspace.lessons;
    let strays = if options.lessons.is_empty() {
        snapshot::strays(&workspace)?
    } else {
        Vec::new()
    };

    let mut report = Report::new();
    let start = Instant::now();
    let failed = thread::scope(|scope| {
        let mut running = Vec::new();
        for lesson in lessons {
            let line = report.live_line(&lesson.name);
            let runner = thread::Builder::new().spawn_scoped(scope, {
                let (line, root) = (line.clone(), &workspace.root);
                move || {
                    let program = lesson.program.as_ref()?;
                    let run = run_lesson(program, options.clock, options.timeout, &line);
                    let traced = |first| BuiltLesson::new(&lesson.name, program).traced(first);
                    Some(judge(lesson, run, traced, options.update, root))
                }
            });
            running.push((lesson, line, runner.map_err(no_thread)?));
        }
        let mut failed = Vec::new();
        for (lesson, line, runner) in running {
            let verdict = runner
                .join()
                .unwrap_or_else(|panic| panic::resume_unwind(panic))
                .unwrap_or_else(Verdict::not_built);
            line.clear();
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
    Ok(cli::status(failed.is_empty() && strays.is_empty()))
}

/// Runs one lesson's program.
fn run_lesson(
    program: &Path,
    clock: Clock,
    timeout: Duration,
    line: &LiveLine,
) -> Result<Run, String> {
    let run = program::run_lesson(program, clock, timeout, line.show_last())
        .map_err(|reason| reason.to_string());
    line.ended();
    run
}

fn no_thread(reason: io::Error) -> Failure {
    Failure::Failed(format!(
        "the OS starts no more threads: {reason}; run fewer lessons at a time, or raise the limit"
    ))
}

fn parse(arguments: &mut lexopt::Parser) -> Result<Options, Failure> {
    use lexopt::prelude::*;

    let mut options = Options {
        lessons: Vec::new(),
        clock: Clock::Real,
        update: if in_ci() {
            Update::Nothing
        } else {
            Update::Pending
        },
        timeout: TIME_LIMIT,
    };
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("accept") if in_ci() => {
                return Err(Failure::Usage(
                    "--accept writes snapshots, and nothing is written with CI set; accept \
                     without CI and commit the snapshot"
                        .to_owned(),
                ));
            }
            Long("simulated") => options.clock = Clock::Simulated,
            Long("accept") => options.update = Update::Accept,
            Long("timeout") => options.timeout = cli::time_limit(&arguments.value()?.string()?)?,
            Value(lesson) => options.lessons.push(lesson.string()?),
            _ => return Err(cli::unexpected(argument)),
        }
    }
    Ok(options)
}
