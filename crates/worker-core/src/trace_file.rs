//! A trace on its way to its file.

use std::{
    collections::HashMap,
    env,
    fs::File,
    io::{self, Write},
    panic::Location,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use crate::{
    simulated_clock::SimulatedClock,
    trace::{Event, EventKind, Place, VARIABLE},
};

/// How often a daemon sleeps after the end of the program before it is left to
/// sleep for ever. One that works without end meets this, no other should.
const SLEEPS_AFTER_END: u32 = 1000;

/// A trace on its way to its file.
pub(crate) struct TraceFile {
    path: PathBuf,
    /// The trace ends at what could not be written.
    file: io::Result<File>,
    begun: Instant,
    /// The clock, if it is simulated.
    pub(crate) clock: Option<Arc<SimulatedClock>>,
    /// How often each thread has slept since the end of the program.
    after_end: Option<HashMap<usize, u32>>,
}

impl TraceFile {
    /// The trace that the variable `LESSON_TRACE` asks for.
    ///
    /// # Errors
    ///
    /// If its file cannot be written.
    pub(crate) fn from_env() -> Result<Option<TraceFile>, String> {
        match env::var_os(VARIABLE) {
            Some(path) if !path.is_empty() => TraceFile::create(Path::new(&path)).map(Some),
            _ => Ok(None),
        }
    }

    pub(crate) fn create(path: &Path) -> Result<TraceFile, String> {
        let trace = TraceFile {
            path: path.to_owned(),
            file: File::create(path),
            begun: Instant::now(),
            clock: None,
            after_end: None,
        };
        trace.check().map(|()| trace)
    }

    /// Writes an event in one piece, so that a trace is readable wherever it stops.
    pub(crate) fn write(&mut self, thread: usize, call: Option<&Location<'_>>, kind: EventKind) {
        // On the real clock the trace ends with the program.
        if self.clock.is_none() && self.after_end.is_some() {
            return;
        }
        match (&kind, &mut self.after_end) {
            (EventKind::Exit, _) => self.after_end = Some(HashMap::new()),
            (EventKind::Sleep, Some(sleeps)) => *sleeps.entry(thread).or_default() += 1,
            _ => {}
        }
        let elapsed = self.begun.elapsed();
        let event = Event {
            time: self.clock.as_ref().map_or(elapsed, |clock| clock.now()),
            elapsed,
            thread,
            place: call.and_then(Place::of),
            kind,
        };
        if let Ok(file) = &mut self.file
            && let Err(reason) = file.write_all(format!("{event}\n").as_bytes())
        {
            self.file = Err(reason);
        }
    }

    /// Whether a thread has gone on for so long after the end of the program that
    /// nothing more is to be expected of it.
    pub(crate) fn has_enough_of(&self, thread: usize) -> bool {
        let sleeps = self
            .after_end
            .as_ref()
            .and_then(|sleeps| sleeps.get(&thread));
        sleeps.is_some_and(|&sleeps| sleeps >= SLEEPS_AFTER_END)
    }

    /// Whether all of it could be written so far.
    pub(crate) fn check(&self) -> Result<(), String> {
        match &self.file {
            Ok(_) => Ok(()),
            Err(reason) => Err(format!(
                "the trace `{}` cannot be written: {reason}; name a file in LESSON_TRACE that can, \
                 or do not set it",
                self.path.display()
            )),
        }
    }
}
