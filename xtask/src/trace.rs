//! The trace of a lesson, read back: what its threads did, one event after
//! another. The documentation of `worker_core::run` says how it is written.

use std::time::Duration;

/// A trace.
pub(crate) struct Trace {
    /// The main thread first, and the workers in the order of their starts.
    pub(crate) threads: Vec<Thread>,
    /// In the order in which they happened.
    pub(crate) events: Vec<Event>,
    /// When the program ended.
    pub(crate) exit: Duration,
    /// Whether it is not known what the daemons would still have done.
    pub(crate) is_endless: bool,
}

pub(crate) struct Thread {
    pub(crate) name: String,
    pub(crate) daemon: bool,
}

pub(crate) struct Event {
    /// Since the beginning of the program.
    pub(crate) time: Duration,
    /// Its number among the threads.
    pub(crate) thread: usize,
    pub(crate) what: What,
}

/// What a thread does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
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
    pub(crate) fn parse(text: &str) -> Result<Trace, String> {
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
            if event.what == What::Exit {
                trace.exit = event.time;
                exits = true;
            }
            trace.is_endless |= event.what == What::Endless;
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
    pub(crate) fn printed(&self) -> impl Iterator<Item = &str> {
        let before_exit = |event: &&Event| event.what != What::Exit;
        let events = self.events.iter().take_while(before_exit);
        events.filter_map(|event| match &event.what {
            What::Line(text) => Some(text.as_str()),
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
        let what = match (fields.next()?, fields.next()) {
            ("start", Some(worker)) => {
                let (number, worker) = worker.split_once('\t')?;
                let (kind, name) = worker.split_once('\t')?;
                self.threads.push(Thread {
                    name: name.to_owned(),
                    daemon: kind == "daemon",
                });
                What::Start(self.thread(number)?)
            }
            ("started", Some(worker)) => What::Started(self.thread(worker)?),
            ("line", Some(text)) => What::Line(text.to_owned()),
            ("sleep", None) => What::Sleep,
            ("wake", None) => What::Wake,
            ("join", Some(worker)) => What::Join(self.thread(worker)?),
            ("joined", Some(worker)) => What::Joined(self.thread(worker)?),
            ("end", None) => What::End,
            ("exit", None) => What::Exit,
            ("endless", None) => What::Endless,
            _ => return None,
        };
        Some(Event { time, thread, what })
    }

    fn thread(&self, number: &str) -> Option<usize> {
        let number = number.parse().ok()?;
        (number < self.threads.len()).then_some(number)
    }
}
