//! The trace of a lesson, read back: what its threads did, one event after another.
//! The documentation of `worker_core::run` says how it is written.

use std::time::Duration;

use worker_core::trace::{Event, EventKind};

use crate::order::line::has_control_character;

/// A trace.
#[derive(Clone)]
pub struct Trace {
    /// The main thread first, and the workers in the order of their starts.
    pub threads: Vec<Thread>,
    /// In the order in which they happened.
    pub events: Vec<Event>,
    /// The place of the end of the program among the events, or behind them.
    pub exit: usize,
    /// Whether it is not known what the daemons would still have done.
    pub is_endless: bool,
}

/// A thread of a lesson.
#[derive(Clone)]
pub struct Thread {
    /// Its name.
    pub name: String,
    /// Whether the end of the program does not wait for it.
    pub daemon: bool,
}

impl Trace {
    /// The trace of a program that has come to its end.
    ///
    /// # Errors
    ///
    /// What cannot be read, in a sentence.
    pub fn parse(text: &str) -> Result<Trace, String> {
        let trace = Trace::parse_begun(text)?;
        if trace.exit < trace.events.len() {
            Ok(trace)
        } else {
            Err(
                "its trace does not come to the end of the program; let `worker_core::run` return \
                 to `main`"
                    .to_owned(),
            )
        }
    }

    /// The trace of a program that may still be on its way.
    ///
    /// # Errors
    ///
    /// As for [`parse`](Trace::parse).
    pub fn parse_begun(text: &str) -> Result<Trace, String> {
        let mut trace = Trace {
            threads: vec![Thread {
                name: "main thread".to_owned(),
                daemon: false,
            }],
            events: Vec::new(),
            exit: 0,
            is_endless: false,
        };
        for (number, line) in (1..).zip(text.lines()) {
            let event = line.parse().map_err(|reason| {
                format!(
                    "line {number} of its trace cannot be read: {reason}; is worker-core up to date?"
                )
            });
            let event: Event = event?;
            if let EventKind::Start { daemon, name, .. } = &event.kind {
                trace.threads.push(Thread {
                    name: name.clone(),
                    daemon: *daemon,
                });
            }
            if let Some(reason) = trace.contradiction(&event) {
                return Err(format!("line {number} of its trace {reason}: {line:?}"));
            }
            trace.is_endless |= event.kind == EventKind::Endless;
            trace.events.push(event);
        }
        let mut events = trace.events.iter();
        let exit = events.position(|event| event.kind == EventKind::Exit);
        trace.exit = exit.unwrap_or(trace.events.len());
        Ok(trace)
    }

    /// The lines that were printed: those before the end of the program.
    pub fn printed(&self) -> impl Iterator<Item = &str> {
        let events = &self.events[..self.exit];
        events.iter().filter_map(|event| match &event.kind {
            EventKind::Line(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// When the program ended, if it has.
    pub fn exit_time(&self) -> Duration {
        let exit = self.events.get(self.exit);
        exit.map_or(Duration::ZERO, |exit| exit.time)
    }

    /// What a thread is called in a sentence.
    pub fn who(&self, thread: usize) -> String {
        match thread {
            0 => "the main thread".to_owned(),
            _ => format!("worker `{}`", self.threads[thread].name),
        }
    }

    /// What a thread does, as a sentence goes on behind its name.
    pub(super) fn does(&self, event: Option<&Event>) -> String {
        let Some(event) = event else {
            return "does nothing more".to_owned();
        };
        let what = match &event.kind {
            EventKind::Start { worker, .. } => format!("starts {}", self.who(*worker)),
            EventKind::Started(worker) => format!("has started {}", self.who(*worker)),
            EventKind::Line(text) => format!("prints `{text}`"),
            EventKind::Sleep => "sleeps".to_owned(),
            EventKind::Wake => "wakes".to_owned(),
            EventKind::Join(worker) => format!("joins {}", self.who(*worker)),
            EventKind::Joined(worker) => format!("has joined {}", self.who(*worker)),
            EventKind::End | EventKind::Exit => "ends".to_owned(),
            EventKind::Endless => "goes on without end".to_owned(),
        };
        let place = event.place.as_ref();
        let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
        format!("{what}{place} at {} s", event.time.as_secs_f64())
    }

    /// Why no lesson can have written an event behind those before it. Its thread is known
    /// by now, if it starts one.
    fn contradiction(&self, event: &Event) -> Option<&'static str> {
        let known = self.threads.len();
        let is_known = event.thread < known
            && match event.kind {
                EventKind::Start { worker, .. } => event.thread < worker && worker == known - 1,
                EventKind::Started(other) | EventKind::Join(other) | EventKind::Joined(other) => {
                    other < known
                }
                _ => true,
            };
        let before = self.events.last();
        let text = match &event.kind {
            EventKind::Line(text) | EventKind::Start { name: text, .. } => text,
            _ => "",
        };
        if !is_known {
            Some("is about a thread that was not started")
        } else if before.is_some_and(|before| event.time < before.time) {
            Some("goes back in time")
        } else if event.kind == EventKind::Exit && event.thread > 0 {
            Some("lets a worker end the program")
        } else if has_control_character(text) {
            Some("holds a control character")
        } else {
            None
        }
    }
}

#[cfg(test)]
impl Trace {
    /// The trace of these events, in whose lines a bar stands for each tab.
    pub(super) fn of(events: &[String]) -> Trace {
        let lines = events.iter().filter(|event| !event.is_empty());
        let lines = lines.map(|event| event.replace('|', "\t") + "\n");
        Trace::parse(&lines.collect::<String>()).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(events: &[&str]) -> Result<Trace, String> {
        let lines = events.iter().map(|event| event.replace('|', "\t") + "\n");
        Trace::parse(&lines.collect::<String>())
    }

    #[test]
    fn a_trace_that_does_not_come_to_the_end_of_the_program_is_refused() {
        let error = read(&["0|0|0|-|line|main thread end", "0|0|0|-|end"])
            .err()
            .unwrap();
        assert!(
            error.starts_with("its trace does not come to the end"),
            "{error}"
        );
    }

    #[test]
    fn what_stands_behind_the_end_of_the_program_is_not_printed() {
        let trace = read(&[
            "0|0|0|-|start|1|daemon|a",
            "0|0|1|-|line|sub thread start  a",
            "0|0|0|-|started|1",
            "0|0|0|-|line|main thread end",
            "0|0|0|-|exit",
            "1|0|1|-|line|sub thread end  a",
        ]);
        let trace = trace.unwrap();
        let printed: Vec<_> = trace.printed().collect();
        assert_eq!(printed, ["sub thread start  a", "main thread end"]);
        let threads = [0, 1].map(|thread| trace.who(thread));
        assert_eq!(threads, ["the main thread", "worker `a`"]);
    }

    #[test]
    fn a_trace_that_is_about_a_thread_that_was_not_started_is_refused() {
        for event in [
            "0|0|1|-|end",
            "0|0|1|-|start|1|worker|a",
            "0|0|0|-|start|2|worker|b",
            &format!("0|0|0|-|start|{}|worker|b", usize::MAX),
            "0|0|0|-|started|1",
            "0|0|0|-|join|1",
            "0|0|0|-|joined|1",
        ] {
            let error = read(&["0|0|0|-|line|main thread start", event, "0|0|0|-|exit"])
                .err()
                .unwrap();
            let words = "line 2 of its trace is about a thread that was not started: ";
            assert!(error.starts_with(words), "{event}: {error}");
        }
    }

    #[test]
    fn a_trace_that_no_lesson_writes_is_refused() {
        for (event, words) in [
            ("4|0|0|-|line|main thread end", "goes back in time"),
            ("5|0|1|-|exit", "lets a worker end the program"),
            (
                "5|0|0|-|line|main thread \u{1b}[2J",
                "holds a control character",
            ),
            (
                "5|0|0|-|start|1|worker|b",
                "is about a thread that was not started",
            ),
        ] {
            let error = read(&["5|0|0|-|start|1|worker|a", event, "5|0|0|-|exit"])
                .err()
                .unwrap();
            let words = format!("line 2 of its trace {words}: ");
            assert!(error.starts_with(&words), "{event}: {error}");
        }
    }
}
