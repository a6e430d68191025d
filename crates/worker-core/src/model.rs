//! The promises and the simulated clock, in the orders that the threads can run in.
//! `cargo xtask model` runs this.
//!
//! Every order of a whole lesson with two workers that are waited for is more than
//! a machine tries in five minutes. There the orders with few preemptions are
//! tried, and a daemon takes the worker's place where only its start or join
//! matters.

use std::{
    process::ExitCode,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

// Its lock is std's: loom need not try orders that the lock of the output rules out.
use crate::captured_output::CapturedOutput;
use crate::{Clock, Error, MainThread, Worker, run_to, simulated_clock::SimulatedClock, sleep};

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

fn has(kept: &CapturedOutput, line: &str) -> bool {
    kept.lines().iter().any(|kept| kept == line)
}

/// Explores a lesson, and `check`s its output in each order.
///
/// The lesson says whether all was well so far: an assertion inside of it would
/// be one more panic that the program survives.
fn explore_lesson(
    name: &str,
    preemptions: Option<usize>,
    clock: Clock,
    lesson: fn(&MainThread, &CapturedOutput) -> Result<bool, Error>,
    check: fn(&[String]) -> bool,
) {
    explore(name, preemptions, move || {
        let kept = CapturedOutput::default();
        let mut well = false;
        let status = run_to(clock, kept.clone(), |main_thread| {
            well = lesson(main_thread, &kept)?;
            Ok(())
        });
        let lines = kept.lines();
        assert!(
            well && status == ExitCode::SUCCESS && check(&lines),
            "{lines:?}"
        );
    });
}

#[test]
fn start_returns_after_the_start_line() {
    explore_lesson(
        "start",
        None,
        Clock::Real,
        |main_thread, kept| {
            main_thread.start(Worker::new("1", || {}).daemon())?;
            let first = has(kept, "sub thread start  1");
            main_thread.start(Worker::new("2", || {}).daemon())?;
            Ok(first && has(kept, "sub thread start  2"))
        },
        |_| true,
    );
}

#[test]
fn join_returns_after_the_end_line() {
    explore_lesson(
        "join",
        None,
        Clock::Real,
        |main_thread, kept| {
            let first = main_thread.start(Worker::new("1", || {}).daemon())?;
            let second = main_thread.start(Worker::new("2", || {}).daemon())?;
            first.join()?;
            let joined = has(kept, "sub thread end  1");
            second.join()?;
            Ok(joined && has(kept, "sub thread end  2"))
        },
        |_| true,
    );
}

#[test]
fn the_program_ends_after_every_worker_that_is_not_a_daemon() {
    explore_lesson(
        "end",
        Some(6),
        Clock::Real,
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
        Some(5),
        Clock::Simulated,
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
fn simulated_time_loses_no_wake_up_and_jumps_over_no_thread() {
    explore("simulated clock", None, || {
        let clock = Arc::new(SimulatedClock::new());
        let happened = Arc::new(Mutex::new(Vec::new()));
        let mut threads = Vec::new();
        for (name, sleeps) in [("first", [1, 1]), ("second", [1, 2])] {
            let counted = clock.worker(false);
            let end = counted.end();
            let (clock, happened) = (Arc::clone(&clock), Arc::clone(&happened));
            let thread = loom::thread::spawn(move || {
                for sleep in sleeps {
                    clock.sleep(sleep * SECOND);
                    happened.lock().unwrap().push(name);
                }
                drop(counted);
            });
            threads.push((end, thread));
        }
        for (end, thread) in threads {
            end.wait();
            thread.join().unwrap();
            happened.lock().unwrap().push("main");
        }
        clock.go_on_without_main_thread();
        // At one second, in either order, and at two and three.
        let mut happened = happened.lock().unwrap();
        happened[..2].sort_unstable();
        assert_eq!(
            *happened,
            ["first", "second", "first", "main", "second", "main"]
        );
    });
}
