//! What the tool remembers of what cargo has said.

#![cfg(unix)]

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use super::workspace::{Report, Workspace, report};

const OUTPUT: &str = "main thread start\nmain thread end\n";
const BODY: &str = "say(\"main thread start\\n\"); say(\"main thread end\\n\");";

/// A workspace in which every call of cargo leaves a line in the file `calls`.
struct Watched(Workspace);

impl Watched {
    fn new(name: &str) -> Watched {
        let workspace = Workspace::new(name)
            .lesson("one", 1, BODY)
            .snapshot("one", OUTPUT);
        for stale in ["extra", "Cargo.lock"] {
            workspace.forget(stale);
        }
        let cargo = format!(
            "#!/bin/sh\necho \"$1\" >>\"{}\"\nexec \"{}\" \"$@\"\n",
            workspace.path("calls").display(),
            env!("CARGO")
        );
        workspace.write("cargo.sh", &cargo);
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(workspace.path("cargo.sh"), executable).unwrap();
        Watched(workspace)
    }

    fn xtask(&self) -> Command {
        let mut xtask = self.0.xtask();
        xtask.env("CARGO", self.0.path("cargo.sh"));
        xtask
    }

    /// Runs the lessons, and returns what cargo was called for too.
    fn run_all(&self) -> (Report, Vec<String>) {
        self.0.write("calls", "");
        let report = report(self.xtask().args(["run-all", "--simulated"]));
        let calls = fs::read_to_string(self.0.path("calls")).unwrap();
        (report, calls.lines().map(str::to_owned).collect())
    }

    /// Runs the lessons until all that is written now is older than what is remembered.
    fn settle(&self) {
        self.run_all();
        self.run_all();
        let (report, calls) = self.run_all();
        assert_eq!(report.status, Some(0), "{report}");
        assert!(calls.is_empty(), "{calls:?}\n{report}");
    }
}

#[test]
fn cargo_is_asked_again_only_when_something_has_changed() {
    let watched = Watched::new("memory");
    let workspace = &watched.0;
    let source = "crates/one/src/main.rs";
    let main = fs::read_to_string(workspace.path(source)).unwrap();
    let extra = "const _: &str = include_str!(\"../../../extra\");";
    workspace.write("extra", "");
    workspace.write(source, &format!("{main}\n{extra}"));
    watched.settle();

    let manifest = fs::read_to_string(workspace.path("crates/one/Cargo.toml")).unwrap();
    let lock = fs::read_to_string(workspace.path("Cargo.lock")).unwrap();
    let package = "[package]\nname = \"two\"\nedition = \"2024\"\n";
    for (what, files) in [
        ("a source", vec![(source, format!("{main}\n{extra}\n"))]),
        ("a file that it includes", vec![("extra", "new".to_owned())]),
        (
            "its manifest",
            vec![("crates/one/Cargo.toml", format!("{manifest}\n"))],
        ),
        ("the lock file", vec![("Cargo.lock", lock)]),
        (
            "a new package",
            vec![
                ("crates/two/src/lib.rs", String::new()),
                ("crates/two/Cargo.toml", package.to_owned()),
            ],
        ),
        (
            "a build script",
            vec![("crates/one/build.rs", "fn main() {}".to_owned())],
        ),
        ("its program", vec![("target/debug/one", String::new())]),
    ] {
        for (path, content) in files {
            workspace.forget(path);
            workspace.write(path, &content);
        }
        let (report, calls) = watched.run_all();
        assert!(calls.contains(&"build".to_owned()), "{what}: {calls:?}");
        assert_eq!(report.status, Some(0), "{what}: {report}");
        watched.settle();
    }
}

#[test]
fn what_is_judged_is_the_lesson_as_its_source_stands_now() {
    let watched = Watched::new("memory-source");
    watched.settle();
    let source = "crates/one/src/main.rs";
    let main = fs::read_to_string(watched.0.path(source)).unwrap();
    for _ in 0..2 {
        watched
            .0
            .write(source, &main.replace("main thread end", "main thread over"));
        let (report, _) = watched.run_all();
        assert_eq!(report.status, Some(1), "{report}");
        watched.0.write(source, &main);
        let (report, _) = watched.run_all();
        assert_eq!(report.status, Some(0), "{report}");
    }
}

#[test]
fn a_warning_is_shown_on_every_run() {
    let workspace = Workspace::new("memory-warning")
        .lesson("one", 1, &format!("let unused = 1; {BODY}"))
        .snapshot("one", OUTPUT);
    for _ in 0..4 {
        let report = workspace.run_all(&["--simulated"]);
        assert_eq!(report.status, Some(0), "{report}");
        assert!(report.stderr.contains("unused variable"), "{report}");
    }
}

#[test]
fn a_lesson_that_does_not_build_is_told_on_every_run() {
    let workspace = Workspace::new("memory-error")
        .lesson("one", 1, BODY)
        .snapshot("one", OUTPUT)
        .lesson("two", 2, "let number: u8 = \"text\";");
    for _ in 0..3 {
        let report = workspace.run_all(&["--simulated"]);
        assert_eq!(report.status, Some(1), "{report}");
        assert!(report.stderr.contains("mismatched types"), "{report}");
    }
}
