//! What is printed of a lesson that has been judged.

use console::{StyledObject, style};

use crate::{
    cli::{human, plain_lines},
    lesson::{outcome::Outcome, workspace::Lesson},
};

/// What a lesson has printed, in its order, and what is to be said of it.
pub(crate) fn report(lesson: &Lesson, outcome: &Outcome) -> String {
    let name = &lesson.name;
    let title = format!("chapter {}: {name}", lesson.chapter);
    let mut report = format!("{}\n", style(title).bold());
    if let Some(run) = &outcome.run {
        report += &run.shown();
    }
    let colon = if outcome.passed() { "" } else { ":" };
    report += &format!("{}{colon}\n", headline(name, outcome));
    // It may be the cause of what is wrong.
    if let Some(note) = outcome.note() {
        report += &format!("  note: {note}\n");
    }
    if !outcome.passed() {
        let advice = outcome.advice.as_ref().map(|advice| format!("; {advice}"));
        let complaints = outcome.complaints.join("\n  ") + &advice.unwrap_or_default();
        report += &plain_lines(&format!("  {complaints}"));
    }
    report + &outcome.difference + "\n"
}

/// What became of a lesson, in a few words.
pub(crate) fn headline(name: &str, outcome: &Outcome) -> StyledObject<String> {
    let run = outcome.run.as_ref();
    let time = run.map_or(String::new(), |run| format!(" in {}", human(run.time)));
    if !outcome.passed() {
        style(format!("{name} failed{time}")).red()
    } else if outcome.accepted {
        style(format!("{name} accepted{time}")).yellow()
    } else {
        style(format!("{name} passed{time}")).green()
    }
}
