//! The table in *From Python's threading to Rust*: a program for each of its rows.

use std::{
    sync::{Arc, Mutex},
    thread::{self, Builder},
    time::Duration,
};

use crossbeam::channel::{self, RecvTimeoutError};
use worker_core::{Clock, Error, MainThread, Worker, run_to, sleep};

use crate::{
    book::assert_none,
    repository::{LANGUAGES, pages, read, root},
};

const WORK: Duration = Duration::from_millis(5);

#[test]
fn every_row_of_the_table_has_a_program_with_its_code_and_a_place_where_it_is_run() {
    let programs = read(&root().join("xtask/tests/tool/from_python.rs"));
    let programs: Vec<_> = programs.split("\n// | ").skip(1).collect();
    let rows = rows(LANGUAGES[0]);
    assert_eq!(rows.len(), programs.len());
    let mut faults = Vec::new();
    for ([python, here, plain, place], program) in rows.iter().zip(programs) {
        if !program.starts_with(&format!("{python} |\n")) {
            faults.push(format!("the program of the row {python} is missing here"));
        }
        for code in [here, plain].into_iter().flat_map(|cell| code_of(cell)) {
            if !program.contains(&code) {
                faults.push(format!("{python}: its program lacks `{code}`"));
            }
        }
        let page = place.split("](").nth(1).unwrap_or_default();
        let page = page.split(".md)").next().unwrap_or_default();
        for example in code_of(place) {
            let file = format!("crates/{page}/examples/{example}.rs");
            if !root().join(&file).exists() {
                faults.push(format!("{python}: there is no {file}"));
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn the_table_shows_the_same_code_in_all_languages() {
    let code = |language| {
        let rows = rows(language).into_iter();
        rows.map(|[_, here, plain, place]| [here, plain, place].map(|cell| code_of(&cell)))
            .collect::<Vec<_>>()
    };
    for language in LANGUAGES {
        assert_eq!(code(language), code(LANGUAGES[0]), "docs/{language}");
    }
}

/// The cells of the table in a language, row by row.
fn rows(language: &str) -> Vec<[String; 4]> {
    let page = &pages(root(), language)["from-python.md"];
    let rows = page.lines().skip_while(|line| !line.starts_with("| ---"));
    let rows = rows.skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        // A bar that parts no cells has a backslash.
        let row = row.replace("\\|", "\0");
        let cells = row.trim_matches('|').split('|');
        let cells: Vec<_> = cells.map(|cell| cell.trim().replace('\0', "|")).collect();
        cells.try_into().unwrap()
    })
    .collect()
}

/// What is set as code in a cell.
fn code_of(cell: &str) -> Vec<String> {
    let code = cell.split('`').skip(1).step_by(2);
    code.map(str::to_owned).collect()
}

/// What a lesson prints, and what it returns.
fn run<T>(lesson: impl FnOnce(&MainThread) -> Result<T, Error>) -> (String, T) {
    let output = tempfile::NamedTempFile::new().unwrap();
    let mut value = None;
    let _ = run_to(
        Clock::Simulated,
        output.reopen().unwrap(),
        |main_thread: &MainThread| {
            value = Some(lesson(main_thread)?);
            Ok(())
        },
    );
    (read(output.path()), value.unwrap())
}

fn work() {
    sleep(WORK);
}

// | `Thread(target=work)` |
#[test]
fn a_thread_is_given_its_work() {
    let worker = Worker::new("1", work);
    run(|main_thread| main_thread.start(worker)?.join());
    thread::spawn(work).join().unwrap();
}

// | `Thread(target=work, name="1")` |
#[test]
fn a_thread_is_given_its_name() {
    let worker = Worker::new("1", work);
    let (printed, ()) = run(|main_thread| main_thread.start(worker)?.join());
    assert_eq!(printed, "sub thread start  1\nsub thread end  1\n");
    let handle = Builder::new().name("1".to_owned()).spawn(work).unwrap();
    assert_eq!(handle.thread().name(), Some("1"));
}

// | `class Worker(Thread)` with a `run` method, which `start` calls |
#[test]
#[allow(clippy::redundant_closure, reason = "the row is about the closure")]
fn a_thread_runs_a_closure_where_python_has_a_class() {
    let worker = Worker::new("1", || work());
    run(|main_thread| main_thread.start(worker)?.join());
    thread::spawn(|| work()).join().unwrap();
}

// | `start()` |
#[test]
fn a_thread_is_started() {
    let worker = Worker::new("1", work);
    let (printed, _) = run(|main_thread| {
        main_thread.start(worker)?;
        Ok(())
    });
    assert!(printed.starts_with("sub thread start  1\n"), "{printed}");
    thread::spawn(work);
}

// | `start()` returns |
#[test]
fn start_comes_back_after_the_start_line() {
    let (printed, ()) = run(|main_thread| {
        main_thread.start(Worker::new("1", work))?;
        main_thread.print("main thread end")
    });
    let first = "sub thread start  1\nmain thread end\n";
    assert!(printed.starts_with(first), "{printed}");
    let (sender, receiver) = channel::bounded(0);
    // The thread cannot go on before this has come back.
    let handle = thread::spawn(move || receiver.recv());
    sender.send(()).unwrap();
    assert_eq!(handle.join().unwrap(), Ok(()));
}

// | `join()` |
#[test]
fn a_thread_is_joined() {
    let (printed, ()) = run(|main_thread| {
        let handle = main_thread.start(Worker::new("1", work))?;
        handle.join()?;
        main_thread.print("main thread post job")
    });
    let last = "sub thread end  1\nmain thread post job\n";
    assert!(printed.ends_with(last), "{printed}");
    let handle = thread::spawn(work);
    handle.join().unwrap();
}

// | a result, put into a list |
#[test]
fn a_join_gives_the_result() {
    let (_, sum) = run(|main_thread| {
        let first = main_thread.start(Worker::new("1", || 2))?;
        let second = main_thread.start(Worker::new("2", || 3))?;
        let sum = first.join()? + second.join()?;
        Ok(sum)
    });
    assert_eq!(sum, 5);
    let (one, two) = (thread::spawn(|| 2), thread::spawn(|| 3));
    let sum = one.join().unwrap() + two.join().unwrap();
    assert_eq!(sum, 5);
}

// | `join(timeout)` |
#[test]
fn a_receiver_waits_for_a_time() {
    let (_sender, receiver) = channel::bounded::<()>(0);
    assert_eq!(receiver.recv_timeout(WORK), Err(RecvTimeoutError::Timeout));
}

// | `daemon=True`, `t.daemon = True` |
#[test]
fn a_worker_is_made_a_daemon() {
    let worker = Worker::new("1", work);
    let (printed, _) = run(|main_thread| main_thread.start(worker.daemon()));
    assert_eq!(printed, "sub thread start  1\n");
}

// | the end of the program |
#[test]
fn the_end_waits_for_workers_and_a_scope_for_its_threads() {
    let (printed, _) = run(|main_thread| main_thread.start(Worker::new("1", work)));
    assert_eq!(printed, "sub thread start  1\nsub thread end  1\n");
    let mut is_done = false;
    thread::scope(|scope| {
        scope.spawn(|| is_done = true);
    });
    assert!(is_done);
}

// | `Event` to ask a thread to stop |
#[test]
fn a_thread_is_asked_to_stop() {
    let (sender, receiver) = channel::bounded::<()>(0);
    let handle = thread::spawn(move || receiver.recv());
    drop(sender);
    handle.join().unwrap().unwrap_err();
}

// | `queue.Queue` |
#[test]
fn a_channel_is_a_queue() {
    let (sender, receiver) = channel::unbounded::<u32>();
    thread::spawn(move || sender.send(2).unwrap());
    assert_eq!(receiver.recv(), Ok(2));
}

// | `Lock` |
#[test]
fn a_value_is_changed_behind_its_lock() {
    let sum = Arc::new(Mutex::new(0));
    let handle = {
        let sum = Arc::clone(&sum);
        thread::spawn(move || *sum.lock().unwrap() += 1)
    };
    *sum.lock().unwrap() += 1;
    handle.join().unwrap();
    assert_eq!(*sum.lock().unwrap(), 2);
}

// | `current_thread().name`, in older programs `currentThread().getName()` |
#[test]
fn a_thread_finds_its_name() {
    let name = || thread::current().name().map(str::to_owned);
    let worker = Worker::new("1", name);
    let (_, found) = run(|main_thread| main_thread.start(worker)?.join());
    assert_eq!(found.as_deref(), Some("1"));
    assert_eq!(thread::spawn(name).join().unwrap(), None);
}

// | `is_alive()` |
#[test]
fn a_thread_that_waits_has_not_finished() {
    let (sender, receiver) = channel::bounded::<()>(0);
    let handle = thread::spawn(move || receiver.recv());
    let is_alive = !handle.is_finished();
    assert!(is_alive);
    drop(sender);
    handle.join().unwrap().unwrap_err();
}

// | an exception in a thread: a traceback, of which `join` and the exit status know nothing |
#[test]
fn a_join_tells_of_a_panic() {
    let (_, joined) = run(|main_thread| {
        let handle = main_thread.start(Worker::new("1", || panic!("no work")))?;
        Ok(handle.join())
    });
    assert!(matches!(joined, Err(Error::Panicked { .. })));
    let joined = thread::spawn(|| panic!("no work")).join();
    assert!(joined.is_err());
}

// | `print` in several threads: lines may mix |
#[test]
fn a_line_is_printed_in_one_piece() {
    let (printed, ()) = run(|main_thread| main_thread.print("main thread end"));
    assert_eq!(printed, "main thread end\n");
    println!("main thread end");
}
