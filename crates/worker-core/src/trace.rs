//! The trace of a lesson: what happened, one event after another.

use std::{
    collections::HashMap,
    env, fmt,
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Instant,
};

use crate::{Error, simulated::Simulated, sync::Arc};

/// How often a daemon sleeps after the end of the program before it is left to
/// sleep for ever. One that works without end meets this, no other should.
const SLEEPS_AFTER_END: u32 = 1000;

/// What a thread does. The order of the events of a trace agrees with that of the
/// lines, because both are written under one lock.
#[derive(Clone, Copy)]
pub(crate) enum Event<'a> {
    /// Is about to start a worker.
    Start {
        worker: u64,
        daemon: bool,
        name: &'a str,
    },
    /// Goes on after a start: the worker's start line has been written.
    Started(u64),
    /// Has written a line.
    Line(&'a str),
    /// Works for some time.
    Sleep,
    /// Has done so.
    Wake,
    /// Waits for a worker's end.
    Join(u64),
    /// Goes on after that.
    Joined(u64),
    /// Has come to its end, its last line written.
    End,
    /// Ends the program. What comes after it is cut off.
    Exit,
    /// Goes on for so long after that that what it would still do is not known.
    Endless,
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Start {
                worker,
                daemon,
                name,
            } => {
                let kind = if *daemon { "daemon" } else { "worker" };
                write!(f, "start\t{worker}\t{kind}\t{name}")
            }
            Event::Started(worker) => write!(f, "started\t{worker}"),
            Event::Line(text) => write!(f, "line\t{text}"),
            Event::Sleep => f.write_str("sleep"),
            Event::Wake => f.write_str("wake"),
            Event::Join(worker) => write!(f, "join\t{worker}"),
            Event::Joined(worker) => write!(f, "joined\t{worker}"),
            Event::End => f.write_str("end"),
            Event::Exit => f.write_str("exit"),
            Event::Endless => f.write_str("endless"),
        }
    }
}

/// A trace on its way to its file.
pub(crate) struct Trace {
    path: PathBuf,
    /// The trace ends at what could not be written.
    file: Result<File, Arc<io::Error>>,
    begun: Instant,
    simulated: Option<Arc<Simulated>>,
    /// How often each thread has slept since the end of the program.
    after_end: Option<HashMap<u64, u32>>,
}

impl Trace {
    /// The trace that the variable `LESSON_TRACE` asks for.
    ///
    /// # Errors
    ///
    /// If its file cannot be written.
    pub(crate) fn from_env() -> Result<Option<Trace>, Error> {
        match env::var_os("LESSON_TRACE") {
            Some(path) if !path.is_empty() => Trace::create(Path::new(&path)).map(Some),
            _ => Ok(None),
        }
    }

    pub(crate) fn create(path: &Path) -> Result<Trace, Error> {
        let trace = Trace {
            path: path.to_owned(),
            file: File::create(path).map_err(Arc::new),
            begun: Instant::now(),
            simulated: None,
            after_end: None,
        };
        trace.check().map(|()| trace)
    }

    /// Takes the times from this clock, if there is one.
    pub(crate) fn go_by(self, simulated: Option<Arc<Simulated>>) -> Trace {
        Trace { simulated, ..self }
    }

    /// Writes an event in one piece, so that a trace is readable wherever it stops.
    pub(crate) fn write(&mut self, thread: u64, event: Event<'_>) {
        let time = match &self.simulated {
            Some(simulated) => simulated.now(),
            None => self.begun.elapsed(),
        };
        if let Ok(file) = &mut self.file {
            let line = format!("{}\t{thread}\t{event}\n", time.as_nanos());
            if let Err(reason) = file.write_all(line.as_bytes()) {
                self.file = Err(Arc::new(reason));
            }
        }
        match (event, &mut self.after_end) {
            (Event::Exit, _) => self.after_end = Some(HashMap::new()),
            (Event::Sleep, Some(sleeps)) => *sleeps.entry(thread).or_default() += 1,
            _ => {}
        }
    }

    /// Whether a thread has gone on for so long after the end of the program that
    /// nothing more is to be expected of it.
    pub(crate) fn has_enough_of(&self, thread: u64) -> bool {
        let sleeps = self
            .after_end
            .as_ref()
            .and_then(|sleeps| sleeps.get(&thread));
        sleeps.is_some_and(|&sleeps| sleeps >= SLEEPS_AFTER_END)
    }

    /// Whether all of it could be written so far.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.file {
            Ok(_) => Ok(()),
            Err(reason) => Err(Error::Trace {
                file: self.path.clone(),
                reason: Arc::clone(reason),
            }),
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::{
        fs, process,
        process::ExitCode,
        sync::atomic::{AtomicU32, Ordering},
        time::Duration,
    };

    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::{Clock, MainThread, Worker, kept::Kept, main_thread::run_traced, sleep};

    const SECOND: Duration = Duration::from_secs(1);

    /// One line of a trace: its time, its thread, and what the thread does.
    type Line = (u128, u64, String);

    /// What a lesson printed, and its trace.
    fn trace(
        clock: Clock,
        lesson: impl FnOnce(&MainThread) -> Result<(), Error>,
    ) -> (Vec<String>, Vec<Line>) {
        static TRACES: AtomicU32 = AtomicU32::new(0);
        let number = TRACES.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("trace-{}-{number}", process::id()));
        let kept = Kept::default();
        let file = Trace::create(&path).unwrap();
        let status = run_traced(clock, kept.clone(), Some(file), lesson);
        let text = fs::read_to_string(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(status, ExitCode::SUCCESS);
        assert!(text.ends_with('\n'), "{text}");
        let events = text.lines().map(|line| {
            let fields: Vec<_> = line.splitn(3, '\t').collect();
            (
                fields[0].parse().unwrap(),
                fields[1].parse().unwrap(),
                fields[2].to_owned(),
            )
        });
        (kept.lines(), events.collect())
    }

    fn place(events: &[Line], thread: u64, event: &str) -> Option<usize> {
        let is_it = |line: &Line| line.1 == thread && line.2 == event;
        events.iter().position(is_it)
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

            let exit = place(&events, 0, "exit").unwrap();
            let lines: Vec<_> = events[..exit]
                .iter()
                .filter_map(|(_, _, event)| event.strip_prefix("line\t"))
                .collect();
            prop_assert_eq!(printed, lines);
            prop_assert!(events.is_sorted_by_key(|(time, ..)| time));
            let order = |before: Option<usize>, after: Option<usize>| before.unwrap() < after.unwrap();
            for (thread, &(daemon, seconds, join, _)) in (1..).zip(&steps) {
                let name = thread - 1;
                let kind = if daemon { "daemon" } else { "worker" };
                let main = |event: &str| place(&events, 0, event);
                let worker = |event: &str| place(&events, thread, event);
                let first = worker(&format!("line\tsub thread start  {name}"));
                let last = worker(&format!("line\tsub thread end  {name}"));
                let end = worker("end");
                let start = main(&format!("start\t{thread}\t{kind}\t{name}"));
                prop_assert!(order(start, first));
                let started = main(&format!("started\t{thread}"));
                prop_assert!(order(first, started));
                prop_assert!(order(last, end));
                prop_assert_eq!(events[last.unwrap()].0, (SECOND * seconds).as_nanos());
                if join {
                    let joined = main(&format!("joined\t{thread}"));
                    prop_assert!(order(end, joined));
                }
                if !daemon {
                    prop_assert!(end.unwrap() < exit);
                }
            }
        }
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
        let slept = events.iter().filter(|event| event.2 == "sleep").count();
        assert!((1000..1010).contains(&slept), "{slept}");
        assert!(place(&events, 1, "endless").is_some());
        assert_eq!(place(&events, 2, "endless"), None);
        assert!(place(&events, 2, "line\tsub thread end  slow").is_some());
    }

    #[test]
    fn a_daemon_that_only_works_ends_the_trace_too() {
        let (_, events) = trace(Clock::Simulated, |main_thread| {
            let worker = Worker::new("busy", || std::thread::sleep(SECOND * 60));
            main_thread.start(worker.daemon()).map(drop)
        });
        assert_eq!(events.last().unwrap().2, "endless");
    }

    #[test]
    fn a_text_of_two_lines_is_two_lines_of_the_trace() {
        let (_, events) = trace(Clock::Real, |main| main.print("main thread\tone\nand two"));
        assert_eq!(events[0].2, "line\tmain thread\tone");
        assert_eq!(events[1].2, "line\tand two");
    }

    #[test]
    fn a_join_by_another_lesson_is_in_neither_trace() {
        let mut inner = Vec::new();
        let (_, outer) = trace(Clock::Simulated, |main_thread| {
            let worker = main_thread.start(Worker::new("1", || {}))?;
            inner = trace(Clock::Real, |_| worker.join()).1;
            Ok(())
        });
        assert_eq!(inner.last().unwrap().2, "exit");
        for events in [inner, outer] {
            assert_eq!(place(&events, 0, "join\t1"), None);
            assert_eq!(place(&events, 0, "joined\t1"), None);
        }
    }

    #[test]
    fn a_join_by_a_worker_is_its_own() {
        let (_, events) = trace(Clock::Simulated, |main_thread| {
            let first = main_thread.start(Worker::new("1", || sleep(SECOND)))?;
            main_thread.start(Worker::new("2", || drop(first.join())))?;
            Ok(())
        });
        assert!(place(&events, 2, "join\t1") < place(&events, 1, "end"));
        assert!(place(&events, 1, "end") < place(&events, 2, "joined\t1"));
    }
}
