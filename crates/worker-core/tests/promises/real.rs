//! The four promises, on the real clock unless an order has to be arranged.

use std::{
    io::{self, ErrorKind, Write},
    panic,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use proptest::{collection::vec, prelude::*};
use worker_core::{Clock, Error, MainThread, Worker, WorkerHandle, sleep};

use crate::{captured_output::CapturedOutput, run_to, time_limit::run_to_its_end};

/// Runs a lesson and hands out what it learned: an assertion inside of the
/// lesson would be one more panic that the program survives.
fn run_and_tell<T>(
    sink: impl Write + Send + 'static,
    lesson: impl FnOnce(&MainThread) -> T,
) -> (ExitCode, T) {
    let mut told = None;
    let status = run_to(Clock::Real, sink, |main_thread| {
        told = Some(lesson(main_thread));
        Ok(())
    });
    (status, told.expect("the lesson did not come to its end"))
}

/// A thread as the OS knows it.
#[cfg(target_os = "linux")]
#[derive(Clone)]
struct Task(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl Task {
    fn current() -> Task {
        Task(std::fs::canonicalize("/proc/thread-self").unwrap())
    }

    /// Whether it waits for something: it is asleep, and has not been awake between two
    /// looks.
    fn waits(&self) -> bool {
        let look = || {
            let status = std::fs::read_to_string(self.0.join("status")).unwrap_or_default();
            let is_told =
                |line: &&str| line.starts_with("State:") || line.contains("ctxt_switches");
            let told = status.lines().filter(is_told);
            told.map(str::to_owned).collect::<Vec<_>>()
        };
        let first = look();
        first.iter().any(|line| line.starts_with("State:\tS")) && first == look()
    }
}

/// A sink that holds back each line that begins with `words` until the thread that has to
/// wait for the line waits, or goes on without it.
#[cfg(target_os = "linux")]
#[derive(Clone)]
struct HeldBack {
    words: &'static str,
    waiting: Task,
    went_on: Arc<AtomicBool>,
    kept: CapturedOutput,
}

#[cfg(target_os = "linux")]
impl HeldBack {
    /// The thread that has to wait makes it.
    fn new(words: &'static str) -> HeldBack {
        HeldBack {
            words,
            waiting: Task::current(),
            went_on: Arc::default(),
            kept: CapturedOutput::default(),
        }
    }

    /// What was printed by the time that the wait was over.
    fn goes_on(&self) -> Vec<String> {
        let lines = self.kept.lines();
        self.went_on.store(true, Ordering::SeqCst);
        lines
    }
}

#[cfg(target_os = "linux")]
impl Write for HeldBack {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let is_held_back = bytes.starts_with(self.words.as_bytes());
        while is_held_back && !self.waiting.waits() && !self.went_on.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        self.kept.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(target_os = "linux")]
#[test]
fn start_returns_after_the_start_line() {
    let sink = HeldBack::new("sub thread start");
    let (status, lines) = run_and_tell(sink.clone(), |main_thread| {
        let started = main_thread.start(Worker::new("1", || {}));
        let lines = sink.goes_on();
        started.and_then(|handle| handle.join()).map(|()| lines)
    });
    assert_eq!(status, ExitCode::SUCCESS);
    assert_eq!(lines.unwrap()[0], "sub thread start  1");
}

#[cfg(target_os = "linux")]
#[test]
fn join_returns_after_the_end_line() {
    let sink = HeldBack::new("sub thread end");
    let (status, lines) = run_and_tell(sink.clone(), |main_thread| {
        let joined = main_thread.start(Worker::new("1", || {}))?.join();
        let lines = sink.goes_on();
        joined.map(|()| lines)
    });
    assert_eq!(status, ExitCode::SUCCESS);
    assert_eq!(lines.unwrap(), ["sub thread start  1", "sub thread end  1"]);
}

#[cfg(target_os = "linux")]
#[test]
fn the_program_ends_after_every_worker_that_is_not_a_daemon() {
    let sink = HeldBack::new("sub thread end");
    let status = run_to(Clock::Real, sink.clone(), |main_thread| {
        for n in 0..4 {
            main_thread.start(Worker::new(n.to_string(), || {}))?;
        }
        Ok(())
    });
    let mut lines = sink.goes_on();
    lines.retain(|line| line.starts_with("sub thread end"));
    assert_eq!(status, ExitCode::SUCCESS);
    assert_eq!(lines.len(), 4, "{lines:?}");
}

#[test]
fn the_end_does_not_wait_for_a_daemon_but_cuts_it_off() {
    let kept = CapturedOutput::default();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let (finish, has_finished) = mpsc::channel::<()>();
    let status = run_to(Clock::Real, kept.clone(), move |main_thread| {
        // Its work ends when the program has ended, and not before.
        let work = move || {
            let _ = may_go_on.recv();
        };
        let handle = main_thread.start(Worker::new("1", work).daemon())?;
        // Joined by a thread that outlives the program.
        thread::spawn(move || {
            let _ = handle.join();
            drop(finish);
        });
        main_thread.print("main thread end")
    });
    assert_eq!(status, ExitCode::SUCCESS);
    drop(go_on);
    assert!(
        run_to_its_end(|| has_finished.recv()).is_err(),
        "the daemon is over, its end line included"
    );
    assert_eq!(kept.lines(), ["sub thread start  1", "main thread end"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_daemon_does_nothing_after_the_end_once_it_sleeps_or_joins() {
    for joins in [false, true] {
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let (introduce, introduced) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        let status = run_to(Clock::Real, io::sink(), |main_thread| {
            let other = main_thread.start(Worker::new("1", || {}))?;
            let work = move || {
                introduce.send(Task::current()).unwrap();
                let _ = may_go_on.recv();
                if joins {
                    let _ = other.join();
                } else {
                    sleep(Duration::ZERO);
                }
                tell.send(()).unwrap();
            };
            main_thread.start(Worker::new("2", work).daemon()).map(drop)
        });
        assert_eq!(status, ExitCode::SUCCESS);
        let daemon = run_to_its_end(|| introduced.recv()).unwrap();
        drop(go_on);
        // It comes to its sleep or its join, and stays there.
        let nothing = Err(mpsc::TryRecvError::Empty);
        run_to_its_end(|| {
            while !daemon.waits() && told.try_recv() == nothing {
                thread::yield_now();
            }
        });
        assert_eq!(told.try_recv(), nothing);
    }
}

#[test]
fn a_daemon_that_panics_before_the_end_is_a_failure() {
    let status = run_to(Clock::Real, io::sink(), |main_thread| {
        let daemon = Worker::new("1", || panic!("the disk is full")).daemon();
        let joined = main_thread.start(daemon)?.join();
        // What the main thread does about it changes nothing.
        drop(joined);
        Ok(())
    });
    assert_eq!(status, ExitCode::FAILURE);
}

#[test]
fn a_worker_that_joins_itself_panics() {
    let status = run_to(Clock::Real, io::sink(), |main_thread| {
        let (give, given) = mpsc::channel::<WorkerHandle>();
        let work = move || drop(given.recv().map(WorkerHandle::join));
        let handle = main_thread.start(Worker::new("1", work))?;
        let _ = give.send(handle);
        Ok(())
    });
    assert_eq!(status, ExitCode::FAILURE);
}

#[test]
fn a_line_is_written_at_once_whatever_the_sink_keeps_to_itself() {
    let kept = CapturedOutput::default();
    let written = kept.clone();
    let (_, lines) = run_and_tell(io::BufWriter::new(kept), move |main_thread| {
        let printed = main_thread.print("main thread start");
        printed.map(|()| written.lines())
    });
    assert_eq!(lines.unwrap(), ["main thread start"]);
}

#[test]
fn a_line_that_is_more_than_one_is_refused_and_nothing_is_printed() {
    let kept = CapturedOutput::default();
    let (_, refused) = run_and_tell(kept.clone(), |main_thread| {
        let lines = ["a\nsub thread start  9", "a\t", "a\u{85}b", "\r"];
        lines.map(|line| (main_thread.print(line), line))
    });
    for (result, refused) in refused {
        let is_refused = matches!(result, Err(Error::Line { line, .. }) if line == refused);
        assert!(is_refused, "{refused:?}");
    }
    assert_eq!(kept.lines(), [""; 0]);
}

#[test]
fn a_daemon_can_be_joined() {
    let kept = CapturedOutput::default();
    let status = run_to(Clock::Real, kept.clone(), |main_thread| {
        main_thread
            .start(Worker::new("1", || {}).daemon())?
            .join()?;
        main_thread.print("main thread end")
    });
    assert_eq!(status, ExitCode::SUCCESS);
    assert_eq!(
        kept.lines(),
        [
            "sub thread start  1",
            "sub thread end  1",
            "main thread end"
        ]
    );
}

/// A sink that takes one byte at a time and lets other threads run in between.
#[derive(Clone, Default)]
struct Bites(CapturedOutput);

impl Write for Bites {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        thread::yield_now();
        self.0.write(&bytes[..bytes.len().min(1)])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn lines_are_whole() {
    let bites = Bites::default();
    let status = run_to(Clock::Real, bites.clone(), |main_thread| {
        for n in 10..60 {
            main_thread.start(Worker::new(n.to_string(), || {}))?;
            main_thread.print("main thread goes on")?;
        }
        Ok(())
    });
    assert_eq!(status, ExitCode::SUCCESS);
    let mut lines = bites.0.lines();
    lines.sort();
    let mut expected = vec!["main thread goes on".to_owned(); 50];
    expected.extend((10..60).map(|n| format!("sub thread end  {n}")));
    expected.extend((10..60).map(|n| format!("sub thread start  {n}")));
    assert_eq!(lines, expected);
}

/// One step of a lesson that nobody thought of.
#[derive(Clone, Copy, Debug)]
enum Step {
    Start { daemon: bool, work: usize },
    JoinOldest,
    JoinNewest,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<bool>(), 0..10_usize).prop_map(|(daemon, work)| Step::Start { daemon, work }),
        1 => Just(Step::JoinOldest),
        1 => Just(Step::JoinNewest),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_lesson_keeps_the_promises(steps in vec(step(), 1..30)) {
        let kept = CapturedOutput::default();
        // What has to stand in the output by the time that each was noted.
        let mut due = Vec::new();
        let status = run_to(Clock::Real, kept.clone(), |main_thread| {
            let mut handles = Vec::new();
            for (n, step) in steps.iter().enumerate() {
                match *step {
                    Step::Start { daemon, work } => {
                        let worker = Worker::new(n.to_string(), move || {
                            for _ in 0..work {
                                thread::yield_now();
                            }
                        });
                        let worker = if daemon { worker.daemon() } else { worker };
                        handles.push((n, main_thread.start(worker)?));
                        due.push((format!("sub thread start  {n}"), kept.lines()));
                    }
                    Step::JoinOldest | Step::JoinNewest if handles.is_empty() => {}
                    Step::JoinOldest | Step::JoinNewest => {
                        let oldest = matches!(step, Step::JoinOldest);
                        let (n, handle) = handles.remove(if oldest { 0 } else { handles.len() - 1 });
                        handle.join()?;
                        due.push((format!("sub thread end  {n}"), kept.lines()));
                    }
                }
            }
            Ok(())
        });
        let at_the_end = kept.lines();
        for (n, step) in steps.iter().enumerate() {
            if let Step::Start { daemon: false, .. } = step {
                due.push((format!("sub thread end  {n}"), at_the_end.clone()));
            }
        }
        prop_assert_eq!(status, ExitCode::SUCCESS);
        for (line, lines) in due {
            let times = lines.iter().filter(|other| **other == line).count();
            prop_assert_eq!(times, 1, "{} in {:?}", line, lines);
        }
    }
}

/// What `ask` answers on the thread of a worker named `thread 7`.
fn ask_worker(ask: fn() -> String) -> String {
    let (tell, told) = mpsc::channel();
    let status = run_to(Clock::Real, io::sink(), move |main_thread| {
        let work = move || tell.send(ask()).unwrap();
        main_thread.start(Worker::new("thread 7", work))?.join()
    });
    assert_eq!(status, ExitCode::SUCCESS);
    told.recv().unwrap()
}

#[test]
fn the_thread_carries_the_workers_name() {
    assert_eq!(
        ask_worker(|| thread::current().name().unwrap().to_owned()),
        "thread 7"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn the_os_sees_the_workers_name() {
    let os_name = || std::fs::read_to_string("/proc/thread-self/comm").unwrap();
    assert_eq!(ask_worker(os_name), "thread 7\n");
}

#[test]
fn a_name_that_does_not_make_a_whole_line_is_refused() {
    for name in ["", " ", " 1", "1 ", "1\n2", "\0", "1\r"] {
        let kept = CapturedOutput::default();
        let (_, started) = run_and_tell(kept.clone(), |main_thread| {
            main_thread.start(Worker::new(name, || {})).map(drop)
        });
        assert!(matches!(started, Err(Error::Name { worker, .. }) if worker == name));
        assert_eq!(kept.lines(), [""; 0]);
    }
}

#[test]
fn an_error_that_the_lesson_returns_is_a_failure() {
    let status = run_to(Clock::Real, io::sink(), |main_thread| {
        main_thread.start(Worker::new("", || {})).map(drop)
    });
    assert_eq!(status, ExitCode::FAILURE);
}

#[test]
fn join_names_the_worker_that_panicked() {
    let (status, joined) = run_and_tell(io::sink(), |main_thread| {
        main_thread
            .start(Worker::new("1", || panic!("no disk")))?
            .join()
    });
    assert_eq!(
        joined.unwrap_err().to_string(),
        "worker `1` panicked: no disk"
    );
    assert_eq!(status, ExitCode::FAILURE);
}

#[test]
fn a_panic_may_say_what_it_has_put_together() {
    let (_, joined) = run_and_tell(io::sink(), |main_thread| {
        let work = || panic::panic_any("no disk".to_owned());
        main_thread.start(Worker::new("1", work))?.join()
    });
    assert_eq!(
        joined.unwrap_err().to_string(),
        "worker `1` panicked: no disk"
    );
}

#[test]
fn a_panic_ends_its_worker_and_no_other() {
    for join in [false, true] {
        let kept = CapturedOutput::default();
        let status = run_to(Clock::Real, kept.clone(), |main_thread| {
            let first = main_thread.start(Worker::new("1", || panic!("no disk")))?;
            main_thread.start(Worker::new("2", || {}))?;
            if join { first.join() } else { Ok(()) }
        });
        assert_eq!(status, ExitCode::FAILURE);
        let mut lines = kept.lines();
        lines.sort();
        assert_eq!(
            lines,
            [
                "sub thread end  2",
                "sub thread start  1",
                "sub thread start  2"
            ]
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_program_waits_for_its_workers_after_the_main_thread_panicked() {
    let sink = HeldBack::new("sub thread end");
    let status = run_to(Clock::Real, sink.clone(), |main_thread| {
        let (panics, has_panicked) = mpsc::channel::<()>();
        let work = move || {
            let _ = has_panicked.recv();
        };
        main_thread.start(Worker::new("1", work))?;
        let _until_here = panics;
        panic!("no disk");
    });
    let lines = sink.goes_on();
    assert_eq!(status, ExitCode::FAILURE);
    assert_eq!(lines, ["sub thread start  1", "sub thread end  1"]);
}

/// Tells that it is dropped, and panics then with another of its kind.
struct Bomb(mpsc::Sender<()>);

impl Drop for Bomb {
    fn drop(&mut self) {
        let _ = self.0.send(());
        panic::panic_any(Bomb(self.0.clone()));
    }
}

#[test]
fn a_panic_with_a_value_that_panics_itself_is_one_panic() {
    for on_main_thread in [false, true] {
        let (tell, _told) = mpsc::channel();
        let status = run_to(Clock::Real, io::sink(), move |main_thread| {
            let bomb = Bomb(tell);
            if on_main_thread {
                panic::panic_any(bomb);
            }
            main_thread.start(Worker::new("1", || panic::panic_any(bomb)))?;
            Ok(())
        });
        assert_eq!(status, ExitCode::FAILURE);
    }
}

#[test]
fn a_value_that_nobody_joins_panics_as_its_worker_and_whoever_drops_its_handle_goes_on() {
    // Dropped by the worker, and with a handle that is dropped after the worker's end.
    for is_kept in [false, true] {
        let (tell, told) = mpsc::channel();
        let kept = CapturedOutput::default();
        let status = run_to(Clock::Simulated, kept.clone(), move |main_thread| {
            let bomb = Bomb(tell);
            let work = move || {
                sleep(Duration::from_secs(1));
                bomb
            };
            let handle = main_thread.start(Worker::new("1", work))?;
            if is_kept {
                sleep(Duration::from_secs(2));
            }
            drop(handle);
            main_thread.print("main thread goes on")
        });
        assert_eq!(told.try_recv(), Ok(()));
        assert_eq!(status, ExitCode::FAILURE, "its panic is not lost");
        let lines = kept.lines();
        let goes_on = lines.iter().position(|line| line == "main thread goes on");
        assert_eq!(goes_on, Some(if is_kept { 2 } else { 1 }), "{lines:?}");
    }
}

#[test]
fn a_handle_says_whose_it_is() {
    let (_, said) = run_and_tell(io::sink(), |main_thread| {
        let handle = main_thread.start(Worker::new("thread 7", || {}));
        format!("{:?}", handle.unwrap())
    });
    assert!(said.contains("thread 7"), "{said}");
}

#[test]
fn the_program_waits_for_what_a_worker_holds_even_if_it_does_not_work() {
    for kind in [ErrorKind::StorageFull, ErrorKind::BrokenPipe] {
        let (tell, told) = mpsc::channel();
        let sink = FailsAfter {
            lines: 0,
            kind,
            kept: CapturedOutput::default(),
        };
        let status = run_to(Clock::Real, sink, move |main_thread| {
            let bomb = Bomb(tell);
            main_thread
                .start(Worker::new("1", move || drop(bomb)))?
                .join()
        });
        assert_eq!(told.try_recv(), Ok(()));
        assert_eq!(status, ExitCode::FAILURE, "its panic is not lost");
    }
}

/// A sink that panics inside its second line.
struct Panics(CapturedOutput, usize);

impl Write for Panics {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1 += 1;
        if self.1 == 2 {
            self.0.write_all(b"sub t").unwrap();
            panic::panic_any(Bomb(mpsc::channel().0));
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn no_line_is_written_behind_half_a_line() {
    let kept = CapturedOutput::default();
    let (status, [started, then]) = run_and_tell(Panics(kept.clone(), 0), |main_thread| {
        main_thread.print("main thread start").unwrap();
        let started = main_thread.start(Worker::new("1", || {})).map(drop);
        [started, main_thread.print("main thread end")]
    });
    assert!(matches!(started, Err(Error::Output { .. })));
    assert!(matches!(then, Err(Error::Output { .. })));
    assert_eq!(status, ExitCode::FAILURE);
    assert_eq!(*kept.0.lock().unwrap(), b"main thread start\nsub t");
}

/// A sink that takes some lines and then fails.
struct FailsAfter {
    lines: usize,
    kind: ErrorKind,
    kept: CapturedOutput,
}

impl Write for FailsAfter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.lines == 0 {
            // A later line would find room again.
            self.lines = usize::MAX;
            return Err(self.kind.into());
        }
        self.lines -= 1;
        self.kept.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn three_lines(main_thread: &MainThread) -> Result<(), Error> {
    main_thread.print("main thread start")?;
    main_thread.start(Worker::new("1", || {}))?.join()
}

#[test]
fn no_line_is_written_after_one_that_could_not_be() {
    for lines in 0..3 {
        let kept = CapturedOutput::default();
        let sink = FailsAfter {
            lines,
            kind: ErrorKind::StorageFull,
            kept: kept.clone(),
        };
        let (status, [first, then]) = run_and_tell(sink, |main_thread| {
            [
                three_lines(main_thread),
                main_thread.print("main thread end"),
            ]
        });
        assert!(matches!(first, Err(Error::Output { .. })));
        assert!(matches!(then, Err(Error::Output { .. })));
        assert_eq!(status, ExitCode::FAILURE);
        assert_eq!(kept.lines().len(), lines);
    }
}

#[test]
fn a_worker_whose_start_line_could_not_be_written_does_not_work() {
    let sink = FailsAfter {
        lines: 0,
        kind: ErrorKind::StorageFull,
        kept: CapturedOutput::default(),
    };
    let worked = Arc::new(AtomicBool::new(false));
    let work = {
        let worked = Arc::clone(&worked);
        move || worked.store(true, Ordering::SeqCst)
    };
    let (_, started) = run_and_tell(sink, |main_thread| {
        main_thread.start(Worker::new("1", work)).map(drop)
    });
    assert!(matches!(started, Err(Error::Output { .. })));
    assert!(!worked.load(Ordering::SeqCst));
}

#[test]
fn an_output_that_nobody_reads_any_more_is_no_failure() {
    for lines in 0..3 {
        let kept = CapturedOutput::default();
        let sink = FailsAfter {
            lines,
            kind: ErrorKind::BrokenPipe,
            kept: kept.clone(),
        };
        assert_eq!(run_to(Clock::Real, sink, three_lines), ExitCode::SUCCESS);
        assert_eq!(kept.lines().len(), lines);
    }
}
