//! What is printed of a lesson that has been judged.

use console::{StyledObject, style};

use crate::{
    cli::human,
    lesson::{verdict::Verdict, workspace::Lesson},
};

/// What a lesson has printed, as it was printed, and what is to be said of it.
pub(crate) fn report(lesson: &Lesson, verdict: &Verdict) -> Vec<u8> {
    let name = &lesson.name;
    let title = format!("chapter {}: {name}", lesson.chapter);
    let mut report = format!("{}\n", style(title).bold()).into_bytes();
    if let Some(run) = &verdict.run {
        report.extend(&run.stdout);
        if !run.stdout.is_empty() && !run.stdout.ends_with(b"\n") {
            report.push(b'\n');
        }
    }
    let colon = if verdict.passed() { "" } else { ":" };
    let mut words = format!("{}{colon}\n", headline(name, verdict));
    if !verdict.passed() {
        let advice = verdict.advice.as_ref().map(|advice| format!("; {advice}"));
        let complaints = verdict.complaints.join("\n  ") + &advice.unwrap_or_default();
        words += &format!("  {complaints}\n");
    }
    if let Some(note) = verdict.note() {
        words += &format!("  note: {note}\n");
    }
    words += &format!("{}\n", verdict.difference);
    report.extend(words.as_bytes());
    report
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
