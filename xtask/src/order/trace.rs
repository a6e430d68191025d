//! The trace of a lesson, read back: what its threads did, one event after
//! another. The documentation of `worker_core::run` says how it is written.

use std::time::Duration;

/// A trace.
pub struct Trace {
    /// The main thread first, and the workers in the order of their starts.
    pub threads: Vec<Thread>,
    /// In the order in which they happened.
    pub events: Vec<Event>,
    /// When the program ended.
    pub exit: Duration,
    /// Whether it is not known what the daemons would still have done.
    pub is_endless: bool,
}

pub struct Thread {
    pub name: String,
    pub daemon: bool,
}

pub struct Event {
    /// Since the beginning of the program.
    pub time: Duration,
    /// Its number among the threads.
    pub thread: usize,
    pub kind: EventKind,
}

/// What a thread does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    Start(usize),
    Started(usize),
    Line(String),
    Sleep,
    Wake,
    Join(usize),
    Joined(usize),
    End,
    Exit,
    Endless,
}

impl Trace {
    /// # Errors
    ///
    /// What cannot be read, in a sentence.
    pub fn parse(text: &str) -> Result<Trace, String> {
        let mut trace = Trace {
            threads: vec![Thread {
                name: "main thread".to_owned(),
                daemon: false,
            }],
            events: Vec::new(),
            exit: Duration::ZERO,
            is_endless: false,
        };
        let mut exits = false;
        for (number, line) in (1..).zip(text.lines()) {
            let event = trace.event(line).ok_or_else(|| {
                format!(
                    "line {number} of its trace cannot be read: {line:?}; is worker-core up to \
                     date?"
                )
            })?;
            if event.kind == EventKind::Exit {
                trace.exit = event.time;
                exits = true;
            }
            trace.is_endless |= event.kind == EventKind::Endless;
            trace.events.push(event);
        }
        if !exits {
            return Err(
                "its trace does not come to the end of the program; let `worker_core::run` return \
                 to `main`"
                    .to_owned(),
            );
        }
        Ok(trace)
    }

    /// The lines that were printed: those before the end of the program.
    pub fn printed(&self) -> impl Iterator<Item = &str> {
        let before_exit = |event: &&Event| event.kind != EventKind::Exit;
        let events = self.events.iter().take_while(before_exit);
        events.filter_map(|event| match &event.kind {
            EventKind::Line(text) => Some(text.as_str()),
            _ => None,
        })
    }

    fn event(&mut self, line: &str) -> Option<Event> {
        let mut fields = line.splitn(4, '\t');
        let nanoseconds: u128 = fields.next()?.parse().ok()?;
        let time = Duration::new(
            u64::try_from(nanoseconds / 1_000_000_000).ok()?,
            (nanoseconds % 1_000_000_000) as u32,
        );
        let thread = self.thread(fields.next()?)?;
        let kind = match (fields.next()?, fields.next()) {
            ("start", Some(worker)) => {
                let (number, worker) = worker.split_once('\t')?;
                let (kind, name) = worker.split_once('\t')?;
                self.threads.push(Thread {
                    name: name.to_owned(),
                    daemon: kind == "daemon",
                });
                EventKind::Start(self.thread(number)?)
            }
            ("started", Some(worker)) => EventKind::Started(self.thread(worker)?),
            ("line", Some(text)) => EventKind::Line(text.to_owned()),
            ("sleep", None) => EventKind::Sleep,
            ("wake", None) => EventKind::Wake,
            ("join", Some(worker)) => EventKind::Join(self.thread(worker)?),
            ("joined", Some(worker)) => EventKind::Joined(self.thread(worker)?),
            ("end", None) => EventKind::End,
            ("exit", None) => EventKind::Exit,
            ("endless", None) => EventKind::Endless,
            _ => return None,
        };
        Some(Event { time, thread, kind })
    }

    fn thread(&self, number: &str) -> Option<usize> {
        let number = number.parse().ok()?;
        (number < self.threads.len()).then_some(number)
    }
}
