//! Every command in the README and in the help, as its reader runs it.

use std::fs;

#[cfg(unix)]
use crate::workspace::shell;
use crate::workspace::{report, root, xtask};

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
            assert_eq!(stdout, expected, "{command}: {stderr}");
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
