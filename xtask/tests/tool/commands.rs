//! The commands that the README, the book and the help tell their reader to type.

use std::{collections::BTreeSet, process::Command, thread};

use crate::{
    repository::{LANGUAGES, pages, read, root},
    tool::{report, xtask},
};

/// Runs those of the README, the book and the help that need Python, or those that
/// do not, each as a line of this shell.
pub fn run_those_with_python(python: bool, shell: impl Fn(&str) -> Command + Sync) {
    let mut commands = examples();
    commands.extend(commands_of(&read(&root().join("README.md"))));
    for language in LANGUAGES {
        let pages = pages(root(), language);
        commands.extend(pages.values().flat_map(|page| commands_of(page)));
    }
    commands.retain(|command| command.contains("python3 ") == python);
    assert!(!commands.is_empty());
    // Some of them sleep for seconds, so they all run side by side.
    let faults: Vec<_> = thread::scope(|scope| {
        let runs: Vec<_> = commands
            .iter()
            .map(|command| scope.spawn(|| fault(&shell, command)))
            .collect();
        let faults = runs.into_iter().filter_map(|run| run.join().unwrap());
        faults.collect()
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The commands that a text tells its reader to type, in a block of their own or in a
/// line, with none that stand for any: those name what they stand for in capitals.
pub fn commands_of(text: &str) -> BTreeSet<String> {
    let mut commands = BTreeSet::new();
    for (number, part) in text.split("```").enumerate() {
        if let Some(block) = part.strip_prefix("sh\n") {
            commands.extend(block.lines().map(str::to_owned));
        } else if number % 2 == 0 {
            commands.extend(part.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    // These take minutes, or another program, and .ci/run runs them; the others are
    // named only, without a lesson.
    let named = "model|book|bench|bench workers|orders|check|timeline"
        .split('|')
        .map(|name| format!("cargo xtask {name}"))
        .collect::<Vec<_>>();
    commands.retain(|command| {
        let stands_for_any =
            |word: &str| word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase());
        let is_one = ["cargo run", "cargo xtask ", "python3 docs"]
            .iter()
            .any(|start| command.contains(start));
        is_one && !named.contains(command) && !command.split([' ', '.']).any(stands_for_any)
    });
    commands
}

/// The examples of the help.
fn examples() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for command in ["run-all", "watch", "orders", "check", "timeline"] {
        let help = report(xtask().args([command, "--help"]));
        let examples = help.stdout.split("Examples:\n").nth(1).unwrap_or_default();
        let examples = examples.lines().take_while(|line| line.starts_with("  "));
        let picture = format!(" '{}'/picture.", env!("CARGO_TARGET_TMPDIR"));
        let examples = examples.map(|example| example.trim().replace(" picture.", &picture));
        let examples: Vec<_> = examples.collect();
        assert!(!examples.is_empty(), "{help}");
        all.extend(examples);
    }
    all
}

/// What goes wrong with a command, if anything does. However many runs it asks for, a few
/// show that it runs.
fn fault(shell: impl Fn(&str) -> Command, command: &str) -> Option<String> {
    let few = command.replace("--observe 300", "--observe 3");
    let report = report(&mut shell(&few));
    // Nothing is no output of a lesson, and `check` says so.
    let is_of_nothing = command.starts_with("cargo xtask check") && !command.contains(" -- ");
    let expected = i32::from(is_of_nothing);
    (report.status != Some(expected)).then(|| format!("`{command}` ends with {report}"))
}
