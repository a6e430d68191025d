//! The promises of a trace: what a lesson writes to it.

use std::{
    cell::RefCell,
    env, fs, io, process,
    process::ExitCode,
    sync::{
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    time::Duration,
};

use proptest::{collection::vec, prelude::*};

use crate::{
    captured_output::CapturedOutput,
    clock::Clock,
    context::{Context, Phase, Program, sleep},
    error::Error,
    main_thread::MainThread,
    output::Output,
    run::run_traced,
    time_limit::run_to_its_end,
    trace::{Event, EventKind, Place},
    trace_file::TraceFile,
    worker::{Worker, WorkerHandle},
};

const SECOND: Duration = Duration::from_secs(1);

/// What a lesson printed, and its trace.
fn trace(
    clock: Clock,
    lesson: impl FnOnce(&MainThread) -> Result<(), Error>,
) -> (Vec<String>, Vec<Event>) {
    static TRACES: AtomicU32 = AtomicU32::new(0);
    let number = TRACES.fetch_add(1, Ordering::Relaxed);
    let path = env::temp_dir().join(format!("trace-{}-{number}", process::id()));
    let captured = CapturedOutput::default();
    let file = TraceFile::create(&path).unwrap();
    let status = run_to_its_end(|| {
        run_traced(
            clock,
            Box::new(captured.clone()),
            Some(file),
            Box::new(lesson),
        )
    });
    let text = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(status, ExitCode::SUCCESS);
    assert!(text.ends_with('\n'), "{text}");
    let events = text.lines().map(|line| line.parse().unwrap());
    (captured.lines(), events.collect())
}

/// Where an event is in a trace.
fn position(events: &[Event], thread: usize, kind: &EventKind) -> Option<usize> {
    let is_it = |event: &Event| event.thread == thread && event.kind == *kind;
    events.iter().position(is_it)
}

fn line(text: impl Into<String>) -> EventKind {
    EventKind::Line(text.into())
}

/// What a lesson does with a worker: whether it is a daemon, how long it works,
/// whether the main thread joins it, and whether it says something then.
type Step = (bool, u32, bool, bool);

fn lesson(main_thread: &MainThread, steps: &[Step]) -> Result<(), Error> {
    let mut handles = Vec::new();
    for (n, &(daemon, seconds, ..)) in steps.iter().enumerate() {
        let worker = Worker::new(n.to_string(), move || sleep(SECOND * seconds));
        handles.push(main_thread.start(if daemon { worker.daemon() } else { worker })?);
    }
    for (handle, &(_, _, join, print)) in handles.into_iter().zip(steps) {
        if join {
            handle.join()?;
        }
        if print {
            main_thread.print("main thread goes on")?;
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_trace_says_what_happened_and_what_was_cut_off(
        steps in vec((any::<bool>(), 0..4_u32, any::<bool>(), any::<bool>()), 0..6),
    ) {
        let (printed, events) = trace(Clock::Simulated, |main| lesson(main, &steps));

        let exit = position(&events, 0, &EventKind::Exit).unwrap();
        let lines: Vec<_> = events[..exit]
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::Line(text) => Some(text.clone()),
                _ => None,
            })
            .collect();
        prop_assert_eq!(printed, lines);
        prop_assert!(events.is_sorted_by_key(|event| event.time));
        prop_assert!(events.is_sorted_by_key(|event| event.elapsed));
        let order = |before: Option<usize>, after: Option<usize>| before.unwrap() < after.unwrap();
        for (thread, &(daemon, seconds, join, _)) in (1..).zip(&steps) {
            let name = (thread - 1).to_string();
            let main = |kind: EventKind| position(&events, 0, &kind);
            let worker = |kind: EventKind| position(&events, thread, &kind);
            let first = worker(line(format!("sub thread start  {name}")));
            let last = worker(line(format!("sub thread end  {name}")));
            let end = worker(EventKind::End);
            let start = main(EventKind::Start { worker: thread, daemon, name });
            prop_assert!(order(start, first));
            prop_assert!(order(first, main(EventKind::Started(thread))));
            prop_assert!(order(last, end));
            prop_assert_eq!(events[last.unwrap()].time, SECOND * seconds);
            if join {
                prop_assert!(order(end, main(EventKind::Joined(thread))));
            }
            if !daemon {
                prop_assert!(end.unwrap() < exit);
            }
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_trace_that_could_not_be_written_is_a_failure() {
    // What is written to this file finds no room.
    let file = TraceFile::create(std::path::Path::new("/dev/full")).unwrap();
    let status = run_to_its_end(|| {
        run_traced(
            Clock::Real,
            Box::new(io::sink()),
            Some(file),
            Box::new(|_| Ok(())),
        )
    });
    assert_eq!(status, ExitCode::FAILURE);
}

#[test]
fn only_for_a_trace_time_goes_on_after_the_end() {
    for is_traced in [false, true] {
        let path = env::temp_dir().join(format!("trace-{}-{is_traced}", process::id()));
        let file = is_traced.then(|| TraceFile::create(&path).unwrap());
        let (tell, told) = mpsc::channel();
        let lesson = |main_thread: &MainThread| {
            let work = move || {
                sleep(SECOND);
                tell.send(()).unwrap();
            };
            main_thread.start(Worker::new("1", work).daemon()).map(drop)
        };
        let status = run_to_its_end(|| {
            run_traced(
                Clock::Simulated,
                Box::new(io::sink()),
                file,
                Box::new(lesson),
            )
        });
        assert_eq!(status, ExitCode::SUCCESS);
        assert_eq!(told.try_recv().is_ok(), is_traced);
        let _ = fs::remove_file(path);
    }
}

#[test]
fn on_the_real_clock_the_trace_ends_with_the_program() {
    let path = env::temp_dir().join(format!("trace-{}-real", process::id()));
    let file = TraceFile::create(&path).unwrap();
    let output = Output::new(Box::new(io::sink()), Some(file), None);
    output.end();
    // A daemon may come in between.
    output
        .print(1, None, format_args!("sub thread end  1"))
        .unwrap();
    output.record(1, None, || EventKind::End);
    output.end_trace().unwrap();
    let text = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let events: Vec<Event> = text.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(events.len(), 1, "{text}");
    assert_eq!(events[0].kind, EventKind::Exit);
}

#[test]
fn a_panic_counts_only_as_long_as_it_is_heard() {
    let output = || Output::new(Box::new(io::sink()), None, None);
    for (phase, counts) in [
        (Phase::Running { panicked: false }, true),
        (Phase::Traced, false),
        (Phase::CutOff, false),
    ] {
        let program = Program::new(output(), None);
        *program.phase() = phase;
        program.note_panic();
        let is_counted = *program.phase() == Phase::Running { panicked: true };
        assert_eq!(is_counted, counts, "{phase:?}");
    }
}

/// Tells, when its thread drops it, whether that is still a lesson's.
struct Kept(mpsc::Sender<bool>);

impl Drop for Kept {
    fn drop(&mut self) {
        self.0.send(Context::current().is_some()).unwrap();
    }
}

#[test]
fn what_a_thread_drops_behind_the_end_of_its_worker_is_no_part_of_the_lesson() {
    thread_local!(static KEPT: RefCell<Option<Kept>> = const { RefCell::new(None) });
    let (tell, told) = mpsc::channel();
    trace(Clock::Simulated, |main_thread| {
        let work = || KEPT.set(Some(Kept(tell)));
        main_thread.start(Worker::new("1", work)).map(drop)
    });
    assert_eq!(told.recv(), Ok(false));
}

#[test]
fn a_daemon_without_end_ends_the_trace_and_keeps_no_other_from_its_end() {
    let (printed, events) = trace(Clock::Simulated, |main_thread| {
        let without_end = || {
            loop {
                sleep(SECOND);
            }
        };
        main_thread.start(Worker::new("endless", without_end).daemon())?;
        main_thread.start(Worker::new("slow", || sleep(SECOND * 100_000)).daemon())?;
        main_thread.print("main thread end")
    });
    assert_eq!(printed.len(), 3);
    let slept = events
        .iter()
        .filter(|event| event.kind == EventKind::Sleep)
        .count();
    // It is followed for a thousand sleeps, and the other slept once.
    assert!((1000..1010).contains(&slept), "{slept}");
    // It is given up once, and nothing else is.
    let given_up = events.iter().filter(|it| it.kind == EventKind::Endless);
    assert_eq!(given_up.map(|it| it.thread).collect::<Vec<_>>(), [1]);
    assert!(position(&events, 2, &line("sub thread end  slow")).is_some());
}

#[test]
fn a_join_by_another_lesson_is_in_neither_trace() {
    let mut inner = Vec::new();
    let (_, outer) = trace(Clock::Simulated, |main_thread| {
        let worker = main_thread.start(Worker::new("1", || {}))?;
        inner = trace(Clock::Real, |_| worker.join()).1;
        Ok(())
    });
    assert_eq!(inner.last().unwrap().kind, EventKind::Exit);
    for events in [inner, outer] {
        assert_eq!(position(&events, 0, &EventKind::Join(1)), None);
        assert_eq!(position(&events, 0, &EventKind::Joined(1)), None);
    }
}

#[test]
fn a_join_by_a_worker_is_its_own() {
    let (_, events) = trace(Clock::Simulated, |main_thread| {
        let first = main_thread.start(Worker::new("1", || sleep(SECOND)))?;
        main_thread.start(Worker::new("2", || drop(first.join())))?;
        Ok(())
    });
    assert!(position(&events, 2, &EventKind::Join(1)) < position(&events, 1, &EventKind::End));
    assert!(position(&events, 1, &EventKind::End) < position(&events, 2, &EventKind::Joined(1)));
}

#[test]
fn a_worker_that_is_refused_leaves_no_gap_in_the_numbers_of_the_threads() {
    let (_, events) = trace(Clock::Simulated, |main_thread| {
        assert!(main_thread.start(Worker::new(" ", || {})).is_err());
        main_thread.start(Worker::new("1", || {})).map(drop)
    });
    let start = EventKind::Start {
        worker: 1,
        daemon: false,
        name: "1".to_owned(),
    };
    assert!(position(&events, 0, &start).is_some());
}

#[test]
fn an_event_that_a_call_in_the_source_makes_carries_its_place() {
    let mut main = Vec::new();
    let (_, events) = trace(Clock::Simulated, |main_thread| {
        main_thread.print("main thread start")?;
        let worker = Worker::new("1", || sleep(SECOND));
        let handle = main_thread.start(worker)?;
        handle.join()?;
        let at = line!();
        main.extend([at - 4, at - 2, at - 2, at - 1, at - 1]);
        Ok(())
    });
    let work = main[1] - 1;
    let places = |thread: usize| {
        let of_thread = events.iter().filter(move |event| event.thread == thread);
        of_thread.map(|event| event.place.clone())
    };
    let at = |line: &u32| {
        Some(Place {
            file: "traced.rs".to_owned(),
            line: *line,
        })
    };
    // Then its end and that of the program.
    let main: Vec<_> = main.iter().map(at).chain([None, None]).collect();
    assert_eq!(places(0).collect::<Vec<_>>(), main);
    // The start line, the sleep, the end line and the end.
    let worker = [None, at(&work), at(&work), None, None];
    assert_eq!(places(1).collect::<Vec<_>>(), worker);
}

#[test]
fn a_call_that_the_standard_library_makes_has_no_place() {
    let (_, events) = trace(Clock::Simulated, |main_thread| {
        let handles = [main_thread.start(Worker::new("1", || ()))?];
        handles.into_iter().try_for_each(WorkerHandle::join)
    });
    let joined = position(&events, 0, &EventKind::Joined(1)).unwrap();
    assert_eq!(events[joined].place, None);
}
