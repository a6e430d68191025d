//! Every command in the README and in the help, as its reader runs it.

#[cfg(unix)]
use std::collections::BTreeSet;
use std::fs;

#[cfg(unix)]
use crate::workspace::shell;
use crate::workspace::{is_shown, report, root, xtask};

/// The blocks of this kind in a Markdown file.
fn blocks(file: &str, kind: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(file)).unwrap();
    let opening = format!("```{kind}\n");
    let blocks = text.split(&opening).skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect()
}

#[cfg(unix)]
#[test]
fn what_the_readme_shows_is_what_its_commands_print() {
    let blocks = blocks("README.md", "console");
    assert!(!blocks.is_empty());
    for block in blocks {
        for session in block.split("$ ").skip(1) {
            let (command, expected) = session.split_once('\n').unwrap();
            let output = shell(root(), command).output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            let stdout = String::from_utf8_lossy(&output.stdout);
            assert!(is_shown(&stdout, expected), "{command}: {stdout}{stderr}");
        }
    }
}

#[cfg(unix)]
#[test]
fn the_examples_of_the_help_run() {
    for command in ["run-all", "orders", "check", "timeline"] {
        let help = report(xtask().args([command, "--help"]));
        let examples = help.stdout.split("Examples:\n").nth(1).unwrap_or_default();
        let examples: Vec<_> = examples
            .lines()
            .take_while(|line| line.starts_with("  "))
            .collect();
        assert!(!examples.is_empty(), "{help}");
        for example in examples {
            let folder = env!("CARGO_TARGET_TMPDIR");
            let example = example.replace(" picture.", &format!(" {folder}/picture."));
            let output = shell(root(), &example).output().unwrap();
            assert!(output.status.success(), "{example}: {output:?}");
        }
    }
}

#[test]
fn the_help_names_every_command_of_the_readme() {
    let help = report(&mut xtask()).stdout;
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for command in readme.split("cargo xtask ").skip(1) {
        let name = |character: char| !character.is_ascii_alphanumeric() && character != '-';
        let command = command.split(name).next().unwrap();
        assert!(
            help.contains(&format!("\n  {command} ")),
            "{command}: {help}"
        );
    }
}

/// The commands that a text tells its reader to type, in a block of their own or in a
/// line, with none that stand for any: those name what they stand for in capitals.
#[cfg(unix)]
fn commands(text: &str) -> BTreeSet<String> {
    let mut commands = BTreeSet::new();
    for (number, part) in text.split("```").enumerate() {
        if let Some(block) = part.strip_prefix("sh\n") {
            commands.extend(block.lines().map(str::to_owned));
        } else if number % 2 == 0 {
            commands.extend(part.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    commands.retain(|command| {
        let stands_for_any =
            |word: &str| word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase());
        let is_one = command.contains("cargo run") || command.contains("cargo xtask ");
        is_one && !command.split([' ', '.']).any(stands_for_any)
    });
    commands
}

#[cfg(unix)]
#[test]
fn every_command_of_the_readme_and_the_book_runs() {
    let mut pages = vec![root().join("README.md")];
    for language in ["en", "ko"] {
        let folder = fs::read_dir(root().join("docs").join(language)).unwrap();
        pages.extend(folder.map(|entry| entry.unwrap().path()));
    }
    pages.retain(|page| page.extension().is_some_and(|kind| kind == "md"));
    let texts = pages.iter().map(|page| fs::read_to_string(page).unwrap());
    let commands: BTreeSet<_> = texts.flat_map(|text| commands(&text)).collect();
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands {
        // These take minutes, or another program, and .ci/run runs them; the others are
        // named only, without a lesson.
        let names = [
            "model",
            "book",
            "bench",
            "bench workers",
            "orders",
            "check",
            "timeline",
        ];
        if names
            .iter()
            .any(|name| command == format!("cargo xtask {name}"))
        {
            continue;
        }
        let output = shell(root(), &command).output().unwrap();
        // Nothing is no output of a lesson, and `check` says so.
        let expected = i32::from(command.starts_with("cargo xtask check"));
        assert_eq!(
            output.status.code(),
            Some(expected),
            "{command}: {output:?}"
        );
    }
}
