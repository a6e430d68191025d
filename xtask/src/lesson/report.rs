//! What `run-all` shows: on standard output the report, and on a terminal below
//! it a live line for each lesson that runs.

use std::{
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use console::{StyledObject, style};

use crate::{
    cli::{Failure, human, live::LiveLines, number_of, relative},
    lesson::{verdict::Verdict, workspace::Lesson},
};

/// Standard output, and on a terminal the lines below it that show what runs.
pub(crate) struct Report {
    live: LiveLines,
    written: io::Result<()>,
}

impl Report {
    pub(crate) fn new() -> Report {
        Report {
            live: LiveLines::new(),
            written: Ok(()),
        }
    }

    /// A line that shows how a lesson gets on, until it is cleared.
    pub(crate) fn live_line(&self, name: &str) -> LiveLine {
        let line = LiveLine {
            start: Instant::now(),
            state: Arc::default(),
        };
        let (name, shown) = (name.to_owned(), line.clone());
        self.live.add(move || {
            let state = shown.lock();
            let (time, what) = match state.ended {
                Some(time) => (time, "ended"),
                None => (shown.start.elapsed(), state.last.as_str()),
            };
            (!state.is_cleared).then(|| format!("{name:12} {:>6}  {what}", human(time)))
        });
        line
    }

    pub(crate) fn lesson(&mut self, lesson: &Lesson, verdict: &Verdict) {
        let name = &lesson.name;
        let title = format!("chapter {}: {name}", lesson.chapter);
        self.print(&format!("{}\n", style(title).bold()));
        if let Some(run) = &verdict.run {
            self.print_bytes(&run.stdout);
            if !run.stdout.is_empty() && !run.stdout.ends_with(b"\n") {
                self.print("\n");
            }
        }
        let words = headline(name, verdict);
        let colon = if verdict.passed() { "" } else { ":" };
        let mut complaints = verdict.complaints.clone();
        if let (Some(last), Some(advice)) = (complaints.last_mut(), &verdict.advice) {
            *last += &format!("; {advice}");
        }
        let complaints: String = complaints
            .iter()
            .map(|complaint| format!("  {complaint}\n"))
            .collect();
        let note = verdict.note.as_ref();
        let note = note
            .map(|note| format!("  note: {note}\n"))
            .unwrap_or_default();
        self.print(&format!(
            "{words}{colon}\n{complaints}{note}{}\n",
            verdict.difference
        ));
    }

    pub(crate) fn strays(&mut self, strays: &[PathBuf], root: &Path) {
        for stray in strays {
            let stray = relative(stray, root);
            self.print(&format!(
                "{stray} is the snapshot of no lesson; delete it\n"
            ));
        }
    }

    /// The last line, which sums up.
    pub(crate) fn summary(
        &mut self,
        lessons: usize,
        failed: &[&str],
        strays: usize,
        time: Duration,
    ) {
        let summary = if !failed.is_empty() {
            let names = failed.join(", ");
            style(format!(
                "{} of {} failed: {names}",
                failed.len(),
                number_of(lessons, "lesson")
            ))
            .red()
        } else if strays > 0 {
            style(format!(
                "{} without a lesson",
                number_of(strays, "snapshot")
            ))
            .red()
        } else {
            style(format!(
                "{} passed in {}",
                number_of(lessons, "lesson"),
                human(time)
            ))
            .green()
        };
        self.print(&format!("{}\n", summary.bold()));
    }

    fn print(&mut self, text: &str) {
        self.print_bytes(text.as_bytes());
    }

    fn print_bytes(&mut self, bytes: &[u8]) {
        if self.written.is_ok() {
            let mut stdout = io::stdout();
            self.written = self
                .live
                .print(|| stdout.write_all(bytes).and_then(|()| stdout.flush()));
        }
    }

    /// Ends the report. A reader who has seen enough is no failure, and does not
    /// change the verdict.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self.written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Failed(format!(
                "the report cannot be written: {error}"
            ))),
            _ => Ok(()),
        }
    }
}

/// What became of a lesson, in a few words.
pub(crate) fn headline(name: &str, verdict: &Verdict) -> StyledObject<String> {
    let time = verdict.run.as_ref().map(|run| human(run.time));
    let time = time.map_or(String::new(), |time| format!(" in {time}"));
    if !verdict.passed() {
        style(format!("{name} failed{time}")).red()
    } else if verdict.accepted {
        style(format!("{name} accepted{time}")).yellow()
    } else {
        style(format!("{name} passed{time}")).green()
    }
}

/// A line below the report that shows how a lesson gets on. The threads that read the
/// lesson's output only leave word: a terminal that stands still must not hold it up.
#[derive(Clone)]
pub(crate) struct LiveLine {
    start: Instant,
    state: Arc<Mutex<LiveState>>,
}

#[derive(Default)]
struct LiveState {
    /// The last whole line that the lesson has printed.
    last: String,
    /// How long it ran, if it has ended.
    ended: Option<Duration>,
    is_cleared: bool,
}

impl LiveLine {
    /// Takes the pieces of a lesson's output as they come.
    pub(crate) fn show_last(&self) -> impl FnMut(&[u8]) + Send + 'static {
        let live = self.clone();
        let mut line = Vec::new();
        move |bytes| {
            for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
                // No terminal is wider.
                line.extend(&piece[..piece.len().min(1000_usize.saturating_sub(line.len()))]);
                if piece.ends_with(b"\n") {
                    live.lock().last = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
                    line.clear();
                }
            }
        }
    }

    pub(crate) fn ended(&self) {
        self.lock().ended = Some(self.start.elapsed());
    }

    pub(crate) fn clear(&self) {
        self.lock().is_cleared = true;
    }

    fn lock(&self) -> MutexGuard<'_, LiveState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
