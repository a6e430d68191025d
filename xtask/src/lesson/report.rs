//! What is printed of a lesson that has been judged.

use console::{StyledObject, style};

use crate::{
    cli::human,
    lesson::{outcome::Outcome, workspace::Lesson},
};

/// What a lesson has printed, as it was printed, and what is to be said of it.
pub(crate) fn report(lesson: &Lesson, outcome: &Outcome) -> Vec<u8> {
    let name = &lesson.name;
    let title = format!("chapter {}: {name}", lesson.chapter);
    let mut report = format!("{}\n", style(title).bold()).into_bytes();
    if let Some(run) = &outcome.run {
        report.extend(&run.stdout);
        if !run.stdout.is_empty() && !run.stdout.ends_with(b"\n") {
            report.push(b'\n');
        }
    }
    let colon = if outcome.passed() { "" } else { ":" };
    let mut words = format!("{}{colon}\n", headline(name, outcome));
    if !outcome.passed() {
        let advice = outcome.advice.as_ref().map(|advice| format!("; {advice}"));
        let complaints = outcome.complaints.join("\n  ") + &advice.unwrap_or_default();
        words += &format!("  {complaints}\n");
    }
    if let Some(note) = outcome.note() {
        words += &format!("  note: {note}\n");
    }
    words += &format!("{}\n", outcome.difference);
    report.extend(words.as_bytes());
    report
}

/// What became of a lesson, in a few words.
pub(crate) fn headline(name: &str, outcome: &Outcome) -> StyledObject<String> {
    let time = outcome.run.as_ref().map(|run| human(run.time));
    let time = time.map_or(String::new(), |time| format!(" in {time}"));
    if !outcome.passed() {
        style(format!("{name} failed{time}")).red()
    } else if outcome.accepted {
        style(format!("{name} accepted{time}")).yellow()
    } else {
        style(format!("{name} passed{time}")).green()
    }
}
