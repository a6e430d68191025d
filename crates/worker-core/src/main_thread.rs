//! The main thread's side: its lines, starting, and the end of the program.

use std::{
    cell::Cell,
    io::{self, ErrorKind, Write},
    panic::{self, AssertUnwindSafe, PanicHookInfo},
    process::ExitCode,
    thread,
};

use crate::{
    Clock, Error, Worker, WorkerHandle,
    error::{end_panic, panic_message},
    output::Output,
    program::{Member, Program},
    simulated::Simulated,
    sync::{
        Arc, WaitGroup,
        atomic::{AtomicBool, Ordering},
    },
    trace::{Event, Trace},
    worker,
};

/// Runs a lesson as a whole program on standard output.
///
/// Returns when the main thread has finished and every worker that is not a
/// daemon has. The caller is `main`, and returns the exit status at once: that
/// is what cuts the daemons off.
///
/// # Errors
///
/// The exit status is 1 if `lesson` returned an error, it or a worker panicked, or
/// a line could not be written. Each of these is said in one line on standard
/// error; workers that still run are waited for all the same. Standard output
/// that was closed early (`| head -1`) is no error: the lesson ends quietly, with
/// status 0. The exit status is 2 if the variable `LESSON_CLOCK` names no
/// [`Clock`]; it is 1 if `LESSON_TRACE` names a file that cannot be written, and
/// then nothing is printed.
///
/// # The trace
///
/// With the variable `LESSON_TRACE`, everything that happens is written to that file,
/// one event a line, in the order in which it happened. A line holds, with a tab
/// between them, the time in nanoseconds since the beginning of the program, the
/// thread's number (0 is the main thread, and workers count from 1 in the order of
/// their starts), and one of these:
///
/// | event | the thread |
/// | --- | --- |
/// | `start N worker NAME`, `start N daemon NAME` | is about to start a worker or daemon, which is thread `N` |
/// | `started N` | goes on after that: the start line has been written |
/// | `line TEXT` | has printed a line |
/// | `sleep`, `wake` | begins and ends a [`sleep`](crate::sleep) |
/// | `join N`, `joined N` | waits for the end of thread `N`, and goes on after it |
/// | `end` | has come to its end |
/// | `exit` | ends the program: it is the main thread, and all have ended whom it waits for |
///
/// What comes after `exit` is cut off and was not printed. On the simulated clock that
/// is all that the daemons would still have done. A daemon that sleeps a thousand times
/// more is given up with the event `endless`; so are all, by the main thread, if for two
/// seconds one neither sleeps nor ends.
///
/// # Panics
///
/// Never. It sets the process's panic hook, so that a panic in any thread is
/// one line without a back-trace.
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
    let main = thread::current().id();
    panic::set_hook(Box::new(move |panic| {
        report(&describe(panic, thread::current().id() == main));
    }));
    let clock = match Clock::from_env() {
        Ok(clock) => clock,
        Err(error) => {
            report(&error);
            return ExitCode::from(2);
        }
    };
    match Trace::from_env() {
        Ok(trace) => run_traced(clock, io::stdout(), trace, lesson),
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

/// Runs a lesson as [`run`] does, but on this clock, and writes its lines to
/// `output`.
///
/// What a daemon writes after the end goes nowhere, although its thread lives
/// on in this process. The panic hook stays as it is.
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
    run_traced(clock, output, None, lesson)
}

/// Runs a lesson as [`run_to`] does, and writes what happens to `trace`.
pub(crate) fn run_traced(
    clock: Clock,
    output: impl Write + Send + 'static,
    trace: Option<Trace>,
    lesson: impl FnOnce(&MainThread) -> Result<(), Error>,
) -> ExitCode {
    let simulated = match clock {
        Clock::Real => None,
        Clock::Simulated => Some(Arc::new(Simulated::default())),
    };
    let counted = simulated.as_ref().map(Simulated::main_thread);
    let trace = trace.map(|trace| trace.go_by(simulated.clone()));
    let program = Program {
        output: Output::new(output, trace),
        simulated,
        panicked: AtomicBool::new(false),
    };
    let main = Member {
        program: Arc::new(program),
        number: 0,
    };
    let before = Member::enter(Some(main.clone()));
    let main_thread = MainThread {
        member: main.clone(),
        workers: Cell::new(0),
        running: WaitGroup::new(),
    };
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| lesson(&main_thread)));
    Member::enter(before);
    main.record(Event::End);
    // A panic has been reported by the hook, and the output's own error is
    // reported below, where the workers' lines have been tried too.
    if let Ok(Err(error @ (Error::Name { .. } | Error::Start { .. }))) = &outcome {
        report(error);
    }

    let program = &main.program;
    if let Some(simulated) = &program.simulated {
        simulated.end_of_program().wait();
    }
    main_thread.running.wait();
    program.output.end();
    // Only now may time go on for the daemons.
    drop(counted);
    if let Some(simulated) = &program.simulated
        && program.output.is_traced()
        && !simulated.wait_until_nobody_sleeps()
    {
        main.record(Event::Endless);
    }

    let mut written = true;
    for result in [program.output.check(), program.output.end_trace()] {
        match result {
            Err(Error::Output { reason }) if reason.kind() == ErrorKind::BrokenPipe => {
                // Whoever read the output has seen enough.
            }
            Err(error) => {
                report(&error);
                written = false;
            }
            Ok(()) => {}
        }
    }
    let finished = match outcome {
        Ok(Ok(()) | Err(Error::Output { .. })) => true,
        Ok(Err(_)) => false,
        Err(payload) => {
            end_panic(payload);
            false
        }
    };
    if finished && written && !program.panicked.load(Ordering::Acquire) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The main thread of a lesson: it prints its own lines and starts workers.
///
/// [`run`] and [`run_to`] make it and give it to the lesson; nothing else can, so
/// there is no worker that the end of the program does not know of. It stays on the
/// main thread:
///
/// ```compile_fail,E0277
/// # use worker_core::{Error, MainThread};
/// fn lesson(main_thread: &MainThread) -> Result<(), Error> {
///     std::thread::scope(|scope| {
///         // error: `Cell<u64>` cannot be shared between threads safely
///         scope.spawn(|| main_thread.print("main thread, or is it?"));
///     });
///     Ok(())
/// }
/// ```
///
/// # Examples
///
/// ```
/// use worker_core::{Error, MainThread, Worker};
///
/// fn lesson(main_thread: &MainThread) -> Result<(), Error> {
///     main_thread.print("main thread start")?;
///     main_thread.start(Worker::new("1", || {}))?;
///     main_thread.print("main thread end")
/// }
/// # assert_eq!(worker_core::run(lesson), std::process::ExitCode::SUCCESS);
/// ```
pub struct MainThread {
    member: Member,
    /// How many workers there have been. That it is a cell keeps other threads out.
    workers: Cell<u64>,
    running: WaitGroup,
}

impl MainThread {
    /// Prints one line, in one piece.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] if this line or an earlier one could not be written.
    ///
    /// # Examples
    ///
    /// ```
    /// let status = worker_core::run(|main_thread| main_thread.print("main thread start"));
    /// assert_eq!(status, std::process::ExitCode::SUCCESS);
    /// ```
    pub fn print(&self, line: &str) -> Result<(), Error> {
        self.member.print(line)
    }

    /// Starts a worker, and returns once its start line has been written.
    ///
    /// # Errors
    ///
    /// - [`Error::Name`] if the worker's name is empty, has a blank at either
    ///   end, or holds a control character such as a line break.
    /// - [`Error::Start`] if the OS would not start the thread. Workers that
    ///   have been started go on.
    /// - [`Error::Output`] if a line could not be written, this worker's or
    ///   another's. A worker whose start line could not be written does not work.
    ///
    /// # Examples
    ///
    /// ```
    /// use worker_core::{Error, MainThread, Worker};
    ///
    /// fn lesson(main_thread: &MainThread) -> Result<(), Error> {
    ///     for n in 0..5 {
    ///         main_thread.start(Worker::new(format!("thread {n}"), || {}))?;
    ///     }
    ///     main_thread.print("main thread end")
    /// }
    /// # assert_eq!(worker_core::run(lesson), std::process::ExitCode::SUCCESS);
    /// ```
    pub fn start(&self, worker: Worker) -> Result<WorkerHandle, Error> {
        let number = self.workers.get() + 1;
        self.workers.set(number);
        worker::start(worker, &self.member, number, &self.running)
    }
}

fn describe(panic: &PanicHookInfo<'_>, on_main_thread: bool) -> String {
    let thread = thread::current();
    let who = match thread.name() {
        _ if on_main_thread => "the main thread".to_owned(),
        Some(name) => format!("worker `{name}`"),
        None => "a thread without a name".to_owned(),
    };
    let place = panic
        .location()
        .map(|place| format!(" at {place}"))
        .unwrap_or_default();
    format!("{who} panicked{place}: {}", panic_message(panic.payload()))
}

fn report(what: &dyn std::fmt::Display) {
    // Standard error is the last resort: there is nowhere to say that it failed.
    let _ = io::stderr().write_all(format!("error: {what}\n").as_bytes());
}
