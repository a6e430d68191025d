//! Every command in the README and in the help, as its reader runs it.

#[cfg(unix)]
use crate::{commands, tool::Report, workspace::LESSONS};
use crate::{
    repository::{read, root},
    tool::{report, xtask},
};

#[cfg(unix)]
#[test]
fn what_the_readme_shows_is_what_its_commands_print() {
    let readme = read(&root().join("README.md"));
    let sessions = readme.split("```console\n").skip(1);
    let sessions: Vec<_> = sessions
        .map(|part| part.split("```").next().unwrap())
        .collect();
    assert!(!sessions.is_empty());
    for session in sessions {
        let faults = faults_of_session(session, |line| report(&mut LESSONS.shell(line)));
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

#[cfg(unix)]
#[test]
fn every_command_of_the_readme_the_book_and_the_help_runs() {
    commands::run_those_with_python(false, |line| LESSONS.shell(line));
}

#[test]
fn the_help_names_every_command_of_the_readme() {
    let help = report(&mut xtask()).stdout;
    let readme = read(&root().join("README.md"));
    for command in readme.split("cargo xtask ").skip(1) {
        let name = |character: char| !character.is_ascii_alphanumeric() && character != '-';
        let command = command.split(name).next().unwrap();
        assert!(
            help.contains(&format!("\n  {command} ")),
            "{command}: {help}"
        );
    }
}

#[test]
fn the_oldest_rust_is_the_same_wherever_it_is_named() {
    let oldest = env!("CARGO_PKG_RUST_VERSION");
    for file in [
        "README.md",
        "docs/en/before-you-start.md",
        "docs/ko/before-you-start.md",
        ".github/workflows/ci.yml",
    ] {
        assert!(
            read(&root().join(file)).contains(oldest),
            "{file}: {oldest}"
        );
    }
}

/// Where the commands of a session on a page print something else than it shows.
#[cfg(unix)]
pub fn faults_of_session(session: &str, run: impl Fn(&str) -> Report) -> Vec<String> {
    let mut faults = Vec::new();
    for command in session.split("$ ").skip(1) {
        let (command, shown) = command.split_once('\n').unwrap_or((command, ""));
        let report = run(command);
        if !is_shown(&report.stdout, shown) {
            faults.push(format!("`{command}` ends with {report}"));
        }
    }
    faults
}

/// Whether a text is what a page shows of it, where `...` stands for any lines, and
/// where no time is told from another.
#[cfg(unix)]
fn is_shown(text: &str, shown: &str) -> bool {
    let timeless = |text: &str| {
        let mut timeless = String::new();
        for word in text.split_inclusive(' ') {
            let is_time = word.contains('.') && word.trim().parse::<f64>().is_ok();
            timeless.push_str(if is_time { "TIME " } else { word });
        }
        timeless
    };
    let (text, shown) = (timeless(text), timeless(shown));
    let mut rest = text.as_str();
    for (number, part) in shown.split("...\n").enumerate() {
        let at = if number == 0 {
            rest.starts_with(part).then_some(0)
        } else {
            rest.find(part)
        };
        let Some(at) = at else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty() || shown.ends_with("...\n")
}
