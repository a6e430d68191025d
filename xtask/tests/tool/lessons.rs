//! The lessons themselves: what they print, and what they do where they cannot
//! print or start.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
};

use crate::{
    book::APPLIED,
    repository::{lessons, root},
    tool::{Report, report, xtask},
};

/// The program of a lesson of this workspace, built.
fn lesson(name: &str) -> Command {
    static PROGRAMS: LazyLock<PathBuf> = LazyLock::new(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let build = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--target-dir"])
            .arg(target)
            .args(lessons(root()).iter().flat_map(|name| ["--package", name]))
            .env_remove("CARGO_BUILD_TARGET")
            .status();
        assert!(build.unwrap().success(), "the lessons do not build");
        target.join("debug")
    });
    Command::new(PROGRAMS.join(name))
}

/// Any lesson will do.
fn any() -> String {
    lessons(root()).remove(0)
}

#[test]
fn every_lesson_prints_its_snapshot_on_either_clock() {
    for clock in [&["run-all"][..], &["run-all", "--simulated"]] {
        let report = report(xtask().args(clock).env("CI", "true"));
        assert_eq!(report.status, Some(0), "{APPLIED}\n{report}");
        for lesson in lessons(root()) {
            assert!(
                report
                    .of(&lesson)
                    .contains(&format!("\n{lesson} passed in ")),
                "{report}"
            );
        }
        assert!(
            report.last_line().contains(" lessons passed in "),
            "{report}"
        );
    }
}

#[test]
fn what_a_lesson_prints_in_real_time_is_one_of_its_orders() {
    let runs = lessons(root()).into_iter().map(|name| {
        let program = lesson(&name).get_program().to_owned();
        let mut xtask = xtask();
        xtask
            .args(["check", &name, "--times", "3", "--"])
            .arg(program);
        xtask.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
    });
    let runs: Vec<_> = runs.collect();
    for run in runs {
        let report = Report::from(run.unwrap().wait_with_output().unwrap());
        assert!(report.stdout.starts_with("3 of 3 possible"), "{report}");
        assert_eq!(report.status, Some(0), "{report}");
    }
}

#[cfg(unix)]
#[test]
fn as_many_lessons_run_side_by_side_where_a_shell_lets_few_files_be_open() {
    let mut shell =
        crate::tool::shell(root(), "ulimit -S -n 40 && cargo xtask run-all --simulated");
    let report = report(&mut shell);
    assert_eq!(report.status, Some(0), "{APPLIED}\n{report}");
}

#[test]
fn run_all_goes_by_the_clock_that_it_is_told_and_by_no_other() {
    let mut xtask = xtask();
    xtask.arg("run-all").arg(any()).env("LESSON_CLOCK", "lunar");
    let report = report(&mut xtask);
    assert_eq!(report.status, Some(0), "{report}");
}

#[test]
fn a_clock_that_there_is_not_is_wrong_usage() {
    let output = lesson(&any())
        .env("LESSON_CLOCK", "lunar")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(output.stdout, b"");
    let words = "error: there is no clock `lunar`; set LESSON_CLOCK to `real` or `simulated`, or not at \
                 all\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), words);
}

#[test]
fn a_lesson_whose_output_is_closed_early_ends_quietly() {
    let closed = lessons(root()).into_iter().map(|name| {
        let child = lesson(&name)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.unwrap();
        let mut line = String::new();
        BufReader::with_capacity(1, child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, "main thread start\n", "{name}");
        (name, child)
    });
    let closed: Vec<_> = closed.collect();
    for (name, child) in closed {
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{name}");
        assert!(output.status.success(), "{name}: {}", output.status);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_lesson_whose_output_cannot_be_written_says_so_once() {
    for name in lessons(root()) {
        let full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = lesson(&name).stdout(full).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{name}: {stderr}");
        assert!(
            stderr.starts_with("error: the output cannot be written: No space"),
            "{stderr}"
        );
        assert_eq!(stderr.lines().count(), 1, "{name}: {stderr}");
    }
}
