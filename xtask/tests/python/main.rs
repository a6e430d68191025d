//! What the book says of Python: its programs, and the commands that run them.

#[cfg(unix)]
#[path = "../tool/commands.rs"]
mod commands;
#[path = "../tool/repository.rs"]
mod repository;
#[path = "../tool/tool.rs"]
mod tool;

use std::process::{Command, Stdio};

use repository::{lessons, read, root};
use tool::{report, xtask};

/// Python, which has to be there.
fn python() -> Command {
    let name = if cfg!(windows) { "python" } else { "python3" };
    let version = Command::new(name).arg("--version").output();
    assert!(
        version.is_ok_and(|version| version.status.success()),
        "there is no {name} on the PATH; install Python 3, or test without `--features python`"
    );
    Command::new(name)
}

#[test]
fn every_python_program_prints_what_python_promises() {
    // They sleep for seconds, so they do it side by side.
    let runs: Vec<_> = lessons(root())
        .into_iter()
        .map(|lesson| {
            let program = root()
                .join("docs/python")
                .join(&lesson)
                .with_extension("py");
            let run = python().arg(program).stdout(Stdio::piped()).spawn();
            (lesson, run.unwrap())
        })
        .collect();
    for (lesson, mut run) in runs {
        let output = run.stdout.take().unwrap();
        let report = report(xtask().args(["check", "--python", &lesson]).stdin(output));
        assert!(run.wait().unwrap().success(), "docs/python/{lesson}.py");
        assert_eq!(report.status, Some(0), "docs/python/{lesson}.py: {report}");
    }
}

#[test]
fn the_torn_output_that_is_shown_is_one_of_its_program() {
    let folder = root().join("docs/python");
    let shown = read(&folder.join("torn.txt"));
    let run = python().arg(folder.join("torn.py")).output().unwrap();
    let printed = String::from_utf8(run.stdout).unwrap();
    assert_eq!(pieces(&shown), pieces(&printed.replace('\r', "")));
    let mut check = xtask();
    check.args(["check", "--python", "threads", "docs/python/torn.txt"]);
    let report = report(&mut check);
    assert!(report.stdout.contains(" is torn: "), "{report}");
}

/// The texts and the line breaks of a program's lines, whoever tore them.
fn pieces(output: &str) -> (Vec<String>, usize) {
    let texts = output
        .replace('\n', "")
        .replace("sub", "\nsub")
        .replace("main", "\nmain");
    let mut texts: Vec<_> = texts.lines().map(str::to_owned).collect();
    texts.sort();
    (texts, output.matches('\n').count())
}

#[cfg(unix)]
#[test]
fn every_command_that_runs_a_python_program_runs() {
    python();
    commands::run_those_with_python(true, |line| tool::shell(root(), line));
}
