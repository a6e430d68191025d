//! What the tool remembers of what cargo has said.

#![cfg(unix)]

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use super::workspace::{self, Report, Workspace, report};

const OUTPUT: &str = "main thread start\nmain thread end\n";
const BODY: &str = "say(\"main thread start\\n\"); say(\"main thread end\\n\");";

/// A workspace in which every call of cargo leaves a line in the file `calls`.
struct Watched(Workspace);

impl Watched {
    fn new(name: &str) -> Watched {
        Watched::of(name, BODY)
    }

    fn of(name: &str, body: &str) -> Watched {
        let workspace = Workspace::new(name)
            .lesson("one", 1, body)
            .snapshot("one", OUTPUT);
        for stale in ["extra", "Cargo.lock", ".cargo/config.toml"] {
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
        (
            "what cargo is told for this workspace",
            vec![(".cargo/config.toml", "# nothing new\n".to_owned())],
        ),
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

#[test]
fn an_older_source_that_takes_the_place_of_another_is_judged() {
    let watched = Watched::new("memory-older");
    let source = watched.0.path("crates/one/src/main.rs");
    let other = watched.0.path("crates/one/src/other.rs");
    watched.0.forget("crates/one/src/main.rs");
    let main = workspace::main(BODY);
    watched.0.write("crates/one/src/main.rs", &main);
    watched.run_all();
    let changed = main.replace("main thread end", "main thread over");
    watched.0.write("crates/one/src/other.rs", &changed);
    watched.settle();
    fs::rename(other, source).unwrap();
    let (report, calls) = watched.run_all();
    assert!(calls.contains(&"build".to_owned()), "{calls:?}");
    assert_eq!(report.status, Some(1), "{report}");
}

#[test]
fn a_source_that_reads_a_variable_while_it_is_compiled_is_not_remembered() {
    let body = format!("let _ = option_env!(\"LAST\"); {BODY}");
    let watched = Watched::of("memory-variable", &body);
    for _ in 0..3 {
        let (_, calls) = watched.run_all();
        assert!(calls.contains(&"build".to_owned()), "{calls:?}");
    }
}
