//! `check`: which outputs a lesson can have.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use crate::{
    tool::{Report, report, xtask},
    workspace::Workspace,
};

/// An output of fork-join by its lines: S and E of the main thread, P its post job, and
/// a worker's name in small for its start line and doubled for its end line.
fn fork_join(lines: &str) -> String {
    let lines = lines.split(' ').map(|line| match line {
        "S" => "main thread start\n",
        "P" => "main thread post job\n",
        "E" => "main thread end\n",
        "1" => "sub thread start  1\n",
        "2" => "sub thread start  2\n",
        "11" => "sub thread end  1\n",
        "22" => "sub thread end  2\n",
        other => panic!("{other}"),
    });
    lines.collect()
}

/// What is said of an output that is all right.
const POSSIBLE: &str = "possible; one output can prove a program wrong, never right: see --times\n";

/// Passes an output through standard input.
fn check(arguments: &[&str], output: &[u8]) -> Report {
    let mut xtask: Command = xtask();
    let mut child = xtask
        .arg("check")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(output).unwrap();
    child.wait_with_output().unwrap().into()
}

#[track_caller]
fn assert_verdict(arguments: &[&str], output: &str, status: i32, expected: &str) {
    let report = check(arguments, output.as_bytes());
    assert_eq!(report.stdout, expected, "{report}");
    assert_eq!(report.status, Some(status), "{report}");
}

#[test]
fn an_output_that_the_lesson_can_have_is_possible() {
    for output in ["S 1 2 11 22 P E", "S 1 2 22 11 P E"] {
        assert_verdict(&["fork-join"], &fork_join(output), 0, POSSIBLE);
    }
}

#[test]
fn line_breaks_may_be_those_of_any_system() {
    let output = fork_join("S 1 2 11 22 P E").replace('\n', "\r\n");
    assert_verdict(&["fork-join"], &output, 0, POSSIBLE);
}

#[test]
fn an_output_that_only_the_sleeps_speak_against_is_unlikely() {
    assert_verdict(
        &["fork-join"],
        &fork_join("S 1 11 2 22 P E"),
        0,
        "possible, but the sleeps make it unlikely:\n  line 3, `sub thread end  1`, nearly always \
         follows `sub thread start  2`, which stands in line 4\n",
    );
    let daemon: String = (0..5)
        .map(|n| format!("sub thread start  thread {n}\n"))
        .collect();
    assert_verdict(
        &["daemon"],
        &format!("main thread start\n{daemon}main thread end\nsub thread end  thread 3\n"),
        0,
        "possible, but the sleeps make it unlikely:\n  line 8, `sub thread end  thread 3`, is nearly \
         always cut off by the end of the program\n",
    );
}

#[test]
fn a_daemons_line_that_the_sleeps_leave_time_for_is_likely() {
    let body = r#"
        trace("start\t1\tdaemon\t1");
        for (time, words) in [(0, "start"), (1, "end")] {
            println!("sub thread {words}  1");
            trace_at(time, 1, &format!("line\tsub thread {words}  1"));
            if time == 0 { trace("started\t1"); }
        }
        trace_at(2, 0, "end");
        trace_at(2, 0, "exit");
        std::process::exit(0);"#;
    let workspace = Workspace::new("likely-line").lesson("slow", 1, body);
    let file = format!("{}/likely-line.txt", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&file, "sub thread start  1\n").unwrap();
    let report = report(workspace.xtask().args(["check", "slow", &file]));
    let words = "possible, but the sleeps make it unlikely:\n  `sub thread end  1`, which is missing, is \
                 nearly always printed\n";
    assert_eq!(
        (report.stdout.as_str(), report.status),
        (words, Some(0)),
        "{report}"
    );
}

#[test]
fn a_line_that_is_too_early_is_named_with_the_line_and_the_promise() {
    for (output, fault) in [
        (
            "S 1 2 22 P E 11",
            "line 5 is too early: `main thread post job` (main.rs:28 of the lesson) has to follow `sub thread end  1`, which \
             stands in line 7 (join)",
        ),
        (
            "S 2 1 11 22 P E",
            "line 2 is too early: `sub thread start  2` has to follow `sub thread start  1`, which \
             stands in line 3 (start)",
        ),
        (
            "S 1 2 11 22 E P",
            "line 6 is too early: `main thread end` (main.rs:29 of the lesson) has to follow `main thread post job`, which \
             stands in line 7 (program order)",
        ),
        (
            "S 1 2 11 P E",
            "line 5 is too early: `main thread post job` (main.rs:28 of the lesson) has to follow `sub thread end  2`, which is \
             missing (join)",
        ),
    ] {
        // Only worker-core promises that `start` returns after the start line.
        let whose = if fault.ends_with("(start)") {
            " for worker-core, possible for std and Python, whose start may return before the \
             worker's first line (see --std and --python)"
        } else {
            ""
        };
        let expected = format!("impossible{whose}:\n  {fault}\n");
        assert_verdict(&["fork-join"], &fork_join(output), 1, &expected);
    }
}

#[test]
fn missing_repeated_unknown_and_torn_lines_are_told_apart_by_number() {
    let known = fork_join("S 1 2 11 22 P E");
    for (output, fault) in [
        (
            fork_join("S 1 2 11 22 P"),
            "a line is missing: `main thread end` has to come before the program ends (end)",
        ),
        (
            fork_join("S 1 2 11 22 P E E"),
            "line 8 is repeated: `main thread end` stands in line 7 already, and `fork-join` prints \
             it no more often",
        ),
        (
            format!("{known}hello\n"),
            "line 8 is unknown: \"hello\" is no line of `fork-join`; `cargo xtask orders fork-join` \
             lists them",
        ),
        (
            known.replace("start  1", "start 1"),
            "line 2 has other blanks than the lesson's: \"sub thread start 1\"; did you mean \
             \"sub thread start  1\"?",
        ),
        (
            known.replace("end  1\nsub", "end  1sub"),
            "line 4 is torn: in \"sub thread end  1sub thread end  2\" one line begins inside \
             another; print each in one piece",
        ),
        (
            known.trim_end().to_owned(),
            "line 7 is torn: \"main thread end\" has no line break at its end; print it with its \
             line break, in one piece",
        ),
    ] {
        assert_verdict(
            &["fork-join"],
            &output,
            1,
            &format!("impossible:\n  {fault}\n"),
        );
    }
    let report = check(&["fork-join"], b"\xff\n");
    let words = "impossible:\n  line 1 is not UTF-8, from its byte 1 on; print text only\n";
    assert_eq!((report.stdout.as_str(), report.status), (words, Some(1)));
}

#[test]
fn every_fault_is_said_in_the_order_of_the_lines() {
    let output = format!("hello\n{}", fork_join("S 1 2 22 P E E 11"));
    let report = check(&["fork-join"], output.as_bytes());
    let starts: Vec<_> = report
        .stdout
        .lines()
        .map(|line| line.split(':').next())
        .collect();
    let expected = [
        "impossible",
        "  line 1 is unknown",
        "  line 6 is too early",
        "  line 8 is repeated",
    ];
    assert_eq!(starts, expected.map(Some), "{report}");
    assert_eq!(report.status, Some(1));
}

#[test]
fn python_promises_no_start_line_before_start_returns() {
    let output = fork_join("S 2 1 22 11 P E");
    assert_verdict(&["fork-join", "--python"], &output, 0, POSSIBLE);
    // It promises the rest.
    assert_verdict(
        &["fork-join", "--python"],
        &fork_join("1 S 2 11 22 P E"),
        1,
        "impossible:\n  line 1 is too early: `sub thread start  1` has to follow `main thread \
         start`, which stands in line 2 (start)\n",
    );
    let nothing_but_main = "main thread start\nmain thread end\n";
    assert_verdict(&["daemon", "--python"], nothing_but_main, 0, POSSIBLE);
}

#[test]
fn a_line_that_python_may_tear_proves_nothing() {
    let torn = fork_join("S 1 2 11 22 P E")
        .replace("end  1\nsub thread end  2\n", "end  1sub thread end  2\n\n");
    let report = check(&["fork-join", "--python"], torn.as_bytes());
    let words = "cannot be judged:\n  line 4 is torn: in \"sub thread end  1sub thread end  2\" one line \
                 begins inside another; print each in one piece, in Python with `print(line + \"\\n\", \
                 end=\"\")`\n";
    assert_eq!((report.stdout.as_str(), report.status), (words, Some(1)));
}

#[test]
fn what_is_no_text_is_not_pythons_to_mend() {
    let report = check(&["fork-join", "--python"], b"\xff\n");
    let words = "impossible:\n  line 1 is not UTF-8, from its byte 1 on; print text only\n";
    assert_eq!(report.stdout, words, "{report}");
}

#[test]
fn lines_in_a_wrong_order_are_a_proof_even_beside_a_torn_one() {
    let output = fork_join("S 1 2 11 22 E P").replace("end  1\nsub", "end  1sub");
    let report = check(&["fork-join", "--python"], output.as_bytes());
    assert!(
        report.stdout.starts_with("impossible:\n  line 4 is torn"),
        "{report}"
    );
    assert!(
        report
            .stdout
            .contains("\n  line 5 is too early: `main thread end`"),
        "{report}"
    );
}

#[test]
fn the_same_fault_in_many_lines_is_said_once() {
    let report = check(&["fork-join"], "hello\n".repeat(100_000).as_bytes());
    assert_eq!(report.status, Some(1), "{report}");
    let words = "impossible:\n  line 1 is unknown: \"hello\" is no line of `fork-join`; `cargo xtask \
                 orders fork-join` lists them; likewise lines 2 to 100000\n";
    assert_eq!(report.stdout, words, "{report}");
}

#[test]
fn a_class_is_judged_file_by_file_and_summed_up() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, output: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, output).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let anna = write("anna.txt", &fork_join("S 1 2 11 22 P E"));
    let ben = write("ben.txt", &fork_join("S 1 2 P E"));
    let cleo = folder.path().join("cleo.txt").display().to_string();
    let report = report(xtask().args(["check", "fork-join", &anna, &ben, &cleo]));
    assert_eq!(report.status, Some(1), "{report}");
    for words in [
        format!("{anna}: possible\n"),
        format!("{ben}: impossible:\n"),
        format!("{cleo}: cannot be read: "),
        "\n1 possible, 1 impossible, 1 cannot be judged\n".to_owned(),
    ] {
        assert!(report.stdout.contains(&words), "{words:?}: {report}");
    }
}

#[cfg(unix)]
#[test]
fn a_program_is_run_as_often_as_asked_and_its_runs_are_summed_up() {
    let output = fork_join("S 1 2 11 22 P E");
    let runs = |program: &str, output: &str| {
        let arguments = ["check", "fork-join", "--times", "3", "--", program, output];
        report(xtask().args(arguments))
    };
    let good = runs("printf", &output);
    assert_eq!(good.status, Some(0), "{good}");
    let words = "3 of 3 possible; runs can prove a program wrong, never right\n";
    assert_eq!(good.stdout, words, "{good}");
    let unlikely = runs("printf", &fork_join("S 1 11 2 22 P E"));
    let words = "3 of 3 possible, 3 of them unlikely because of the sleeps; runs can prove";
    assert!(unlikely.stdout.starts_with(words), "{unlikely}");
    let bad = runs("printf", &output.replace("main thread end\n", ""));
    assert_eq!(bad.status, Some(1), "{bad}");
    assert!(bad.stdout.starts_with("0 of 3 possible"), "{bad}");
    let missing = runs("no-such-program", "");
    assert_eq!(missing.status, Some(2), "{missing}");
}

#[cfg(unix)]
#[test]
fn of_a_program_that_was_stopped_only_what_it_printed_whole_is_judged() {
    for (limit, script, fault) in [
        (
            "1",
            "printf 'main thread start\\nsub thr'; sleep 60",
            "impossible:\n  it still ran at the time limit of 1 s and was killed; the lesson ends\n",
        ),
        (
            "60",
            "yes 'main thread start'",
            "impossible:\n  it wrote more than 16 MiB, more than a lesson may; what came after that is lost\n",
        ),
        (
            "60",
            "yes >&2",
            "cannot be judged:\n  it wrote more than 16 MiB to standard error, more than a lesson may; what came after that is lost\n",
        ),
    ] {
        let options = ["--times", "1", "--timeout", limit, "--", "sh", "-c", script];
        let report = report(xtask().args(["check", "fork-join"]).args(options));
        assert_eq!(report.status, Some(1), "{report}");
        assert!(report.stdout.contains(fault), "{report}");
        assert!(!report.stdout.contains("torn"), "{report}");
    }
}

#[cfg(unix)]
#[test]
fn of_runs_in_python_those_that_are_torn_do_not_count_unless_all_are() {
    // It prints the one or the other, in turn.
    let ran = format!("{}/torn-runs", env!("CARGO_TARGET_TMPDIR"));
    let whole = fork_join("S 1 2 11 22 P E");
    let torn = whole.replace("end  1\nsub thread end  2\n", "end  1sub thread end  2\n\n");
    let [whole, torn] = [whole, torn].map(|output| output.replace('\n', "\\n"));
    let runs = |first: &str, other: &str| {
        let _ = std::fs::remove_file(&ran);
        let script =
            format!("if mkdir {ran}; then printf '{first}'; else printf '{other}'; fi 2>/dev/null");
        let arguments = [
            "check",
            "fork-join",
            "--python",
            "--times",
            "3",
            "--",
            "sh",
            "-c",
            &script,
        ];
        let report = report(xtask().args(arguments));
        let _ = std::fs::remove_dir(&ran);
        report
    };
    let some = runs(&whole, &torn);
    assert!(
        some.stdout
            .starts_with("1 of 3 possible, 2 cannot be judged; runs"),
        "{some}"
    );
    assert_eq!(some.status, Some(0), "{some}");
    let all = runs(&torn, &torn);
    assert!(
        all.stdout
            .starts_with("0 of 3 possible, 3 cannot be judged"),
        "{all}"
    );
    assert_eq!(all.status, Some(1), "{all}");
}

#[test]
fn only_one_of_std_and_python_can_be_meant() {
    for command in ["check", "orders"] {
        let report = report(xtask().args([command, "fork-join", "--std", "--python"]));
        assert_eq!(report.status, Some(2), "{report}");
    }
}

#[test]
fn the_output_may_be_in_a_file() {
    let file = format!("{}/fork-join.txt", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&file, fork_join("S 1 2 11 22 P E")).unwrap();
    let check = |file: &str| report(xtask().args(["check", "fork-join", file]));
    let report = check(&file);
    assert_eq!((report.stdout.as_str(), report.status), (POSSIBLE, Some(0)));

    let report = check("no/such/file");
    assert_eq!(report.status, Some(2), "{report}");
    let words = "error: `no/such/file` cannot be read: ";
    assert!(report.stderr.starts_with(words), "{report}");
}
