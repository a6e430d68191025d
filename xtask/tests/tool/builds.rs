//! What is judged is what stands in the sources, and what cargo says of them is said on
//! every run.

use crate::{
    repository::{lessons, root},
    tool::{report, xtask_in},
    workspace::{Workspace, main},
};

#[test]
fn what_only_a_build_script_reads_makes_a_new_program() {
    // The one says what it reads and hands it over in a variable, the other says
    // nothing and hands it over in a file.
    let told = "fn main() {
        println!(\"cargo::rerun-if-changed=../../docs/word.txt\");
        println!(\"cargo::rustc-env=WORD={}\", std::fs::read_to_string(\"../../docs/word.txt\").unwrap());
    }";
    let untold = "fn main() {
        let file = format!(\"{}/word.txt\", std::env::var(\"OUT_DIR\").unwrap());
        std::fs::copy(\"word.txt\", file).unwrap();
    }";
    let workspace = Workspace::new("build-script")
        .lesson("told", 1, r#"say(concat!(env!("WORD"), "\n"));"#)
        .lesson(
            "untold",
            2,
            r#"say(concat!(include_str!(concat!(env!("OUT_DIR"), "/word.txt")), "\n"));"#,
        );
    workspace.write("crates/told/build.rs", told);
    workspace.write("crates/untold/build.rs", untold);
    let change = |word: &str| {
        workspace.write("docs/word.txt", &format!("main thread {word}"));
        workspace.write("crates/untold/word.txt", &format!("main thread {word}"));
    };
    change("one");
    let accepted = workspace.run_all(&["--accept"]);
    assert_eq!(accepted.status, Some(0), "{accepted}");

    change("two");
    let judged = workspace.run_all(&[]);
    for lesson in ["told", "untold"] {
        let printed = format!(": {lesson}\nmain thread two\n");
        assert!(judged.stdout.contains(&printed), "{judged}");
    }
    assert_eq!(judged.last_line(), "2 of 2 lessons failed: told, untold");

    change("three");
    for lesson in ["told", "untold"] {
        let outputs = ["three", "two"].map(|word| {
            workspace.write(
                &format!("docs/{word}.txt"),
                &format!("main thread {word}\n"),
            );
            workspace.path(&format!("docs/{word}.txt"))
        });
        let judged = report(workspace.xtask().args(["check", lesson]).args(outputs));
        for words in ["three.txt: possible\n", "two.txt: impossible:\n"] {
            assert!(judged.stdout.contains(words), "{lesson}: {judged}");
        }
    }
}

#[test]
fn what_the_compiler_says_is_said_on_every_run() {
    let workspace = Workspace::new("said-again")
        .lesson("bad", 1, "let n: u32 = \"one\";")
        .lesson("good", 2, "let spare = 1; say(\"main thread end\\n\");")
        .snapshot("good", "main thread end\n");
    for _ in 0..2 {
        let report = workspace.run_all(&[]);
        for words in ["error[E0308]: mismatched types", "unused variable: `spare`"] {
            assert!(
                report.stderr.contains(words),
                "{words:?} is missing in {report}"
            );
        }
        assert!(report.of("bad").contains("it does not build"), "{report}");
        assert!(report.of("good").contains("\ngood passed in "), "{report}");
    }
    // Nor is a program run that was built before.
    workspace.write("crates/good/src/main.rs", &main("let n: u32 = \"one\";"));
    let report = workspace.run_all(&["good"]);
    assert!(report.of("good").contains("it does not build"), "{report}");
    assert!(!report.stdout.contains("main thread end"), "{report}");
}

#[test]
fn what_is_not_about_a_lesson_is_not_said_before_why_its_build_script_fails() {
    let workspace = Workspace::new("build-script-fails").lesson("bad", 1, "");
    let fails = "fn main() { panic!(\"there is no word\") }";
    workspace.write("crates/bad/build.rs", fails);
    let manifest = std::fs::read_to_string(workspace.path("crates/bad/Cargo.toml")).unwrap();
    let manifest = manifest.replace("edition", "unknown = 1\nedition");
    workspace.write("crates/bad/Cargo.toml", &manifest);
    for colour in ["never", "always"] {
        let mut xtask = workspace.xtask();
        let report = report(xtask.arg("run-all").env("CARGO_TERM_COLOR", colour));
        for words in ["unused manifest key", "\n  there is no word"] {
            assert!(
                report.stderr.contains(words),
                "{words:?} is missing in {report}"
            );
        }
        for words in ["Compiling", "excluded package"] {
            assert!(!report.stderr.contains(words), "{words:?} is in {report}");
        }
    }
}

#[test]
fn a_progress_bar_that_cargo_always_shows_hides_no_lesson_that_builds() {
    let workspace = Workspace::new("progress")
        .lesson("good", 1, "say(\"main thread end\\n\");")
        .snapshot("good", "main thread end\n");
    let always = "[term]\nprogress = { when = \"always\", width = 80 }\n";
    workspace.write(".cargo/config.toml", always);
    let report = workspace.run_all(&[]);
    assert!(report.of("good").contains("\ngood passed in "), "{report}");
}

#[test]
fn outside_of_any_workspace_the_tool_runs_the_lessons_beside_its_own_source() {
    let folder = tempfile::tempdir().unwrap();
    let mut xtask = xtask_in(folder.path());
    let report = report(xtask.args(["run-all", "--simulated"]).env("CI", "true"));
    assert_eq!(report.status, Some(0), "{report}");
    for lesson in lessons(root()) {
        assert!(report.of(&lesson).contains(" passed in "), "{report}");
    }
}
