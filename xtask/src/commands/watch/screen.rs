//! What `watch` shows on a terminal: one screen, in which what matters most stands first
//! and what does not fit comes page by page.

use std::{
    iter::{repeat, zip},
    ptr,
    sync::Arc,
};

use console::{Style, strip_ansi_codes, style, truncate_str};
use xtask::order::{count::Count, description::Description, guarantees};

use crate::{
    cli::{number_of, plain_lines, wrapped},
    commands::{
        orders::{numbered_lines, sections, write_orders},
        watch::look::{JudgedRun, Look},
    },
    lesson::{program::Run, report::headline, workspace::Lesson},
    timeline::text,
};

/// Less of an output is not worth its place.
const FEWEST_LINES: usize = 5;

const KEYS: &str = "q quit  a accept  d diff  m more  o orders  p pairs  r run  t real clock";

/// How the rest of what is cut comes to be shown.
const MORE: &str = ", with `m`";

/// What is shown.
#[derive(Default)]
pub(super) struct Screen {
    lesson: String,
    /// What is to be said of the last build.
    said: String,
    /// Whether the lesson was not built then.
    is_broken: bool,
    /// The last run of the lesson.
    run: Option<JudgedRun>,
    /// Its order as accepted, once that was seen.
    accepted: Option<Arc<Description>>,
    view: View,
    /// Which page of all that there is, counted from 1; 0 is what is most telling of it.
    page: usize,
    /// What a run on the real clock that goes on has printed so far.
    pub(super) printed: Vec<u8>,
    /// What is shown in the place of the keys.
    pub(super) note: Option<&'static str>,
}

/// What part of it is shown.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum View {
    #[default]
    All,
    Difference,
    Orders,
    Pairs,
}

impl Screen {
    pub(super) fn of(lesson: &str) -> Screen {
        Screen {
            lesson: lesson.to_owned(),
            ..Screen::default()
        }
    }

    /// Takes what came of a look.
    pub(super) fn show(&mut self, look: Look) {
        self.said = look.said;
        self.is_broken = look.run.is_none();
        self.run = look.run.or(self.run.take());
        self.page = 0;
        self.remember();
    }

    /// Shows that part, or everything if it is shown already.
    pub(super) fn toggle(&mut self, view: View) {
        self.view = if self.view == view { View::All } else { view };
        self.page = 0;
    }

    /// Shows the next page, and behind the last what is most telling.
    pub(super) fn more(&mut self) {
        self.page += 1;
    }

    /// Whether something differs that can be accepted.
    pub(super) fn differs(&self) -> bool {
        self.built().is_some_and(|run| run.outcome.advice.is_some())
    }

    /// Accepts what differs from the snapshots of the lesson.
    pub(super) fn accept(&mut self, lesson: &Lesson) {
        if let Some(run) = &mut self.run {
            run.outcome.accept(lesson);
        }
        self.remember();
    }

    /// The run of the last save, if the lesson was built.
    fn built(&self) -> Option<&JudgedRun> {
        self.run.as_ref().filter(|_| !self.is_broken)
    }

    /// Keeps what is accepted, to say what has become of it.
    fn remember(&mut self) {
        if let Some(run) = self.built()
            && run.outcome.passed()
            && let Ok(order) = &run.order
        {
            self.accepted = Some(Arc::clone(&order.description));
        }
    }

    /// The screen in lines, as many and as wide as the terminal has, with what goes on in the
    /// first.
    pub(super) fn lines(&mut self, doing: &str, size: (u16, u16)) -> Vec<String> {
        let [height, width] = [size.0, size.1].map(usize::from);
        // The verdict has its line in the lowest window too.
        let room = height.saturating_sub(1).max(1);
        let part = |page: usize| self.part(page, doing, room, width);
        // The first page may show no more than what is most telling does.
        let page = self.page + usize::from(self.page == 1 && part(1) == part(0));
        let (page, text) = match part(page) {
            Some(text) => (page, text),
            None => (0, part(0).unwrap_or_default()),
        };
        self.page = page;
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.resize(room, String::new());
        lines.push(match self.note {
            Some(note) => style(note).bold().to_string(),
            None => style(keys(width)).dim().to_string(),
        });
        let narrow = |line: &String| truncate_str(line, width, "…").into_owned();
        lines.iter().take(height.max(1)).map(narrow).collect()
    }

    /// What is most telling, in so many lines, or that page of all, if there is one.
    fn part(&self, number: usize, doing: &str, room: usize, width: usize) -> Option<String> {
        let half = match number {
            0 => (room / 2).max(FEWEST_LINES),
            _ => usize::MAX,
        };
        // With each page there are more.
        let orders = |run| orders(run, room * (number.max(1) + 1), width);
        let text = self.verdict(doing, half, width)
            + &match (self.view, self.built()) {
                (View::Difference, Some(run)) if run.outcome.difference.is_empty() => {
                    "nothing differs from what is accepted".to_owned()
                }
                (View::Difference, Some(run)) => run.outcome.difference.clone(),
                (View::Orders, Some(run)) => orders(run),
                (View::Pairs, Some(_)) => self.pairs(width),
                _ => self.all(half, width),
            };
        match number {
            0 => Some(cut(text.trim_end(), room.max(2), MORE)),
            number => page(text.trim_end(), number - 1, room.max(3)),
        }
    }

    /// What is to be said first, the complaints in at most so many lines if there is more to
    /// see.
    fn verdict(&self, doing: &str, most: usize, width: usize) -> String {
        let run = self.built();
        let words = match run {
            Some(run) => headline(&self.lesson, &run.outcome),
            None if self.is_broken => style(format!("{} does not build", self.lesson)).red(),
            None => style(self.lesson.clone()),
        };
        // What is about to be judged anew stands back, and is neither green nor red any more.
        let words = if doing.is_empty() {
            words.bold()
        } else {
            style(strip_ansi_codes(&words.to_string()).into_owned()).dim()
        };
        let mut text = format!("{words}  {doing}\n");
        let Some(run) = run else {
            return text + "\n";
        };
        let note = run.outcome.note().map(|note| format!("note: {note}"));
        let mut complaints: Vec<_> = note.into_iter().collect();
        complaints.extend(run.outcome.complaints.iter().cloned());
        match &run.order {
            Ok(order) => {
                let then = self.accepted.as_ref().unwrap_or(&order.description);
                let became = guarantees::became(then.guaranteed, order.description.guaranteed);
                complaints.retain(|complaint| *complaint != became);
                text += &wrapped(&count(then, &order.description), width);
            }
            // Why it did not run well is said already, and below it is said with the orders.
            Err(_) if run.outcome.told.is_err() || self.view == View::Orders => {}
            Err(reason) => complaints.push(unknown(reason)),
        }
        let complaints = complaints.iter().map(|it| format!("  {it}\n"));
        let complaints = wrapped(&plain_lines(&complaints.collect::<String>()), width);
        text + &match self.view {
            View::Difference => complaints,
            View::All | View::Orders | View::Pairs => cut(&complaints, most, ", with `d`"),
        } + "\n"
    }

    /// Everything: the output in at most so many lines, the picture, and what is guaranteed,
    /// likely and luck.
    fn all(&self, most: usize, width: usize) -> String {
        let mut text = String::new();
        if self.is_broken {
            text += &format!("{}\n\n", self.said.trim_end());
            if self.run.is_some() {
                text += &format!("{}\n", style("before that:").bold());
            }
        } else if !self.said.is_empty() {
            text += &(cut(&self.said, most, " of what the compiler says") + "\n");
        }
        let printed = self.run.as_ref().and_then(|run| run.outcome.run.as_ref());
        let goes_on = Some(&self.printed).filter(|printed| !printed.is_empty());
        let goes_on = goes_on.map(|printed| plain_lines(&String::from_utf8_lossy(printed)));
        if let Some(printed) = goes_on.or_else(|| printed.map(Run::shown)) {
            text += &(cut(&printed, most, " of its output") + "\n");
        }
        if let Some(Ok(order)) = self.run.as_ref().map(|run| &run.order) {
            text += &(text::draw(&order.picture, width) + "\n");
        }
        text + &self.pairs(width)
    }

    /// What is guaranteed, likely and luck, and what of it has changed.
    fn pairs(&self, width: usize) -> String {
        let Some(Ok(order)) = self.run.as_ref().map(|run| &run.order) else {
            return String::new();
        };
        let then = self.accepted.as_ref().unwrap_or(&order.description);
        compared(then, &order.description, width)
    }
}

/// The keys, the last of them without their words where the terminal is too narrow for all.
fn keys(width: usize) -> String {
    let mut keys: Vec<_> = KEYS.split("  ").collect();
    let mut last = keys.len();
    while keys.join("  ").len() > width && last > 0 {
        last -= 1;
        keys[last] = &keys[last][..1];
    }
    keys.join("  ")
}

/// At most so many lines of a text, if it has that page: its first line, and those of the page.
fn page(text: &str, number: usize, most: usize) -> Option<String> {
    let mut lines: Vec<_> = text.lines().collect();
    // The last says that there are more, but not on the last page.
    let on_a_page = most - 2;
    let pages = lines.len().saturating_sub(2).div_ceil(on_a_page).max(1);
    (number < pages).then(|| {
        lines.drain(1..=number * on_a_page);
        cut(&lines.join("\n"), most, MORE)
    })
}

/// At most so many lines of a text, the last of which says where the others are.
fn cut(text: &str, most: usize, rest: &str) -> String {
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    if lines.len() > most {
        let more = number_of(lines.len() - (most - 1), "more line");
        lines.truncate(most - 1);
        lines.push(style(format!("… {more}{rest}")).dim().to_string());
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// How many orders there are now, and were then.
fn count(then: &Description, now: &Description) -> String {
    let became = |then: Count, now: Count| {
        let [then, now] = [then, now].map(|count| count.to_string());
        match then == now {
            true => now,
            false => style(format!("{then} → {now}")).bold().to_string(),
        }
    };
    format!(
        "  orders: {} with its sleeps, {} by start and join alone",
        became(then.likely, now.likely),
        became(then.guaranteed, now.guaranteed)
    )
}

/// What may be missing, is guaranteed, likely and luck: in each first what is so now, then
/// what was so only then. A pair that others imply is not lost, nor gained if they implied
/// it.
fn compared(then: &Description, now: &Description, width: usize) -> String {
    let mut text = String::new();
    let sections = zip(marked(now, then, '+', width), marked(then, now, '-', width));
    for ((title, mut rows), (_, old_rows)) in sections {
        rows.extend(old_rows.into_iter().filter(|(mark, _)| *mark == '-'));
        if rows.is_empty() {
            continue;
        }
        text += &styled(&wrapped(title, width), &Style::new().bold());
        for (mark, row) in rows {
            let colour = match mark {
                '+' => Style::new().green(),
                '-' => Style::new().red(),
                _ => Style::new(),
            };
            text += &styled(&format!("{mark} {}", row.replace('\n', "\n  ")), &colour);
        }
        text.push('\n');
    }
    text
}

/// A text in a style, each line for itself, so that any of them can be cut.
fn styled(text: &str, style: &Style) -> String {
    let lines = text.lines();
    lines
        .map(|line| format!("{}\n", style.apply_to(line)))
        .collect()
}

/// What is to be said of an order, with this mark where it is not so in the other one.
fn marked(
    order: &Description,
    other: &Description,
    mark: char,
    width: usize,
) -> impl Iterator<Item = (&'static str, Vec<(char, String)>)> {
    // All that is said of an order is so in itself.
    let is_so = (!ptr::eq(order, other)).then(|| order.holds_in(other));
    let sections = zip(sections(order, width), is_so.unwrap_or_default());
    sections.map(move |((title, rows), is_so)| {
        let marks = is_so.into_iter();
        let marks = marks.map(|is_so| if is_so { ' ' } else { mark });
        // A last row may say that there are more.
        (title, zip(marks.chain(repeat(' ')), rows).collect())
    })
}

fn unknown(reason: &str) -> String {
    format!("its orders are not known: {reason}")
}

/// The orders, at most as many as there is room for.
fn orders(run: &JudgedRun, room: usize, width: usize) -> String {
    let order = match &run.order {
        Err(reason) => return wrapped(&unknown(reason), width),
        Ok(order) => &order.description,
    };
    let mut out = numbered_lines(order).into_bytes();
    // Nothing goes wrong with what is written to memory.
    let _ = write_orders(order, room, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_on_one_page_below_the_first_line() {
        for most in 3..7 {
            for count in 1..20 {
                let lines: Vec<_> = (0..count).map(|line| line.to_string()).collect();
                let text = lines.join("\n");
                let mut seen = vec!["0".to_owned()];
                for page in (0..).map_while(|number| page(&text, number, most)) {
                    let page: Vec<_> = page.lines().map(str::to_owned).collect();
                    assert!(page.len() <= most && page[0] == "0", "{page:?}");
                    let rest = page[1..].iter().filter(|line| !line.contains('…'));
                    seen.extend(rest.cloned());
                }
                assert_eq!(seen, lines, "{most} lines a page");
            }
        }
    }
}
