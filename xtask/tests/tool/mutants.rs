//! Each lesson with one thing broken: `run-all` has to turn red for every one.

use std::{collections::BTreeSet, path::PathBuf};

use crate::{
    book::APPLIED,
    repository::{files, read, root},
    tool::Report,
    workspace::{Workspace, content},
};

/// A name, the lesson it is made from, and what is replaced in its listing.
type Mutant = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const MUTANTS: [Mutant; 10] = [
    (
        "fork-join-without-join",
        "fork-join",
        &[
            ("let first = main_thread", "main_thread"),
            ("let second = main_thread", "main_thread"),
            ("    first.join()?;\n", ""),
            ("    second.join()?;\n", ""),
        ],
    ),
    (
        "join-loop-without-join",
        "join-loop",
        &[(
            "    for handle in handles {\n        handle.join()?;\n    }\n",
            "",
        )],
    ),
    (
        "threads-as-daemons",
        "threads",
        &[("|| sleep(WORK))", "|| sleep(WORK)).daemon()")],
    ),
    ("daemon-without-daemons", "daemon", &[(".daemon()", "")]),
    (
        "threads-one-fewer",
        "threads",
        &[("WORKERS: u32 = 5", "WORKERS: u32 = 4")],
    ),
    (
        "daemon-one-fewer",
        "daemon",
        &[("WORKERS: u32 = 5", "WORKERS: u32 = 4")],
    ),
    (
        "fork-join-one-fewer",
        "fork-join",
        &[
            (
                "    let second = main_thread.start(Worker::new(\"2\", || sleep(WORK)))?;\n",
                "",
            ),
            ("    second.join()?;\n", ""),
        ],
    ),
    (
        "join-loop-one-fewer",
        "join-loop",
        &[("WORKERS: u32 = 3", "WORKERS: u32 = 2")],
    ),
    (
        "fork-join-post-job-before-join",
        "fork-join",
        &[
            ("    main_thread.print(\"main thread post job\")?;\n", ""),
            (
                "    first.join",
                "    main_thread.print(\"main thread post job\")?;\n    first.join",
            ),
        ],
    ),
    (
        "join-loop-post-job-before-join",
        "join-loop",
        &[
            ("    main_thread.print(\"main thread post job\")?;\n", ""),
            (
                "    for handle in",
                "    main_thread.print(\"main thread post job\")?;\n    for handle in",
            ),
        ],
    ),
];

/// Lessons that print the right output on most runs, so that only the trace can tell:
/// a mutant, and the pair of lines that `run-all` has to name.
const LUCKY: [(Mutant, &str); 6] = [
    (
        (
            "fork-join-joins-only-the-first",
            "fork-join",
            &[("    second.join()?;\n", "")],
        ),
        "nothing makes `sub thread end  2` come before `main thread post job` (main.rs:27) any more",
    ),
    (
        (
            "fork-join-joins-only-the-last",
            "fork-join",
            &[("    first.join()?;\n", "")],
        ),
        "nothing makes `sub thread end  1` come before `main thread post job` (main.rs:27) any more",
    ),
    (
        (
            "fork-join-joins-each-right-after-its-start",
            "fork-join",
            &[
                ("    first.join()?;\n", ""),
                ("    let second", "    first.join()?;\n    let second"),
            ],
        ),
        "`sub thread end  1` always comes before `sub thread start  2` now: join, start",
    ),
    (
        (
            "fork-join-starts-in-another-order",
            "fork-join",
            &[
                ("new(\"1\"", "new(\"0\""),
                ("new(\"2\"", "new(\"1\""),
                ("new(\"0\"", "new(\"2\""),
            ],
        ),
        "nothing makes `sub thread start  1` come before `sub thread start  2` any more",
    ),
    (
        (
            "join-loop-joins-each-right-after-its-start",
            "join-loop",
            &[
                (
                    "handles.push(main_thread.start(worker)?)",
                    "main_thread.start(worker)?.join()?",
                ),
                ("    let mut handles = Vec::new();\n", ""),
                (
                    "    for handle in handles {\n        handle.join()?;\n    }\n",
                    "",
                ),
            ],
        ),
        "`sub thread end  0` always comes before `sub thread start  1` now: join, start",
    ),
    (
        (
            "join-loop-joins-all-but-one",
            "join-loop",
            &[("in handles {", "in handles.into_iter().skip(1) {")],
        ),
        "nothing makes `sub thread end  0` come before `main thread post job` (main.rs:33) any more",
    ),
];

/// Lessons in which the workers named with a 1 write no end line.
const MUTED: [(&str, &str); 3] = [
    ("threads-without-an-end-line", "threads"),
    ("fork-join-without-an-end-line", "fork-join"),
    ("join-loop-without-an-end-line", "join-loop"),
];
const MUTE: (&str, &str) = (
    "work();\n",
    "work();\nif name.ends_with('1') { return Ok(value); }\n",
);

/// Where a lesson gets its workers from.
const CORE: &str = "path = \"../worker-core\"";
const MUTED_CORE: &str = "package = \"muted-core\", path = \"../muted-core\"";

#[test]
fn every_mutant_of_a_lesson_turns_run_all_red_and_the_lesson_itself_does_not() {
    let mut workspace = Workspace::new("mutants");
    workspace.write("Cargo.lock", &original("../Cargo.lock"));
    for name in ["worker-core", "muted-core"] {
        let manifest = format!(
            "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[dependencies]\ncrossbeam = \"*\"\n"
        );
        workspace.write(&format!("crates/{name}/Cargo.toml"), &manifest);
        for file in files(&crates().join("worker-core/src")) {
            let file = file.file_name().unwrap().to_str().unwrap();
            let source = original(&format!("worker-core/src/{file}"));
            let mute = name == "muted-core" && file == "worker.rs";
            let source = if mute { replace(&source, MUTE) } else { source };
            workspace.write(&format!("crates/{name}/src/{file}"), &source);
        }
    }
    let changed = MUTANTS.iter().chain(LUCKY.iter().map(|(mutant, _)| mutant));
    let lessons: BTreeSet<_> = changed.map(|(_, lesson, _)| *lesson).collect();
    for lesson in &lessons {
        workspace = mutant(workspace, lesson, lesson, &[], CORE);
    }
    for (name, lesson, changes) in MUTANTS {
        workspace = mutant(workspace, name, lesson, changes, CORE);
    }
    for ((name, lesson, changes), _) in LUCKY {
        workspace = mutant(workspace, name, lesson, changes, CORE);
    }
    for (name, lesson) in MUTED {
        workspace = mutant(workspace, name, lesson, &[], MUTED_CORE);
    }

    let report = workspace.run_all(&["--simulated"]);
    assert_eq!(report.status, Some(1), "{report}");
    for lesson in &lessons {
        assert!(
            report.of(lesson).contains(" passed in "),
            "{lesson}: {report}"
        );
    }
    let changed = MUTANTS.iter().map(|(name, ..)| name);
    for name in changed.chain(MUTED.iter().map(|(name, _)| name)) {
        // For no other reason than what it prints.
        let last = complaints(&report, name).pop().unwrap_or_default();
        assert!(
            last.starts_with("its normal form differs"),
            "{name}: {report}"
        );
    }
    for ((name, ..), pair) in LUCKY {
        let complaints = complaints(&report, name);
        assert!(complaints.contains(&pair), "{name}: {report}");
    }
}

/// What is wrong with a lesson.
fn complaints<'a>(report: &'a Report, lesson: &str) -> Vec<&'a str> {
    let failed = report.of(lesson).split_once(" failed in ");
    let (_, complaints) = failed.unwrap_or_default();
    let complaints = complaints.split("Snapshot file: ").next().unwrap();
    complaints.lines().skip(1).map(str::trim_start).collect()
}

/// Adds a lesson with changes in its listing, and the lesson's own snapshot.
fn mutant(
    workspace: Workspace,
    name: &str,
    lesson: &str,
    changes: &[(&str, &str)],
    core: &str,
) -> Workspace {
    let listing = original(&format!("{lesson}/src/main.rs"));
    let listing = changes
        .iter()
        .fold(listing, |listing, &change| replace(&listing, change));
    let manifest = format!(
        "[package.metadata.lesson]\nchapter = 1\n\n[dependencies]\nworker-core = {{ {core} }}\n"
    );
    let workspace = workspace.package(name, &manifest, &listing);
    for snapshot in ["output", "guarantees"] {
        let accepted = crates().join(format!("{lesson}/snapshots/{snapshot}.snap"));
        workspace.accept(name, snapshot, &content(&accepted).unwrap());
    }
    workspace
}

/// Makes one replacement, at the one place that it is meant for.
fn replace(source: &str, (from, to): (&str, &str)) -> String {
    assert_eq!(
        source.matches(from).count(),
        1,
        "a mutant replaces {from:?}, which has to stand once in this source; {APPLIED}; if the \
         lesson has changed for good, change {} along with it:\n{source}",
        file!()
    );
    source.replace(from, to)
}

fn original(path: &str) -> String {
    read(&crates().join(path))
}

fn crates() -> PathBuf {
    root().join("crates")
}
