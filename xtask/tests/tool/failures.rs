//! What is wrong with a lesson or with how the tool is used, on small lessons made
//! for it.

use std::{
    io::{BufRead, BufReader, Read},
    process::Stdio,
};

use crate::{
    tool::report,
    workspace::{Workspace, guarantees, main},
};

/// A lesson in which all is well, and its normal form.
const GOOD: &str = r#"say("main thread start\nsub thread start  1\nmain thread end\n");"#;
const GOOD_OUTPUT: &str = "main thread start\nsub thread start  1\nmain thread end\n";

/// Lessons with something wrong with them, and what is said of each.
fn bad_lessons() -> Vec<(&'static str, String, &'static [&'static str])> {
    let good_but = |wrong: &str| format!("{GOOD}\n{wrong}");
    // Some of these wait for nobody who reads what they print.
    #[cfg(unix)]
    let leave_open = |closed: &str| {
        good_but(&format!(
            "let mut sleep = std::process::Command::new(\"sleep\");
            sleep.arg(\"30\").{closed}(std::process::Stdio::null()).spawn().unwrap();"
        ))
    };
    vec![
        (
            "does-not-build",
            "let n: u32 = \"one\";".to_owned(),
            &["does-not-build failed:\n  it does not build"],
        ),
        (
            "ends-with-a-status",
            good_but("std::process::exit(3);"),
            &[GOOD_OUTPUT, "it ended with status 3;"],
        ),
        #[cfg(unix)]
        (
            "dies-of-a-signal",
            good_but("std::io::stdout().flush().unwrap();\nstd::process::abort();"),
            &[GOOD_OUTPUT, "it ended with signal: 6 (SIGABRT)"],
        ),
        #[cfg(unix)]
        (
            "leaves-its-output-open",
            leave_open("stderr"),
            &[GOOD_OUTPUT, "left a process behind"],
        ),
        #[cfg(unix)]
        (
            "leaves-its-errors-open",
            leave_open("stdout"),
            &[GOOD_OUTPUT, "left a process behind"],
        ),
        (
            "prints-no-utf-8",
            r#"std::io::stdout().write_all(b"main thread start\nsub \xff\n").unwrap();"#.to_owned(),
            &["line 2 is not UTF-8, from its byte 5 on"],
        ),
        (
            "prints-a-torn-line",
            r#"print!("main thread start\nsub thread start  1main thread end\n\n");"#.to_owned(),
            &["line 2 is torn: in \"sub thread start  1main thread end\""],
        ),
        (
            "prints-an-unknown-line",
            r#"print!("main thread start\nhello\nmain thread end\n");"#.to_owned(),
            &["line 2 is unknown: \"hello\""],
        ),
        (
            "prints-errors",
            good_but("eprint!(\"the disk\\nis full\");"),
            &[
                GOOD_OUTPUT,
                "wrote to standard error",
                "\n    the disk\n    is full",
            ],
        ),
        (
            "prints-many-errors",
            good_but(
                "for n in 1..=1000 { eprintln!(\"line {n}.\"); }
                eprintln!(\"{}\", \"x\".repeat(1000));",
            ),
            &[
                "wrong:\n    line 1.\n",
                "\n    line 10.\n    … 981 lines left out …\n    line 992.\n",
                "\n    line 1000.\n    xxx",
                "x…",
            ],
        ),
        ("prints-nothing", String::new(), &["it printed nothing"]),
        (
            "does-everything-wrong",
            "println!(\"hello\");\neprintln!(\"the disk is full\");\nstd::process::exit(3);"
                .to_owned(),
            &["status 3", "the disk is full", "line 1 is unknown"],
        ),
        (
            "has-no-trace",
            r#"print!("main thread start\n"); std::process::exit(0);"#.to_owned(),
            &[
                "it wrote no trace, which tells the order of its lines; run it with `worker_core::run`",
            ],
        ),
        (
            "has-another-trace",
            r#"say("main thread start\n"); println!("main thread end");"#.to_owned(),
            &["line 2 is not in its trace: \"main thread end\"; let only `main_thread.print`"],
        ),
        (
            "has-half-a-trace",
            r#"say("main thread start\n"); std::process::exit(0);"#.to_owned(),
            &["its trace does not come to the end of the program"],
        ),
        (
            "has-a-bad-trace",
            r#"say("main thread start\n"); trace("begin\t1");"#.to_owned(),
            &[
                "line 2 of its trace cannot be read: \"begin\\t1\" is not an event; is worker-core up to date?",
            ],
        ),
        (
            "deletes-its-trace",
            r#"say("main thread start\n"); std::fs::remove_file(env::var("LESSON_TRACE").unwrap()).unwrap();
            std::process::exit(0);"#
                .to_owned(),
            &["its trace cannot be read: ", "; leave the file alone that LESSON_TRACE names"],
        ),
        (
            "has-a-large-trace",
            r#"say("main thread start\n");
            let file = File::options().write(true).open(env::var("LESSON_TRACE").unwrap());
            file.unwrap().set_len(65 << 20).unwrap();"#
                .to_owned(),
            &["its trace is larger than 64 MiB; let its threads do less"],
        ),
    ]
}

#[test]
fn what_is_wrong_with_a_lesson_is_said_and_keeps_no_other_from_passing() {
    let bad = bad_lessons();
    let mut workspace = Workspace::new("bad-lessons")
        .lesson("good", 2, GOOD)
        .snapshot("good", GOOD_OUTPUT);
    for (name, body, _) in &bad {
        workspace = workspace.lesson(name, 1, body).snapshot(name, GOOD_OUTPUT);
    }
    // With one job at a time, cargo comes to most of them after the one that does not build.
    let mut xtask = workspace.xtask();
    let report = report(xtask.arg("run-all").env("CARGO_BUILD_JOBS", "1"));
    assert_eq!(report.status, Some(1), "{report}");
    assert!(report.stderr.contains("mismatched types"), "{report}");
    assert!(report.of("good").contains("\ngood passed in "), "{report}");
    let mut names = Vec::new();
    for (name, _, words) in bad {
        names.push(name);
        for words in words {
            let said = report.of(name);
            assert!(said.contains(words), "{words:?} is missing in {said}");
            assert!(!said.contains("out of processes"), "{said}");
        }
        let pending = workspace.pending(name);
        assert_eq!(
            pending, None,
            "{name}: a broken run leaves nothing to accept"
        );
    }
    names.sort_unstable();
    let (count, names) = (names.len(), names.join(", "));
    let last = format!("{count} of {} lessons failed: {names}", count + 1);
    assert_eq!(report.last_line(), last);
}

#[test]
fn a_lesson_that_prints_without_end_fails() {
    let body = |line: &str| {
        format!(
            "let lines = \"{line}\".repeat(1_000);
            while std::io::stdout().write_all(lines.as_bytes()).is_ok() {{}}"
        )
    };
    let report = Workspace::new("without-end")
        // Long lines are fewer, and of those that no lesson prints only the first is looked at.
        .lesson(
            "lines",
            2,
            &body(&format!("it goes{}\\n", " on and on".repeat(100))),
        )
        .lesson("one-line", 1, &body("main thread "))
        .lesson("good", 3, GOOD)
        .snapshot("good", GOOD_OUTPUT)
        .run_all(&[]);
    let last = "2 of 3 lessons failed: one-line, lines";
    assert_eq!(report.last_line(), last);
    for lesson in ["lines", "one-line"] {
        let report = report.of(lesson);
        assert!(report.contains("it wrote more than 16 MiB"));
        // A terminal is not flooded with all of that.
        assert!(report.lines().count() < 40, "{report}");
        assert!(report.len() < 20_000, "{report}");
    }
}

#[test]
fn a_lesson_that_does_things_without_end_is_stopped_and_told_where_its_threads_are() {
    let body = r#"say("main thread start\n");
        // More than it may write, and not so much as fills a disk.
        let line = format!("line\tmain thread goes{}", " on and on".repeat(100_000));
        for _ in 0..70 { trace(&line); }
        loop { std::thread::yield_now(); }"#;
    let workspace = Workspace::new("does-without-end").lesson("bad", 1, body);
    let report = workspace.run_all(&["--simulated"]);
    let words = "  its trace is larger than 64 MiB; let its threads do less\n  simulated time had come \
                 to 0 s: the main thread has neither slept, joined nor ended since 0 s\n";
    assert!(report.stdout.contains(words), "{report}");
}

#[test]
fn a_lesson_that_still_runs_at_the_time_limit_is_killed_and_fails() {
    let body = r#"print!("main thread start\nmain thr");
        std::io::stdout().flush().unwrap();
        loop { std::thread::park(); }"#;
    // A good one beside it could be too slow too.
    let workspace = Workspace::new("timeout")
        .lesson("bad", 1, body)
        .snapshot("bad", GOOD_OUTPUT);
    let report = workspace.run_all(&["--timeout", "5"]);
    assert_eq!(report.status, Some(1), "{report}");
    assert_eq!(workspace.pending("bad"), None);
    for words in [
        "main thread start\nmain thr\n",
        "it still ran at the time limit of 5 s and was killed",
    ] {
        assert!(report.of("bad").contains(words), "{report}");
    }
}

#[test]
fn guarantees_are_the_same_on_either_clock_whatever_workers_are_called() {
    // The end line of the first is in the trace of the simulated clock only.
    let body = r#"
        for (worker, kind) in [(1, "daemon"), (2, "worker"), (3, "worker")] {
            let name = ["x", "x", "c → d"][worker - 1];
            trace(&format!("start\t{worker}\t{kind}\t{name}"));
            println!("sub thread start  {name}");
            trace_of(worker, &format!("line\tsub thread start  {name}"));
            trace(&format!("started\t{worker}"));
        }
        for (worker, name) in [(2, "x"), (3, "c → d")] {
            println!("sub thread end  {name}");
            trace_of(worker, &format!("line\tsub thread end  {name}"));
            trace_of(worker, "end");
        }
        println!("main thread end");
        trace_at(1, 0, "line\tmain thread end");
        trace_at(1, 0, "exit");
        if env::var("LESSON_CLOCK").unwrap() == "simulated" {
            trace_at(2, 1, "line\tsub thread end  x");
        }
        std::process::exit(0);"#;
    let workspace = Workspace::new("same-names").lesson("good", 1, body);
    let report = workspace.run_all(&["--accept"]);
    assert_eq!(report.status, Some(0), "{report}");
    let words = "│+worker no. 2's `sub thread end  x` → the end of the program: end";
    assert!(report.stdout.contains(words), "{report}");
    for clock in [&[][..], &["--simulated"]] {
        let report = workspace.run_all(clock);
        assert_eq!(report.status, Some(0), "{report}");
    }
    // Nor does an arrow in a name confuse what has changed.
    let end = "println!(\"main thread end\")";
    let joined = body.replace(end, &format!("trace(\"joined\\t3\");\n        {end}"));
    workspace.write("crates/good/src/main.rs", &main(&joined));
    let report = workspace.run_all(&[]);
    let words = "\n  `sub thread end  c → d` always comes before `main thread end` now: join\n";
    assert!(report.of("good").contains(words), "{report}");
}

#[test]
fn what_a_lesson_says_of_another_thread_is_not_torn() {
    let lines = "main thread waits for sub thread 1\nmain thread waits for main thread end\n";
    let workspace = Workspace::new("other-thread")
        .lesson("good", 1, &format!("say({lines:?});"))
        .snapshot("good", lines);
    let run = workspace.run_all(&[]);
    assert_eq!(run.status, Some(0), "{run}");
    let file = workspace.path("target/output.txt");
    std::fs::write(&file, lines).unwrap();
    let check = report(workspace.xtask().args(["check", "good"]).arg(file));
    assert_eq!(check.status, Some(0), "{check}");
}

#[test]
fn a_second_program_of_a_lesson_is_none_of_its_business() {
    let workspace = Workspace::new("programs")
        .lesson("good", 1, GOOD)
        .snapshot("good", GOOD_OUTPUT);
    workspace.write(
        "crates/good/src/bin/broken.rs",
        "fn main() { let n: u32 = \"one\"; }",
    );
    let report = workspace.run_all(&[]);
    assert_eq!(report.status, Some(0), "{report}");
}

#[test]
fn two_programs_of_one_name_are_an_error() {
    let workspace = Workspace::new("collision")
        .lesson("bad", 1, GOOD)
        .lesson("good", 2, GOOD);
    workspace.write("crates/good/src/bin/bad.rs", "fn main() {}");
    let report = workspace.run_all(&[]);
    assert_eq!(report.status, Some(1), "{report}");
    let words = "lesson `bad` and another package have a program of this name";
    assert!(report.stderr.contains(words), "{report}");
}

#[test]
fn a_lesson_without_a_program_is_an_error() {
    let workspace = Workspace::new("no-program").lesson("good", 1, GOOD);
    workspace.write("crates/bad/src/lib.rs", "");
    let lesson = "[package]\nname = \"bad\"\n\n[package.metadata.lesson]\nchapter = 2\n";
    workspace.write("crates/bad/Cargo.toml", lesson);
    let report = workspace.run_all(&[]);
    assert_eq!(report.status, Some(1), "{report}");
    assert!(
        report
            .stderr
            .contains("lesson `bad` has no program of its own name"),
        "{report}"
    );
}

#[test]
fn a_difference_is_shown_and_left_for_review() {
    let accepted = "main thread start\nsub thread start  2\nmain thread end\n";
    let workspace = Workspace::new("difference")
        .lesson("good", 1, GOOD)
        .snapshot("good", accepted);
    let report = workspace.run_all(&[]);
    assert_eq!(report.status, Some(1), "{report}");
    for words in [
        "-sub thread start  2",
        "+sub thread start  1",
        "its normal form differs from crates/good/snapshots/output.snap",
        "cargo xtask run-all good --accept",
        "cargo insta review",
    ] {
        assert!(
            report.stdout.contains(words),
            "{words:?} is missing in {report}"
        );
    }
    assert_eq!(workspace.accepted("good").as_deref(), Some(accepted));
    assert_eq!(workspace.pending("good").as_deref(), Some(GOOD_OUTPUT));
}

#[test]
fn a_line_that_is_still_there_is_not_shown_as_changed() {
    let report = Workspace::new("still-there")
        .lesson("was-longer", 1, GOOD)
        .snapshot("was-longer", &format!("{GOOD_OUTPUT}main thread goes on\n"))
        .lesson("was-shorter", 2, GOOD)
        .snapshot("was-shorter", "main thread start\nsub thread start  1\n")
        .run_all(&[]);
    for lesson in ["was-longer", "was-shorter"] {
        let lines = report.of(lesson).lines();
        let changed = lines.filter_map(|line| line.split_once('│'));
        let changed = changed.filter(|(_, text)| text.starts_with(['-', '+']));
        let changed: Vec<_> = changed.map(|(_, text)| text.split_at(1)).collect();
        assert!(!changed.is_empty(), "{report}");
        for (sign, text) in &changed {
            let other = if *sign == "-" { "+" } else { "-" };
            assert!(!changed.contains(&(other, text)), "{text:?} in {report}");
        }
    }
}

#[test]
fn accept_accepts_and_leaves_nothing_pending() {
    let workspace = Workspace::new("accept")
        .lesson("new", 1, GOOD)
        .lesson("changed", 2, GOOD)
        .snapshot("changed", "main thread end\n");
    assert_eq!(workspace.run_all(&[]).status, Some(1));
    let accepted = workspace.run_all(&["new", "changed", "--accept"]);
    let again = workspace.run_all(&["new", "changed", "--accept"]);
    for lesson in ["new", "changed"] {
        assert_eq!(workspace.accepted(lesson).as_deref(), Some(GOOD_OUTPUT));
        assert_eq!(workspace.pending(lesson), None);
        for (report, words) in [
            (&accepted, "+sub thread start  1"),
            (&accepted, &*format!("\n{lesson} accepted in ")),
            (&again, &format!("\n{lesson} passed in ")),
        ] {
            assert_eq!(report.status, Some(0), "{report}");
            assert!(report.of(lesson).contains(words), "{words:?}: {report}");
        }
    }
}

#[test]
fn accept_accepts_no_broken_run() {
    let workspace = Workspace::new("accept-broken")
        .lesson("bad", 1, &format!("{GOOD}\nstd::process::exit(3);"))
        .snapshot("bad", "main thread end\n");
    let report = workspace.run_all(&["--accept"]);
    assert_eq!(report.status, Some(1), "{report}");
    assert_eq!(
        workspace.accepted("bad").as_deref(),
        Some("main thread end\n")
    );
}

#[test]
fn in_ci_a_missing_snapshot_is_a_failure_and_nothing_is_written() {
    let workspace = Workspace::new("ci").lesson("good", 1, GOOD);
    let report = report(workspace.xtask().arg("run-all").env("CI", "true"));
    assert_eq!(report.status, Some(1), "{report}");
    let words = "it has no crates/good/snapshots/output.snap";
    assert!(report.stdout.contains(words), "{report}");
    assert!(
        !report.stdout.contains("cargo insta review"),
        "there is nothing to review: {report}"
    );
    assert_eq!(
        (workspace.accepted("good"), workspace.pending("good")),
        (None, None)
    );
}

#[test]
fn in_ci_nothing_is_accepted() {
    let workspace = Workspace::new("ci-accept").lesson("good", 1, GOOD);
    let report = report(
        workspace
            .xtask()
            .args(["run-all", "--accept"])
            .env("CI", "true"),
    );
    assert_eq!(report.status, Some(2), "{report}");
    assert!(report.stderr.contains("--accept"), "{report}");
    assert_eq!(
        (workspace.accepted("good"), workspace.pending("good")),
        (None, None)
    );
}

#[test]
fn nothing_in_the_environment_makes_a_difference_pass() {
    let accepted = "main thread end\n";
    let workspace = Workspace::new("environment")
        .lesson("good", 1, GOOD)
        .snapshot("good", accepted);
    workspace.write(
        ".config/insta.yaml",
        "behavior:\n  force_pass: true\n  update: always\n  output: none\n",
    );
    for update in ["always", "force", "unseen"] {
        let mut xtask = workspace.xtask();
        xtask.arg("run-all").env("INSTA_UPDATE", update).envs([
            ("INSTA_FORCE_PASS", "1"),
            ("INSTA_FORCE_UPDATE", "1"),
            ("INSTA_OUTPUT", "none"),
            ("INSTA_WORKSPACE_ROOT", "/"),
            ("INSTA_PENDING_DIR", "/nowhere"),
        ]);
        let report = report(&mut xtask);
        assert_eq!(report.status, Some(1), "{update}: {report}");
        let shown = [
            "+main thread start",
            "Snapshot file: crates/good/snapshots/output.snap\n",
        ];
        assert!(
            shown.iter().all(|words| report.stdout.contains(words)),
            "{update}: {report}"
        );
        let kept = workspace.accepted("good");
        assert_eq!(kept.as_deref(), Some(accepted), "{update}");
    }
}

#[test]
fn nothing_in_the_environment_makes_the_same_output_fail() {
    let workspace = Workspace::new("environment-same")
        .lesson("good", 1, GOOD)
        .snapshot("good", GOOD_OUTPUT);
    // The snapshot of a test has another head than this tool writes.
    workspace.write(
        ".config/insta.yaml",
        "behavior:\n  require_full_match: true\n",
    );
    let mut xtask = workspace.xtask();
    let report = report(xtask.arg("run-all").env("INSTA_REQUIRE_FULL_MATCH", "1"));
    assert_eq!(report.status, Some(0), "{report}");
}

#[test]
fn a_snapshot_that_cannot_be_read_does_not_pass() {
    let workspace = Workspace::new("unreadable").lesson("good", 1, GOOD);
    workspace.write(
        "crates/good/snapshots/output.snap",
        &format!("---\n<<<<<<< ours\nsource: [\n---\n{GOOD_OUTPUT}"),
    );
    let report = workspace.run_all(&[]);
    assert_eq!(report.status, Some(1), "{report}");
    assert!(
        report
            .stdout
            .contains("crates/good/snapshots/output.snap cannot be read: Failed parsing the YAML"),
        "{report}"
    );
}

#[test]
fn a_snapshot_that_cannot_be_written_is_not_accepted() {
    let workspace = Workspace::new("no-file").lesson("good", 1, GOOD);
    workspace.write("crates/good/snapshots/output.snap/in-the-way", "");
    let report = workspace.run_all(&["--accept"]);
    assert_eq!(report.status, Some(1), "{report}");
    let words = "\n  crates/good/snapshots/output.snap cannot be read: ";
    assert!(report.stdout.contains(words), "{report}");
    assert!(!report.stdout.contains("good accepted"), "{report}");
}

#[test]
fn a_difference_is_shown_where_nothing_can_be_written() {
    let workspace = Workspace::new("read-only")
        .lesson("no-file", 1, GOOD)
        .snapshot("no-file", "main thread start\nmain thread end\n")
        .lesson("no-folder", 2, GOOD);
    let in_the_way = [
        "crates/no-file/snapshots/output.snap.new/in-the-way",
        "crates/no-folder/snapshots",
    ];
    for path in in_the_way {
        workspace.write(path, "");
    }
    for arguments in [&[][..], &["--accept"]] {
        let report = workspace.run_all(arguments);
        assert_eq!(report.status, Some(1), "{report}");
        assert_eq!(
            report.last_line(),
            "2 of 2 lessons failed: no-file, no-folder"
        );
        for lesson in ["no-file", "no-folder"] {
            let folder = format!("crates/{lesson}/snapshots");
            for words in [
                "+sub thread start  1",
                &format!("\n  nothing could be written to {folder}: "),
                "; see whether you may write there\n",
            ] {
                let said = report.of(lesson);
                assert!(said.contains(words), "{words:?} is missing in {said}");
            }
        }
        for words in ["cargo insta review", " accepted in "] {
            assert!(!report.stdout.contains(words), "{words:?} is in {report}");
        }
    }
}

#[test]
fn a_snapshot_without_a_lesson_is_named() {
    let workspace = Workspace::new("stray")
        .lesson("good", 1, GOOD)
        .snapshot("good", GOOD_OUTPUT)
        .package("gone", "", "fn main() {}\n")
        .snapshot("gone", GOOD_OUTPUT);
    workspace.write(
        "crates/good/snapshots/other.snap",
        "---\nsource: a test\n---\n",
    );
    let report = workspace.run_all(&[]);
    assert_eq!(report.status, Some(1), "{report}");
    for stray in [
        "crates/gone/snapshots/guarantees.snap",
        "crates/gone/snapshots/output.snap",
        "crates/good/snapshots/other.snap",
    ] {
        let words = format!("\n{stray} is the snapshot of no lesson");
        assert!(
            report.stdout.contains(&words),
            "{words:?} is missing in {report}"
        );
    }
    assert_eq!(report.last_line(), "3 snapshots without a lesson");
    assert_eq!(
        workspace.run_all(&["good"]).status,
        Some(0),
        "only this lesson was asked for"
    );
}

#[test]
fn a_snapshot_outside_of_the_workspace_is_none_of_its_business() {
    let around = Workspace::new("outside");
    let lesson = "[workspace]\n\n[package]\nname = \"good\"\nedition = \"2024\"\n\n\
                  [package.metadata.lesson]\nchapter = 1\n";
    let snapshot = format!("---\nsource: a test\n---\n{GOOD_OUTPUT}");
    around.write("inside/Cargo.toml", lesson);
    around.write("inside/src/main.rs", &main(GOOD));
    around.write("inside/snapshots/output.snap", &snapshot);
    let guarantees = format!("---\nsource: a test\n---\n{}", guarantees(GOOD_OUTPUT));
    around.write("inside/snapshots/guarantees.snap", &guarantees);
    around.write("beside/snapshots/output.snap", &snapshot);
    let report = report(around.xtask_in("inside").arg("run-all"));
    assert_eq!(report.status, Some(0), "{report}");
}

#[test]
fn lessons_run_side_by_side_and_are_shown_by_chapter_as_they_were_printed() {
    // Each ends only once the other has begun.
    let body = |mine: &str, other: &str| {
        format!(
            "say(\"main thread {mine}\\n\");
            let folder = std::env::current_exe().unwrap();
            let folder = folder.parent().unwrap();
            std::fs::write(folder.join(\"{mine}.begun\"), \"\").unwrap();
            while !folder.join(\"{other}.begun\").exists() {{ std::thread::yield_now(); }}"
        )
    };
    let workspace = Workspace::new("side-by-side")
        .lesson("alpha", 10, &body("alpha", "omega"))
        .snapshot("alpha", "main thread alpha\n")
        .lesson("omega", 2, &body("omega", "alpha"))
        .snapshot("omega", "main thread omega\n");
    for begun in ["alpha.begun", "omega.begun"] {
        workspace.forget(&format!("target/debug/{begun}"));
    }
    let report = workspace.run_all(&[]);
    assert_eq!(report.status, Some(0), "{report}");
    let expected = [
        "chapter 2: omega\nmain thread omega\nomega passed in ",
        "\n\nchapter 10: alpha\nmain thread alpha\nalpha passed in ",
        "\n\n2 lessons passed in ",
    ];
    let mut rest = report.stdout.as_str();
    for words in expected {
        let at = rest
            .find(words)
            .unwrap_or_else(|| panic!("{words:?} is missing in {report}"));
        rest = &rest[at + words.len()..];
    }
    assert!(report.stdout.starts_with("chapter 2"), "{report}");
    assert!(
        !report.stdout.contains('\x1b') && !report.stderr.contains('\x1b'),
        "{report}"
    );
}

#[test]
fn only_the_lessons_that_are_named_are_run_from_any_folder() {
    let workspace = Workspace::new("named")
        .lesson("bad", 1, "std::process::exit(1);")
        .lesson("good", 2, GOOD)
        .snapshot("good", GOOD_OUTPUT);
    let mut xtask = workspace.xtask_in("crates/bad/src");
    let report = report(xtask.args(["run-all", "good", "good"]));
    assert_eq!(report.status, Some(0), "{report}");
    assert!(
        report.last_line().starts_with("1 lesson passed in "),
        "{report}"
    );
}

#[test]
fn an_unknown_lesson_is_answered_with_one_that_is_near_and_all() {
    let workspace = Workspace::new("unknown")
        .lesson("fork-join", 3, GOOD)
        .lesson("join-loop", 4, GOOD);
    let report = workspace.run_all(&["fork-jion"]);
    assert_eq!(report.status, Some(2), "{report}");
    let words = "error: there is no lesson `fork-jion`; did you mean `fork-join`? the lessons are \
                 fork-join, join-loop\n";
    assert!(report.stderr.starts_with(words), "{report}");
    assert_eq!(report.stdout, "");
    let report = workspace.run_all(&["x"]);
    let words = "error: there is no lesson `x`; the lessons are fork-join, join-loop\n";
    assert!(report.stderr.starts_with(words), "{report}");
}

#[test]
fn wrong_usage_is_answered_with_the_usage_and_status_2() {
    let workspace = Workspace::new("usage").lesson("good", 1, GOOD);
    for arguments in [
        &["run-all", "--fast"][..],
        &["run-all", "--timeout"],
        &["run-all", "--timeout", "0"],
        &["run-all", "--timeout", "soon"],
        &["run-all", "--timeout", "99999999999999999999"],
        &["run-all", "--accept=yes"],
        &["--fast"],
        &["walk-all"],
        &["orders"],
        &["orders", "good", "other"],
        &["orders", "goood"],
        &["orders", "good", "--limit", "many"],
        &["orders", "good", "--observe", "-1"],
        &["check"],
        &["check", "good", "--times", "3"],
        &["check", "good", "-", "-"],
        &["timeline"],
        &["timeline", "good", "--svg"],
        &["timeline", "good", "--svg", "one", "--trace", "./one"],
        &["model", "all"],
    ] {
        let report = report(workspace.xtask().args(arguments));
        assert_eq!(report.status, Some(2), "{arguments:?}: {report}");
        assert!(
            report.stderr.starts_with("error: "),
            "{arguments:?}: {report}"
        );
        assert!(
            report.stderr.contains("\nUsage: cargo xtask "),
            "{arguments:?}: {report}"
        );
        assert_eq!(report.stdout, "", "{arguments:?}: {report}");
    }
}

#[test]
fn a_number_that_an_option_does_not_take_is_told_what_it_counts_and_from_where_to_where() {
    let workspace = Workspace::new("usage-numbers").lesson("good", 1, GOOD);
    for (arguments, takes) in [
        (
            &["run-all", "--timeout", "0"][..],
            "--timeout takes a whole number of seconds from 1 to 4294967295, not `0`",
        ),
        (
            &["check", "good", "--times", "0", "--", "good"],
            "--times takes a whole number of runs from 1 to 4294967295, not `0`",
        ),
        (
            &["orders", "good", "--observe", "-1"],
            "--observe takes a whole number of runs from 0 to 4294967295, not `-1`",
        ),
        (
            &["orders", "good", "--limit", "all"],
            "--limit takes a whole number of orders from 0 to 4294967295, not `all`",
        ),
    ] {
        let report = report(workspace.xtask().args(arguments));
        let words = format!("error: {takes}\n");
        assert!(report.stderr.starts_with(&words), "{report}");
    }
}

#[test]
fn what_an_argument_holds_moves_no_cursor() {
    let workspace = Workspace::new("arguments").lesson("good", 1, GOOD);
    for arguments in [
        &["\x1b[2J"][..],
        &["--\x1b[2J"],
        &["orders", "\x1b[2J"],
        &["orders", "good", "--limit", "\x1b[2J"],
        &["run-all", "--timeout", "\x1b[2J"],
        &["check", "good", "no/\x1b[2J"],
        &["check", "good", "--", "no/\x1b[2J"],
        &["timeline", "good", "--svg", "no/\x1b[2J"],
    ] {
        let report = report(workspace.xtask().args(arguments));
        assert!(report.stderr.contains(r"\u{1b}[2J"), "{report}");
        assert!(!report.stderr.contains('\x1b'), "{report}");
    }
}

#[test]
fn what_a_lesson_writes_moves_no_cursor() {
    let body = r#"print!("\x1b[2Jout\n"); eprint!("\x1b[2Jerror\n");"#;
    let workspace = Workspace::new("escapes").lesson("bad", 1, body);
    let report = workspace.run_all(&[]);
    for words in ["\n\\u{1b}[2Jout\n", "\n    \\u{1b}[2Jerror\n"] {
        assert!(report.stdout.contains(words), "{words:?} {report}");
    }
    assert!(!report.stdout.contains('\x1b'), "{report}");
}

#[test]
fn the_tool_explains_itself() {
    let workspace = Workspace::new("help");
    for (arguments, words) in [
        (&[][..], "Usage: cargo xtask COMMAND"),
        (&["--help"], "run-all"),
        (
            &["run-all", "--help"],
            "Usage: cargo xtask run-all [OPTION]... [LESSON]...",
        ),
        (&["run-all", "-h"], "--timeout SECONDS"),
        (&["orders", "--help"], "Usage: cargo xtask orders LESSON"),
        (&["check", "--help"], "Usage: cargo xtask check LESSON"),
        (&["timeline", "-h"], "Usage: cargo xtask timeline LESSON"),
        (&["model", "--help"], "Usage: cargo xtask model"),
    ] {
        let report = report(workspace.xtask().args(arguments));
        assert_eq!(report.status, Some(0), "{arguments:?}: {report}");
        assert!(report.stdout.contains(words), "{arguments:?}: {report}");
        assert_eq!(report.stderr, "", "{arguments:?}: {report}");
    }
}

#[test]
fn a_workspace_without_lessons_or_with_a_bad_chapter_is_an_error() {
    let none = Workspace::new("no-lesson").package("plain", "", "fn main() {}\n");
    let report = none.run_all(&[]);
    assert_eq!(report.status, Some(1), "{report}");
    assert!(
        report
            .stderr
            .contains("there is no lesson in this workspace"),
        "{report}"
    );

    for chapter in ["0", "1.5", "\"one\""] {
        let manifest = format!("[package.metadata.lesson]\nchapter = {chapter}\n");
        let bad = Workspace::new("bad-chapter").package("bad", &manifest, "fn main() {}\n");
        let report = bad.run_all(&[]);
        assert_eq!(report.status, Some(1), "{report}");
        assert!(
            report
                .stderr
                .contains("`chapter` in [package.metadata.lesson]"),
            "{report}"
        );
        assert!(report.stderr.contains("bad"), "{report}");
    }
}

#[test]
fn a_reader_who_has_seen_enough_changes_no_verdict() {
    // More than a pipe holds, so that the tool finds it closed.
    let line = format!("main thread goes{}", " on and on".repeat(100));
    let many = 100;
    let accepted = format!("{line}\n").repeat(many);
    let body = |many| format!("for _ in 0..{many} {{ say(\"{line}\\n\"); }}");
    let workspace = Workspace::new("closed")
        .lesson("good", 1, &body(many))
        .snapshot("good", &accepted)
        .lesson("bad", 1, &body(many + 1))
        .snapshot("bad", &accepted);
    for (lesson, status) in [("good", 0), ("bad", 1)] {
        let mut xtask = workspace.xtask();
        xtask
            .args(["run-all", lesson])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = xtask.spawn().unwrap();
        let mut line = String::new();
        BufReader::with_capacity(1, child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, format!("chapter 1: {lesson}\n"));
        let mut stderr = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut stderr)
            .unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(status), "{stderr}");
        assert!(
            !stderr.contains("panicked") && !stderr.contains("error"),
            "{stderr}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let workspace = Workspace::new("full")
        .lesson("good", 1, GOOD)
        .snapshot("good", GOOD_OUTPUT);
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut xtask = workspace.xtask();
    let child = xtask
        .arg("run-all")
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("error: standard output cannot be written: "),
        "{stderr}"
    );
}
