//! What `watch` shows on a terminal: one screen, in which what matters most stands first
//! and what does not fit is cut.

use std::{io, sync::Arc};

use console::{Style, strip_ansi_codes, style, truncate_str};
use worker_core::Clock;
use xtask::order::description::Description;

use crate::{
    cli::{human, number_of, wrapped},
    commands::{
        orders::{write_lines, write_orders},
        watch::{
            look::{JudgedRun, Look},
            marks::{self, Mark},
        },
    },
    timeline::text,
};

/// Less of an output is not worth its place.
const FEWEST_LINES: usize = 5;

const KEYS: [&str; 6] = [
    "a accept",
    "d diff",
    "o orders",
    "r run",
    "t real clock",
    "q quit",
];

/// What is shown.
pub(super) struct Screen {
    lesson: String,
    /// What came of the last save.
    look: Option<Look>,
    /// The last run of a lesson that was built, if that is not the last save's.
    before: Option<JudgedRun>,
    /// Its order as accepted, once that was seen.
    accepted: Option<Arc<Description>>,
    view: View,
    /// What goes on.
    doing: &'static str,
    /// What a run on the real clock has printed so far.
    printed: Option<Vec<u8>>,
    /// What is shown in the place of the keys.
    pub(super) note: Option<&'static str>,
}

/// What part of it is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    All,
    Difference,
    Orders,
}

impl Screen {
    pub(super) fn of(lesson: &str) -> Screen {
        Screen {
            lesson: lesson.to_owned(),
            look: None,
            before: None,
            accepted: None,
            view: View::All,
            doing: "",
            printed: None,
            note: None,
        }
    }

    /// Takes what came of a save.
    pub(super) fn show(&mut self, look: Look) {
        if look.run.is_none() {
            let last = self.look.take().and_then(|look| look.run);
            self.before = last.or(self.before.take());
        } else {
            self.before = None;
        }
        self.look = Some(look);
        self.doing = "";
        self.printed = None;
        self.remember();
    }

    /// Says that a run has begun.
    pub(super) fn begin(&mut self, clock: Clock) {
        self.note = None;
        (self.doing, self.printed) = match clock {
            Clock::Simulated => ("… is built and run", None),
            Clock::Real => ("… is run on the real clock", Some(Vec::new())),
        };
    }

    /// Adds to what the run that goes on has printed.
    pub(super) fn print(&mut self, bytes: &[u8]) {
        if let Some(printed) = &mut self.printed {
            printed.extend(bytes);
        }
    }

    /// Shows that part, or everything if it is shown already.
    pub(super) fn toggle(&mut self, view: View) {
        self.view = if self.view == view { View::All } else { view };
    }

    /// Whether something differs that can be accepted.
    pub(super) fn differs(&self) -> bool {
        self.run().is_some_and(|run| run.verdict.advice.is_some())
    }

    /// Accepts what differs.
    pub(super) fn accept(&mut self) {
        if let Some(run) = self.look.as_mut().and_then(|look| look.run.as_mut()) {
            run.accept();
        }
        self.remember();
    }

    /// The run of the last save, if the lesson was built.
    fn run(&self) -> Option<&JudgedRun> {
        self.look.as_ref()?.run.as_ref()
    }

    /// Keeps what is accepted, to say what has become of it.
    fn remember(&mut self) {
        if let Some(run) = self.run()
            && run.verdict.passed()
            && let Ok(order) = &run.order
        {
            self.accepted = Some(Arc::clone(&order.description));
        }
    }

    /// The screen in lines, as many and as wide as the terminal has.
    pub(super) fn lines(&self, height: usize, width: usize) -> Vec<String> {
        // The verdict has its line in the lowest window too.
        let room = height.saturating_sub(1).max(1);
        let mut lines = self.verdict(room, width);
        match (self.view, self.run()) {
            (View::Difference, Some(run)) => lines.extend(difference(run)),
            (View::Orders, Some(run)) => lines.extend(orders(run, room)),
            _ => self.all(room, width, &mut lines),
        }
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        if lines.len() > room && room > 1 {
            let cut = number_of(lines.len() - (room - 1), "more line");
            lines.truncate(room - 1);
            let words = format!("… {cut}, which a taller window shows");
            lines.push(style(words).dim().to_string());
        }
        lines.resize(room, String::new());
        lines.push(match self.note {
            Some(note) => style(note).bold().to_string(),
            None => style(keys(width)).dim().to_string(),
        });
        let cut = |line: &String| truncate_str(line, width, "…").into_owned();
        lines.iter().take(height.max(1)).map(cut).collect()
    }

    /// What is to be said first, in no more than half of the room if there is more to see.
    fn verdict(&self, room: usize, width: usize) -> Vec<String> {
        let name = &self.lesson;
        let run = self.look.as_ref().map(|look| look.run.as_ref());
        let mut complaints = Vec::new();
        let words = match run {
            None => style(name.clone()).bold(),
            Some(None) => style(format!("{name} does not build")).red().bold(),
            Some(Some(run)) => {
                let verdict = &run.verdict;
                complaints.extend(verdict.complaints.iter().cloned());
                complaints.extend(verdict.note().iter().map(|note| format!("note: {note}")));
                let time = verdict.run.as_ref().map(|run| human(run.time));
                let time = time.map_or(String::new(), |time| format!(" in {time}"));
                if !verdict.passed() {
                    style(format!("{name} failed{time}")).red().bold()
                } else if verdict.accepted {
                    style(format!("{name} accepted{time}")).yellow().bold()
                } else {
                    style(format!("{name} passed{time}")).green().bold()
                }
            }
        };
        let mut lines = vec![format!("{words}  {}", style(self.doing).dim())];
        if let Some(Some(run)) = run
            && let Ok(order) = &run.order
        {
            let count = wrapped(&self.count(&order.description), width);
            lines.extend(count.lines().map(str::to_owned));
        }
        let mut sentences = Vec::new();
        for complaint in complaints {
            let complaint = wrapped(&format!("  {complaint}"), width);
            sentences.extend(complaint.lines().map(plain));
        }
        let most = match self.view {
            View::Difference => sentences.len(),
            View::All | View::Orders => (room / 2).max(FEWEST_LINES),
        };
        if sentences.len() > most {
            let cut = number_of(sentences.len() - (most - 1), "more line");
            sentences.truncate(most - 1);
            let words = format!("  … {cut}, with `d`");
            sentences.push(style(words).dim().to_string());
        }
        lines.extend(sentences);
        lines.push(String::new());
        lines
    }

    /// How many orders there are now, and were as accepted.
    fn count(&self, order: &Description) -> String {
        let now = counts(order);
        let then = counts(self.accepted.as_deref().unwrap_or(order));
        let [with, without] = [0, 1].map(|count| match (&then[count], &now[count]) {
            (then, now) if then == now => now.clone(),
            (then, now) => style(format!("{then} → {now}")).bold().to_string(),
        });
        format!("  orders: {with} with its sleeps, {without} by start and join alone")
    }

    /// Everything: the output, the picture, and what is guaranteed, likely and luck.
    fn all(&self, room: usize, width: usize, lines: &mut Vec<String>) {
        let built = self.run();
        let said = self.look.as_ref().map_or("", |look| &look.said);
        let said: Vec<_> = said.lines().map(str::to_owned).collect();
        if built.is_none() {
            lines.extend(said.iter().cloned());
            lines.push(String::new());
            if self.before.is_some() {
                lines.push(style("before that:").bold().to_string());
            }
        }
        let run = built.or(self.before.as_ref());
        let printed = run.and_then(|run| Some(&run.verdict.run.as_ref()?.stdout));
        if let Some(printed) = self.printed.as_ref().or(printed) {
            let printed = String::from_utf8_lossy(printed);
            let printed: Vec<_> = printed.lines().map(plain).collect();
            let shown = printed.len().min((room / 2).max(FEWEST_LINES));
            lines.extend_from_slice(&printed[..shown]);
            if shown < printed.len() {
                let cut = number_of(printed.len() - shown, "more line");
                lines.push(style(format!("… {cut} of its output")).dim().to_string());
            }
            lines.push(String::new());
        }
        let Some(run) = run else {
            return;
        };
        if let Ok(order) = &run.order {
            let picture = text::draw(&order.picture, width);
            lines.extend(picture.lines().map(plain));
            lines.push(String::new());
            lines.extend(self.order(&order.description, width));
        }
        if built.is_some() {
            lines.extend(said);
        }
    }

    /// What is guaranteed, likely and luck, with what was gained and lost of it.
    fn order(&self, order: &Description, width: usize) -> Vec<String> {
        let then = self.accepted.as_deref().unwrap_or(order);
        let mut lines = Vec::new();
        for (title, rows) in marks::sections(then, order, width) {
            if rows.is_empty() {
                continue;
            }
            let title = wrapped(title, width);
            lines.extend(title.lines().map(|line| style(line).bold().to_string()));
            for (mark, row) in rows {
                let (sign, colour) = match mark {
                    Mark::Same => (' ', Style::new()),
                    Mark::Gained => ('+', Style::new().green()),
                    Mark::Lost => ('-', Style::new().red()),
                };
                let row = format!("{sign} {}", row.replace('\n', "\n  "));
                let row = row.lines().map(|line| colour.apply_to(line).to_string());
                lines.extend(row);
            }
            lines.push(String::new());
        }
        lines
    }
}

fn keys(width: usize) -> String {
    let keys = KEYS.join("  ");
    if keys.len() <= width {
        keys
    } else {
        KEYS.join(" ")
    }
}

/// How many orders there are with the sleeps, and how many by start and join alone.
fn counts(order: &Description) -> [String; 2] {
    [&order.likely, &order.guaranteed].map(ToString::to_string)
}

fn difference(run: &JudgedRun) -> Vec<String> {
    if run.verdict.difference.is_empty() {
        return vec!["nothing differs from what is accepted".to_owned()];
    }
    run.verdict.difference.lines().map(str::to_owned).collect()
}

/// The orders, at most as many as there is room for.
fn orders(run: &JudgedRun, room: usize) -> Vec<String> {
    match &run.order {
        Err(reason) => vec![format!("its orders are not known: {reason}")],
        Ok(order) => written(|out| {
            write_lines(&order.description, out)?;
            write_orders(&order.description, room, out)
        }),
    }
}

/// What is written, in lines.
fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> Vec<String> {
    let mut out = Vec::new();
    // Nothing goes wrong with what is written to memory.
    let _ = write(&mut out);
    let out = String::from_utf8_lossy(&out);
    out.lines().map(str::to_owned).collect()
}

/// A line without what a terminal would take for more than text.
fn plain(line: &str) -> String {
    let line = strip_ansi_codes(line);
    let plain = line.chars().map(|sign| match sign {
        '\t' => ' ',
        sign if sign.is_control() => '�',
        sign => sign,
    });
    plain.collect()
}
