//! A lesson as a whole program, from its first line to its exit status.

use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
    mem,
    panic::{self, AssertUnwindSafe, PanicHookInfo},
    process::ExitCode,
    sync::{Arc, OnceLock},
    thread::{self, ThreadId},
    time::Duration,
};

use crate::{
    clock::Clock,
    context::{Context, Phase, Program},
    error::{Error, end_panic, panic_message},
    main_thread::MainThread,
    output::Output,
    simulated_clock::SimulatedClock,
    trace::EventKind,
    trace_file::TraceFile,
};

/// How long simulated time may stand still after the end of a program that is traced.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the main thread does.
type Lesson<'a> = dyn FnOnce(&MainThread) -> Result<(), Error> + 'a;

/// The thread that has called [`run`].
static MAIN: OnceLock<ThreadId> = OnceLock::new();

/// Runs a lesson as a whole program on standard output.
///
/// Returns when the main thread has finished and every worker that is not a
/// daemon has. The caller is `main`, and returns the exit status at once: that
/// is what cuts the daemons off. A daemon that sleeps or joins does not wake any
/// more; one that works goes on until the OS ends it. None changes the exit status,
/// and none is heard on standard error.
///
/// # Errors
///
/// The exit status is 1 if `lesson` returned an error, it or a worker panicked, or
/// a line could not be written. Each of these is said in one line on standard
/// error; workers that still run are waited for all the same. Standard output
/// that was closed early (`| head -1`) is no error: the lesson ends quietly, with
/// status 0. The exit status is 2 if the variable [`Clock::VARIABLE`] names no
/// [`Clock`]; it is 1 if [`trace::VARIABLE`](crate::trace::VARIABLE) names a file
/// that cannot be written, and then nothing is printed.
///
/// A program runs one lesson. If it calls `run` again, be it inside of the lesson, the
/// second call does nothing but say so on standard error, and its exit status is 1.
///
/// # The trace
///
/// With the variable `LESSON_TRACE`, everything that happens is written to that file,
/// one event a line, in the order in which it happened. The module
/// [`trace`](crate::trace) reads it. A line holds, with a tab between them:
///
/// 1. the time by the lesson's clock, in nanoseconds since the beginning of the program
/// 2. the real time since then, in nanoseconds
/// 3. the thread's number: 0 is the main thread, and workers count from 1 in the order
///    of their starts
/// 4. the place of the call in the lesson's source that makes the event, such as
///    `main.rs:24`, or `-` if none there does, as with a worker's own lines
/// 5. one of these:
///
/// | event | the thread |
/// | --- | --- |
/// | `start N worker NAME`, `start N daemon NAME` | is about to start a worker or daemon, which is thread `N` |
/// | `started N` | goes on after that: the start line has been written |
/// | `line TEXT` | has printed a line |
/// | `sleep`, `wake` | begins and ends a [`sleep`](crate::sleep) |
/// | `join N`, `joined N` | waits for the end of thread `N`, and goes on after it |
/// | `end` | has come to its end |
/// | `exit` | ends the program: it is the main thread, and all that it waits for have ended |
/// | `endless` | goes on for so long after the end that what it would still do is not known |
///
/// The parts of an event have a tab between them too.
///
/// What comes after `exit` is cut off and was not printed. On the real clock that is
/// nothing. On the simulated clock it is all that the daemons would still have done: to
/// learn it, the trace lets them do it. They are not heard, and the exit status is
/// settled; but what else they do, such as writing a file, is done. A daemon that sleeps
/// a thousand times more is given up with the event `endless`; so are all, by the main
/// thread, if for two seconds none goes to sleep, joins or ends.
///
/// # Panics
///
/// Never. It sets the process's panic hook, so that a panic in any thread is
/// one line without a back-trace. (Rust aborts the program if what a panic drops panics
/// too.)
///
/// # Examples
///
/// ```
/// use std::process::ExitCode;
///
/// use worker_core::{Error, MainThread};
///
/// fn main() -> ExitCode {
///     worker_core::run(lesson)
/// }
///
/// fn lesson(main_thread: &MainThread) -> Result<(), Error> {
///     main_thread.print("main thread start")?;
///     main_thread.print("main thread end")
/// }
/// ```
#[must_use = "the exit status says whether the lesson went well"]
pub fn run(lesson: impl FnOnce(&MainThread) -> Result<(), Error>) -> ExitCode {
    if MAIN.set(thread::current().id()).is_err() {
        report(&format!(
            "{} called `worker_core::run` again; a program runs one lesson, so call it once, from \
             `main`",
            current()
        ));
        return ExitCode::FAILURE;
    }
    panic::set_hook(Box::new(|panic| report(&describe(panic))));
    let clock = match Clock::from_env() {
        Ok(clock) => clock,
        Err(error) => {
            report(&error);
            return ExitCode::from(2);
        }
    };
    match TraceFile::from_env() {
        Ok(trace) => run_traced(clock, Box::new(io::stdout()), trace, Box::new(lesson)),
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

/// Runs a lesson as [`run`] does, but on this clock, and writes its lines to
/// `output`.
///
/// What a daemon writes after the end goes nowhere. Its thread lives on in this
/// process, until it sleeps or joins, and then does nothing more. The panic hook stays
/// as it is.
///
/// # Errors
///
/// As [`run`].
///
/// # Panics
///
/// Not with the lesson, but with `output`, if that panics when it is dropped.
///
/// # Examples
///
/// ```
/// use std::{fs, process::ExitCode};
///
/// use worker_core::{Clock, run_to};
///
/// let path = std::env::temp_dir().join(format!("lesson-{}", std::process::id()));
/// let file = fs::File::create(&path)?;
/// let status = run_to(Clock::Simulated, file, |main_thread| main_thread.print("main thread start"));
/// assert_eq!(status, ExitCode::SUCCESS);
/// assert_eq!(fs::read_to_string(&path)?, "main thread start\n");
/// # fs::remove_file(path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "the exit status says whether the lesson went well"]
pub fn run_to(
    clock: Clock,
    output: impl Write + Send + 'static,
    lesson: impl FnOnce(&MainThread) -> Result<(), Error>,
) -> ExitCode {
    run_traced(clock, Box::new(output), None, Box::new(lesson))
}

/// Runs a lesson as [`run_to`] does, and writes what happens to `trace`. With boxes it is
/// compiled once, and not again with every lesson.
pub(crate) fn run_traced(
    clock: Clock,
    output: Box<dyn Write + Send>,
    trace: Option<TraceFile>,
    lesson: Box<Lesson<'_>>,
) -> ExitCode {
    let clock = match clock {
        Clock::Real => None,
        Clock::Simulated => Some(Arc::new(SimulatedClock::new())),
    };
    let output = Output::new(output, trace, clock.clone());
    let program = Arc::new(Program::new(output, clock));
    let main = Context {
        program: Arc::clone(&program),
        thread: 0,
    };
    let before = Context::enter(Some(main.clone()));
    let main_thread = MainThread::new(main.clone());
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| lesson(&main_thread)));
    Context::enter(before);
    main.record(None, || EventKind::End);
    let finished = match outcome {
        // The output's own error is reported below, where the workers' lines have been
        // tried too.
        Ok(Ok(()) | Err(Error::Output { .. })) => true,
        // A panic has been reported by the hook.
        Ok(Err(Error::Panicked { .. })) => false,
        Ok(Err(error)) => {
            report(&error);
            false
        }
        Err(payload) => {
            end_panic(payload);
            false
        }
    };
    main_thread.wait_for_workers();
    let panicked = end(&main);

    let unwritten = match program.output.check() {
        // Whoever read the output has seen enough.
        Err(Error::Output { reason }) if reason.kind() == ErrorKind::BrokenPipe => None,
        result => result.err().map(|error| error.to_string()),
    };
    let untraced = program.output.end_trace().err();
    for reason in [&unwritten, &untraced].into_iter().flatten() {
        report(reason);
    }
    if finished && unwritten.is_none() && untraced.is_none() && !panicked {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Cuts the daemons off, once the trace knows what they would still have done, and
/// returns whether a worker has panicked before.
fn end(main: &Context) -> bool {
    let program = &main.program;
    // On the real clock nobody waits for that.
    let traced = program
        .clock
        .as_ref()
        .filter(|_| program.output.is_traced());
    let over = match traced {
        Some(_) => Phase::Traced,
        None => Phase::CutOff,
    };
    let before = mem::replace(&mut *program.phase(), over);
    program.output.end();
    if let Some(clock) = traced {
        // Else time would stand still for them.
        clock.leave();
        if !clock.wait_until_nobody_sleeps(PATIENCE) {
            main.record(None, || EventKind::Endless);
        }
        *program.phase() = Phase::CutOff;
    }
    before == Phase::Running { panicked: true }
}

fn describe(panic: &PanicHookInfo<'_>) -> String {
    let place = panic
        .location()
        .map(|place| format!(" at {place}"))
        .unwrap_or_default();
    let message = panic_message(panic.payload());
    format!("{} panicked{place}: {message}", current())
}

/// The calling thread, as a message names it.
fn current() -> String {
    let thread = thread::current();
    let is_worker = Context::current().is_some_and(|context| context.thread > 0);
    match thread.name() {
        _ if MAIN.get() == Some(&thread.id()) => "the main thread".to_owned(),
        Some(name) if is_worker => format!("worker `{name}`"),
        Some(name) => format!("thread `{name}`"),
        None => "a thread without a name".to_owned(),
    }
}

/// Says on standard error what went wrong, unless on a daemon that has been cut off.
fn report(what: &dyn Display) {
    let context = Context::current();
    let phase = context.as_ref().map(|context| context.program.phase());
    if phase.is_none_or(|phase| matches!(*phase, Phase::Running { .. })) {
        // Standard error is the last resort: there is nowhere to say that it failed.
        let _ = io::stderr().write_all(format!("error: {what}\n").as_bytes());
    }
}
