//! The promises and the simulated clock, in the orders that the threads can run in.
//! `cargo xtask model` runs this.
//!
//! Every order of a whole lesson with two workers that are waited for is more than
//! a machine tries in five minutes. There the orders with few preemptions are
//! tried, and a daemon takes the worker's place where only its start or join
//! matters.

use std::{
    env, fs,
    panic::resume_unwind,
    process::{self, ExitCode},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{
    Clock,
    Error,
    MainThread,
    Worker,
    // Its lock is std's: loom need not try orders that the lock of the output rules out.
    captured_output::CapturedOutput,
    context::Context,
    run::{run_to, run_traced},
    simulated_clock::{EndOf, SimulatedClock},
    sleep,
    sync::NOT_STARTED,
    trace_file::TraceFile,
};

const SECOND: Duration = Duration::from_secs(1);

/// Runs a model in every order, or in every one with at most so many preemptions,
/// and says how many there were.
fn explore(name: &str, preemptions: Option<usize>, model: impl Fn() + Sync + Send + 'static) {
    let orders = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&orders);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    });
    let orders = orders.load(Ordering::Relaxed);
    let bound = match preemptions {
        Some(most) => format!("with at most {most} preemptions"),
        None => "all there are".to_owned(),
    };
    println!("{name}: {orders} interleavings, {bound}");
}

fn has(captured: &CapturedOutput, line: &str) -> bool {
    captured.lines().iter().any(|printed| printed == line)
}

/// Explores a lesson, and `check`s its output in each order.
///
/// The lesson says whether all was well so far: an assertion inside of it would
/// be one more panic that the program survives.
fn explore_lesson(
    name: &str,
    preemptions: Option<usize>,
    clock: Clock,
    status: ExitCode,
    lesson: fn(&MainThread, &CapturedOutput) -> Result<bool, Error>,
    check: fn(&[String]) -> bool,
) {
    explore(name, preemptions, move || {
        let captured = CapturedOutput::default();
        let mut well = false;
        let ended = run_to(clock, captured.clone(), |main_thread| {
            well = lesson(main_thread, &captured)?;
            Ok(())
        });
        let lines = captured.lines();
        assert!(well && ended == status && check(&lines), "{lines:?}");
    });
}

#[test]
fn start_returns_after_the_start_line() {
    explore_lesson(
        "start",
        None,
        Clock::Real,
        ExitCode::SUCCESS,
        |main_thread, captured| {
            main_thread.start(Worker::new("1", || {}).daemon())?;
            let first = has(captured, "sub thread start  1");
            main_thread.start(Worker::new("2", || {}).daemon())?;
            Ok(first && has(captured, "sub thread start  2"))
        },
        |_| true,
    );
}

#[test]
fn join_returns_after_the_end_line() {
    explore_lesson(
        "join",
        Some(5),
        Clock::Real,
        ExitCode::SUCCESS,
        |main_thread, captured| {
            let first = main_thread.start(Worker::new("1", || {}).daemon())?;
            let second = main_thread.start(Worker::new("2", || {}).daemon())?;
            first.join()?;
            let joined = has(captured, "sub thread end  1");
            second.join()?;
            Ok(joined && has(captured, "sub thread end  2"))
        },
        |_| true,
    );
}

#[test]
fn the_program_ends_after_every_worker_that_is_not_a_daemon() {
    explore_lesson(
        "end",
        Some(5),
        Clock::Real,
        ExitCode::SUCCESS,
        |main_thread, _| {
            main_thread.start(Worker::new("1", || {}))?;
            main_thread.start(Worker::new("2", || {}))?;
            Ok(true)
        },
        |lines| lines.len() == 4,
    );
}

#[test]
fn a_lesson_on_the_simulated_clock_ends_in_the_order_of_its_durations() {
    explore_lesson(
        "lesson on the simulated clock",
        Some(4),
        Clock::Simulated,
        ExitCode::SUCCESS,
        |main_thread, _| {
            let first = main_thread.start(Worker::new("1", || sleep(SECOND)))?;
            main_thread.start(Worker::new("2", || sleep(2 * SECOND)))?;
            first.join()?;
            main_thread.print("main thread post job")?;
            Ok(true)
        },
        |lines| {
            lines[2..]
                == [
                    "sub thread end  1",
                    "main thread post job",
                    "sub thread end  2",
                ]
        },
    );
}

#[test]
fn a_panic_ends_its_worker_and_no_other() {
    explore_lesson(
        "panic",
        Some(4),
        Clock::Simulated,
        ExitCode::FAILURE,
        |main_thread, _| {
            // Without the hook, which would say so in each of the orders.
            let panics = || resume_unwind(Box::new("no disk"));
            let first = main_thread.start(Worker::<()>::new("1", panics))?;
            main_thread.start(Worker::new("2", || sleep(SECOND)))?;
            Ok(matches!(first.join(), Err(Error::Panicked { .. })))
        },
        |lines| lines.len() == 3 && lines[2] == "sub thread end  2",
    );
}

#[test]
fn a_thread_that_the_os_does_not_start_stops_nothing() {
    explore_lesson(
        "thread that is not started",
        None,
        Clock::Simulated,
        ExitCode::SUCCESS,
        |main_thread, _| {
            let first = main_thread.start(Worker::new("1", || sleep(SECOND)))?;
            let second = main_thread.start(Worker::new(NOT_STARTED, || {}));
            first.join()?;
            Ok(matches!(second, Err(Error::Start { .. })))
        },
        |lines| lines == ["sub thread start  1", "sub thread end  1"],
    );
}

/// Explores a lesson whose daemon would sleep longer than its worker, and then panic.
fn explore_end(name: &str, trace: fn() -> Option<TraceFile>, daemon_goes_on: bool) {
    explore(name, Some(3), move || {
        let captured = CapturedOutput::default();
        let went_on = Arc::new(AtomicBool::new(false));
        let mut program = None;
        let work = {
            let went_on = Arc::clone(&went_on);
            move || {
                sleep(2 * SECOND);
                went_on.store(true, Ordering::SeqCst);
                resume_unwind(Box::new("no disk"));
            }
        };
        let lesson = |main_thread: &MainThread| {
            program = Context::current().map(|context| context.program);
            main_thread.start(Worker::<()>::new("daemon", work).daemon())?;
            main_thread.start(Worker::new("worker", || sleep(SECOND)))?;
            Ok(())
        };
        let status = run_traced(
            Clock::Simulated,
            Box::new(captured.clone()),
            trace(),
            Box::new(lesson),
        );
        assert_eq!(status, ExitCode::SUCCESS);
        assert_eq!(went_on.load(Ordering::SeqCst), daemon_goes_on);
        if !daemon_goes_on {
            // As loom wants every thread to end, the daemon has to wake.
            let clock = program.and_then(|program| program.clock.clone());
            clock.unwrap().leave();
        }
        assert_eq!(captured.lines().len(), 3);
    });
}

#[test]
fn a_daemon_does_nothing_after_the_end() {
    explore_end("end with a daemon", || None, false);
}

#[test]
fn a_daemon_whose_future_is_traced_comes_to_its_end_and_changes_no_status() {
    fn path() -> std::path::PathBuf {
        env::temp_dir().join(format!("model-{}", process::id()))
    }
    let trace = || TraceFile::create(&path()).ok();
    explore_end("end with a daemon, traced", trace, true);
    fs::remove_file(path()).unwrap();
}

#[test]
fn simulated_time_loses_no_wake_up_and_jumps_over_no_thread() {
    explore("simulated clock", None, || {
        let clock = Arc::new(SimulatedClock::new());
        let happened = Arc::new(Mutex::new(Vec::new()));
        let mut threads = Vec::new();
        for (number, name, sleeps) in [(1, "first", [1, 1]), (2, "second", [1, 2])] {
            clock.start(number, false);
            let (clock, happened) = (Arc::clone(&clock), Arc::clone(&happened));
            let thread = loom::thread::spawn(move || {
                for sleep in sleeps {
                    clock.sleep(sleep * SECOND);
                    happened.lock().unwrap().push(name);
                }
                clock.end(number, false);
            });
            threads.push((number, thread));
        }
        for (number, thread) in threads {
            clock.wait_for(EndOf::Worker(number));
            thread.join().unwrap();
            happened.lock().unwrap().push("main");
        }
        clock.leave();
        // At one second, in either order, and at two and three.
        let mut happened = happened.lock().unwrap();
        happened[..2].sort_unstable();
        assert_eq!(
            *happened,
            ["first", "second", "first", "main", "second", "main"]
        );
    });
}
