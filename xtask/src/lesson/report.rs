//! What is printed of a lesson that has been judged.

use console::style;

use crate::{
    cli::human,
    lesson::{verdict::Verdict, workspace::Lesson},
};

/// What a lesson has printed, as it was printed, and what is to be said of it.
pub(crate) fn report(lesson: &Lesson, verdict: &Verdict) -> Vec<u8> {
    let name = &lesson.name;
    let title = format!("chapter {}: {name}", lesson.chapter);
    let mut report = format!("{}\n", style(title).bold()).into_bytes();
    let mut time = String::new();
    if let Some(run) = &verdict.run {
        report.extend(&run.stdout);
        if !run.stdout.is_empty() && !run.stdout.ends_with(b"\n") {
            report.push(b'\n');
        }
        time = format!(" in {}", human(run.time));
    }
    let words = if !verdict.passed() {
        style(format!("{name} failed{time}:")).red()
    } else if verdict.accepted {
        style(format!("{name} accepted{time}")).yellow()
    } else {
        style(format!("{name} passed{time}")).green()
    };
    let mut words = format!("{words}\n");
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
