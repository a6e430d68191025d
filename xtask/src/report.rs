//! What `run-all` shows: on standard output the report, and on a terminal below
//! it a live line for each lesson that runs.

use std::{
    fmt::Write as _,
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use console::style;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{Failure, in_ci, lessons::Lesson, program::Run};

/// What is to be said of one lesson.
pub(crate) struct Verdict {
    /// Why it failed, each in a sentence; none if it passed.
    pub(crate) complaints: Vec<String>,
    /// How its output differs from the snapshot, in insta's words.
    pub(crate) difference: String,
}

impl Verdict {
    pub(crate) fn passed(&self) -> bool {
        self.complaints.is_empty()
    }
}

/// Standard output, and on a terminal the lines below it that show what runs.
pub(crate) struct Report {
    live: MultiProgress,
    written: io::Result<()>,
}

impl Report {
    pub(crate) fn new() -> Report {
        // Indicatif itself draws nothing where standard error is no terminal.
        let target = if in_ci() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        Report {
            live: MultiProgress::with_draw_target(target),
            written: Ok(()),
        }
    }

    /// A line that shows how long a lesson has run, until it is cleared.
    pub(crate) fn live_line(&self, name: &str) -> ProgressBar {
        let line = self.live.add(ProgressBar::new_spinner());
        let template = "{spinner} {prefix:12} {elapsed:>4}  {wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            line.set_style(style);
        }
        line.set_prefix(name.to_owned());
        line.enable_steady_tick(Duration::from_millis(100));
        line
    }

    pub(crate) fn lesson(&mut self, lesson: &Lesson, run: Option<&Run>, verdict: &Verdict) {
        let title = format!("chapter {}: {}", lesson.chapter, lesson.name);
        self.print(&format!("{}\n", style(title).bold()));
        if let Some(run) = run {
            self.print_bytes(&run.stdout);
            if !run.stdout.is_empty() && !run.stdout.ends_with(b"\n") {
                self.print("\n");
            }
        }
        self.print(&verdict.difference);
        let time = run
            .map(|run| format!(" in {}", human(run.time)))
            .unwrap_or_default();
        let mut text = String::new();
        if !verdict.passed() {
            let _ = writeln!(
                text,
                "{}",
                style(format!("{} failed{time}:", lesson.name)).red()
            );
            for complaint in &verdict.complaints {
                let _ = writeln!(text, "  {complaint}");
            }
        } else if verdict.difference.is_empty() {
            let _ = writeln!(
                text,
                "{}",
                style(format!("{} passed{time}", lesson.name)).green()
            );
        } else {
            let words = format!("{} accepted{time}", lesson.name);
            let _ = writeln!(text, "{}", style(words).yellow());
        }
        self.print(&format!("{text}\n"));
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
                count(lessons, "lesson")
            ))
            .red()
        } else if strays > 0 {
            style(format!("{} without a lesson", count(strays, "snapshot"))).red()
        } else {
            style(format!(
                "{} passed in {}",
                count(lessons, "lesson"),
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
                .suspend(|| stdout.write_all(bytes).and_then(|()| stdout.flush()));
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

/// Shows in a live line the last whole line that a lesson has printed.
pub(crate) fn show_last_line(live: ProgressBar) -> impl FnMut(&[u8]) + Send + 'static {
    let mut unfinished = Vec::new();
    move |bytes| {
        for &byte in bytes {
            if byte == b'\n' {
                live.set_message(String::from_utf8_lossy(&unfinished).into_owned());
                unfinished.clear();
            } else {
                unfinished.push(byte);
            }
        }
    }
}

pub(crate) fn human(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

pub(crate) fn relative(path: &Path, root: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}

fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}
