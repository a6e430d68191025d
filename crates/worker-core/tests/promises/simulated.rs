//! The simulated clock: no time passes, and everything happens in its order.

use std::{
    io,
    process::ExitCode,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use proptest::{collection::vec, prelude::*};
use worker_core::{Clock, Error, MainThread, Worker, sleep};

use crate::{captured_output::CapturedOutput, run_to};

const HOUR: Duration = Duration::from_secs(3600);

/// The status and the lines of a lesson on the simulated clock.
fn simulate(lesson: impl FnOnce(&MainThread) -> Result<(), Error>) -> (ExitCode, Vec<String>) {
    let kept = CapturedOutput::default();
    let status = run_to(Clock::Simulated, kept.clone(), lesson);
    (status, kept.lines())
}

/// Works without a sleep, and lets other threads run meanwhile.
fn work() {
    for _ in 0..20 {
        thread::yield_now();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn lines_come_in_the_order_of_simulated_time(
        workers in vec((0..4_u32, 0..4_u32, any::<bool>()), 1..12),
        pause in 0..4_u32,
    ) {
        let before = Instant::now();
        let (status, lines) = simulate(|main_thread| {
            let mut handles = Vec::new();
            for (n, &(first, second, busy)) in workers.iter().enumerate() {
                let worker = Worker::new(n.to_string(), move || {
                    sleep(HOUR * first);
                    if busy {
                        work();
                    }
                    sleep(HOUR * second);
                });
                handles.push(main_thread.start(worker)?);
            }
            sleep(HOUR * pause);
            main_thread.print("main thread pauses no more")?;
            for handle in handles {
                handle.join()?;
            }
            main_thread.print("main thread end")
        });
        prop_assert_eq!(status, ExitCode::SUCCESS);
        prop_assert_eq!(lines.last().map(String::as_str), Some("main thread end"));
        // When each of the lines between was due; at the same time, any order.
        let mut last = 0;
        for line in &lines[workers.len()..lines.len() - 1] {
            let due = match line.strip_prefix("sub thread end  ") {
                Some(n) => {
                    let (first, second, _) = workers[n.parse::<usize>().unwrap()];
                    first + second
                }
                // A worker without a sleep may end while others are started.
                None if line.starts_with("sub thread start") => 0,
                None => pause,
            };
            prop_assert!(last <= due, "{} is too late in {:?}", line, lines);
            last = due;
        }
        prop_assert!(before.elapsed() < HOUR);
    }
}

#[test]
fn the_clock_stands_still_while_a_thread_runs() {
    for _ in 0..100 {
        let (_, lines) = simulate(|main_thread| {
            main_thread.start(Worker::new("short", || sleep(Duration::from_nanos(1))))?;
            main_thread.start(Worker::new("busy", work))?;
            Ok(())
        });
        assert_eq!(
            lines[2..],
            ["sub thread end  busy", "sub thread end  short"]
        );
    }
}

#[test]
fn a_thread_whose_join_is_over_runs_before_a_later_sleeper() {
    for _ in 0..100 {
        let (_, lines) = simulate(|main_thread| {
            let first = main_thread.start(Worker::new("1", || sleep(HOUR)))?;
            main_thread.start(Worker::new("2", || sleep(HOUR + Duration::from_nanos(1))))?;
            first.join()?;
            work();
            main_thread.print("main thread post job")
        });
        let end = [
            "sub thread end  1",
            "main thread post job",
            "sub thread end  2",
        ];
        assert_eq!(lines[2..], end);
    }
}

#[test]
fn the_end_comes_before_a_daemon_that_is_due_later() {
    for _ in 0..100 {
        let (status, lines) = simulate(|main_thread| {
            let later = Duration::from_nanos(1);
            main_thread.start(Worker::new("daemon", move || sleep(HOUR + later)).daemon())?;
            main_thread.start(Worker::new("worker", || sleep(HOUR)))?;
            Ok(())
        });
        assert_eq!(status, ExitCode::SUCCESS);
        assert_eq!(lines[2..], ["sub thread end  worker"]);
    }
}

#[test]
fn a_panic_stops_neither_the_clock_nor_a_join() {
    let (status, lines) = simulate(|main_thread| {
        let first = main_thread.start(Worker::new("1", || {
            sleep(HOUR);
            panic!("no disk");
        }))?;
        main_thread.start(Worker::new("2", || sleep(HOUR * 2)))?;
        assert!(
            first.join().is_err(),
            "lost if it fails, and the line below is missing"
        );
        sleep(HOUR * 2);
        main_thread.print("main thread end")
    });
    assert_eq!(status, ExitCode::FAILURE);
    assert_eq!(lines[2..], ["sub thread end  2", "main thread end"]);
}

#[test]
fn a_join_by_a_thread_of_no_lesson_does_not_move_the_clock() {
    let (status, lines) = simulate(|main_thread| {
        let first = main_thread.start(Worker::new("1", || sleep(HOUR)))?;
        let joined = thread::spawn(|| first.join());
        work();
        main_thread.print("main thread has slept no hour")?;
        sleep(HOUR * 2);
        joined.join().unwrap()
    });
    assert_eq!(status, ExitCode::SUCCESS);
    assert_eq!(
        lines[1..],
        ["main thread has slept no hour", "sub thread end  1"]
    );
}

#[test]
fn a_lesson_inside_a_lesson_goes_by_its_own_clock() {
    let before = Instant::now();
    let (status, lines) = simulate(|main_thread| {
        main_thread.start(Worker::new("1", || sleep(HOUR)))?;
        let inner = run_to(Clock::Simulated, io::sink(), |inner| {
            sleep(HOUR * 5);
            inner.start(Worker::new("1", || sleep(HOUR)))?.join()
        });
        assert_eq!(
            inner,
            ExitCode::SUCCESS,
            "lost if it fails, and the line below is missing"
        );
        sleep(Duration::from_secs(60));
        main_thread.print("main thread end")
    });
    assert_eq!(status, ExitCode::SUCCESS);
    assert_eq!(lines[1..], ["main thread end", "sub thread end  1"]);
    assert!(before.elapsed() < HOUR);
}

#[test]
fn a_worker_that_could_not_be_started_stops_nothing() {
    let (status, lines) = simulate(|main_thread| {
        main_thread.start(Worker::new("1", || sleep(HOUR)))?;
        main_thread
            .start(Worker::new("two\nlines", || {}))
            .map(drop)
    });
    assert_eq!(status, ExitCode::FAILURE);
    assert_eq!(lines, ["sub thread start  1", "sub thread end  1"]);
}

#[test]
fn a_thousand_workers_sleep_at_once() {
    let (status, lines) = simulate(|main_thread| {
        for n in 0..1000 {
            let worker = Worker::new(n.to_string(), move || sleep(HOUR * (n % 7) + HOUR));
            main_thread.start(worker)?;
        }
        Ok(())
    });
    assert_eq!(status, ExitCode::SUCCESS);
    let due = lines[1000..].iter().map(|line| {
        line.strip_prefix("sub thread end  ")
            .unwrap()
            .parse::<u32>()
            .unwrap()
            % 7
    });
    assert_eq!(due.clone().count(), 1000);
    assert!(due.is_sorted());
}

#[test]
fn a_sleep_of_no_time_returns_at_once() {
    let (status, _) = simulate(|main_thread| {
        let (go_on, may_go_on) = mpsc::channel::<()>();
        // Simulated time stands still until the main thread lets it go on.
        let work = move || {
            let _ = may_go_on.recv();
        };
        main_thread.start(Worker::new("1", work))?;
        sleep(Duration::ZERO);
        drop(go_on);
        Ok(())
    });
    assert_eq!(status, ExitCode::SUCCESS);
}

/// Sleeps for long when it is dropped.
struct Sleeper;

impl Drop for Sleeper {
    fn drop(&mut self) {
        sleep(HOUR);
    }
}

#[test]
fn a_value_that_nobody_joins_goes_by_the_clock_of_its_lesson() {
    let (status, lines) = simulate(|main_thread| {
        let work = || {
            sleep(HOUR);
            Sleeper
        };
        // Its handle is gone before it ends.
        drop(main_thread.start(Worker::new("1", work))?);
        sleep(HOUR * 2);
        main_thread.print("main thread end")
    });
    assert_eq!(status, ExitCode::SUCCESS);
    assert_eq!(lines.last().unwrap(), "main thread end");
}

#[test]
fn the_longest_sleep_ends() {
    let (status, lines) = simulate(|main_thread| {
        for n in 0..2 {
            main_thread.start(Worker::new(n.to_string(), || {
                sleep(Duration::from_secs(1));
                sleep(Duration::MAX);
            }))?;
        }
        Ok(())
    });
    assert_eq!(status, ExitCode::SUCCESS);
    assert_eq!(lines.len(), 4);
}
