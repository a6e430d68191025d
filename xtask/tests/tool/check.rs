//! `check`: which outputs a lesson can have.

use std::{io::Write, process::Stdio};

#[cfg(unix)]
use crate::watch::Session;
use crate::{
    tool::{Report, report},
    workspace::{LESSONS, Workspace, guarantees},
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
    let mut xtask = LESSONS.xtask();
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

#[test]
fn an_output_through_standard_input_is_judged_and_the_status_tells_how() {
    let named = check(&["fork-join", "-"], fork_join("S 1 2 11 22 P E").as_bytes());
    assert_eq!((named.stdout.as_str(), named.status), (POSSIBLE, Some(0)));
    let good = check(&["fork-join"], fork_join("S 1 2 11 22 P E").as_bytes());
    assert_eq!((good.stdout.as_str(), good.status), (POSSIBLE, Some(0)));
    let early = check(&["fork-join"], fork_join("S 1 2 22 P E 11").as_bytes());
    let words = "impossible:\n  line 5 is too early: `main thread post job` (main.rs:28 of the lesson) \
                 has to follow `sub thread end  1`, which stands in line 7 (join)\n";
    assert_eq!((early.stdout.as_str(), early.status), (words, Some(1)));
}

#[test]
fn a_class_is_judged_file_by_file_and_summed_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let mut verdicts = Vec::new();
    for (name, output, verdict) in [
        ("anna.txt", "S 1 2 11 22 P E", "possible\n"),
        (
            "ben.txt",
            "S 1 11 2 22 P E",
            "possible, but the sleeps make it unlikely:\n  line 3, `sub thread end  1`, nearly always \
             follows `sub thread start  2`, which stands in line 4\n",
        ),
        (
            "cleo.txt",
            "S 2 1 11 22 P E",
            "impossible for worker-core, possible for std and Python, whose start may return before \
             the worker's first line (see --std and --python):\n  line 2 is too early: `sub thread \
             start  2` has to follow `sub thread start  1`, which stands in line 3 (start)\n",
        ),
        (
            "dora.txt",
            "1 S 2 11 22 P",
            "impossible:\n  line 1 is too early: `sub thread start  1` has to follow `main thread \
             start`, which stands in line 2 (start)\n  a line is missing: `main thread end` has to \
             come before the program ends (end)\n",
        ),
    ] {
        std::fs::write(path(name), fork_join(output)).unwrap();
        verdicts.push((path(name), verdict));
    }
    verdicts.push((path("emil.txt"), "cannot be read: "));
    let files = verdicts.iter().map(|(file, _)| file);
    let report = report(LESSONS.xtask().args(["check", "fork-join"]).args(files));
    assert_eq!(report.status, Some(1), "{report}");
    for (file, verdict) in verdicts {
        let words = format!("{file}: {verdict}");
        assert!(report.stdout.contains(&words), "{words:?}: {report}");
    }
    let words = "\n2 possible, 1 of them unlikely because of the sleeps, 1 possible for std and \
                 Python only, 1 impossible, 1 cannot be judged\n";
    assert!(report.stdout.ends_with(words), "{report}");
    let files = [&*path("anna.txt"), &*path("ben.txt")];
    let report = self::report(LESSONS.xtask().args(["check", "fork-join"]).args(files));
    let words = "\n2 possible, 1 of them unlikely because of the sleeps; an output can prove a program \
                 wrong, never right: see --times\n";
    assert!(report.stdout.ends_with(words), "{report}");
}

#[test]
fn a_program_that_is_named_as_an_output_is_told_apart() {
    let words = "none of its lines is the lesson's; a program that is to be run stands behind `--`";
    let python = "docs/python/fork-join.py";
    let report = |file: &str| report(LESSONS.xtask().args(["check", "fork-join", file]));
    let program = report(python);
    let fault = format!("impossible:\n  {words}\n  line 1 is unknown: ");
    assert!(program.stdout.starts_with(&fault), "{program}");
    let folder = tempfile::tempdir().unwrap();
    for output in ["", "x\nmain thread end\n"] {
        let file = folder.path().join("output.txt");
        std::fs::write(&file, output).unwrap();
        let output = report(file.to_str().unwrap());
        assert!(!output.stdout.contains(words), "{output}");
    }
}

#[test]
fn what_was_tried_out_in_a_lesson_and_left_there_is_noted() {
    let workspace =
        Workspace::new("left-changed").lesson("good", 1, r#"say("main thread end\n");"#);
    for (accepted, is_noted) in [("main thread end\n", false), ("main thread start\n", true)] {
        workspace.accept("good", "guarantees", &guarantees(accepted));
        let report = report(workspace.xtask().args(["check", "good", "Cargo.toml"]));
        let words = "note: the guarantees of `good` are not the accepted ones, and outputs are judged by \
                     what its source says now; `cargo xtask run-all good --simulated` shows the difference\n";
        let expected = if is_noted { words } else { "" };
        assert_eq!(report.stderr, expected, "{report}");
    }
}

#[test]
fn what_python_may_tear_proves_nothing_but_what_is_no_text_does() {
    let torn = fork_join("S 1 2 11 22 P E")
        .replace("end  1\nsub thread end  2\n", "end  1sub thread end  2\n\n");
    for (output, words) in [
        (
            torn.as_bytes(),
            "cannot be judged:\n  line 4 is torn: in \"sub thread end  1sub thread end  2\" one line \
             begins inside another; print each in one piece, in Python with `sys.stdout.write(line + \
             \"\\n\")`\n",
        ),
        (
            b"\xff\n",
            "impossible:\n  line 1 is not UTF-8, from its byte 1 on; print text only\n",
        ),
    ] {
        let report = check(&["fork-join", "--python"], output);
        assert_eq!((report.stdout.as_str(), report.status), (words, Some(1)));
    }
}

/// What the runs of a program come to without how long they took, and that.
#[cfg(unix)]
fn untimed(report: &Report) -> (String, &str) {
    let mut lines = report.stdout.split_inclusive('\n');
    let times = lines.find(|line| line.starts_with("each took "));
    let times = times.unwrap_or_else(|| panic!("no time in {report}"));
    (report.stdout.replacen(times, "", 1), times)
}

#[cfg(unix)]
#[test]
fn how_long_the_runs_took_is_said_beside_the_time_that_the_lesson_takes() {
    // It prints what the lesson does and starts no thread, and its time tells.
    let script = format!("sleep 0.2; printf '{}'", fork_join("S 1 2 11 22 P E"));
    let options = ["--times", "2", "--", "sh", "-c", &script];
    let report = report(LESSONS.xtask().args(["check", "fork-join"]).args(options));
    let (_, times) = untimed(&report);
    let least = times.split(' ').nth(2).unwrap().parse::<f64>();
    assert!(least.is_ok_and(|least| least >= 0.2), "{report}");
    assert!(times.ends_with(" s; the lesson takes 5.0 s\n"), "{report}");
}

#[cfg(unix)]
#[test]
fn a_program_is_run_as_often_as_asked_and_its_runs_are_summed_up() {
    let output = fork_join("S 1 2 11 22 P E");
    let runs = |program: &str, output: &str| {
        let arguments = ["check", "fork-join", "--times", "3", "--", program, output];
        report(LESSONS.xtask().args(arguments))
    };
    let good = runs("printf", &output);
    assert_eq!(good.status, Some(0), "{good}");
    // A program that starts no thread prints the same each time.
    let words = "3 of 3 possible, each with the same output; runs can prove a program wrong, never \
                 right\n";
    assert_eq!(untimed(&good).0, words, "{good}");
    let unlikely = runs("printf", &fork_join("S 1 11 2 22 P E"));
    let words = "3 of 3 possible, 3 of them unlikely because of the sleeps, each with the same output; \
                 none was as the lesson nearly always is: see whether";
    assert!(unlikely.stdout.starts_with(words), "{unlikely}");
    assert_eq!(unlikely.status, Some(0), "{unlikely}");
    let bad = runs("printf", &output.replace("main thread end\n", ""));
    assert_eq!(bad.status, Some(1), "{bad}");
    assert!(bad.stdout.starts_with("0 of 3 possible"), "{bad}");
}

#[cfg(unix)]
#[test]
fn why_a_program_cannot_be_run_is_said_as_far_as_it_is_seen() {
    let script = tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .tempfile()
        .unwrap();
    // As an editor of another system saves it.
    std::fs::write(&script, "#!/bin/sh\r\necho main thread start\r\n").unwrap();
    let script = script.into_temp_path();
    for (program, words, status) in [
        (
            script.to_str().unwrap(),
            "; it is there, but not what has to run it; see its first line\n",
            1,
        ),
        (
            "no-such-program",
            "; see whether it is there and may be run\n",
            2,
        ),
        ("--times", "; the options of `check` stand before `--`\n", 2),
    ] {
        let report = report(LESSONS.xtask().args(["check", "fork-join", "--", program]));
        assert!(report.stderr.contains(words), "{report}");
        assert_eq!(report.status, Some(status), "{report}");
    }
}

#[cfg(unix)]
#[test]
fn after_a_run_that_goes_beyond_a_limit_no_other_is_begun_and_none_passes() {
    let folder = tempfile::tempdir().unwrap();
    let good = fork_join("S 1 2 11 22 P E").replace('\n', "\\n");
    // More runs than any machine begins at once. One is right, and of one that floods standard error
    // nothing is known: it is the only one, beside some that are right too.
    let floods = "if mkdir \"$0.two\" 2>/dev/null; then yes $(seq 9999) >&2; else sleep 1; fi";
    for (name, limit, beyond) in [("sleeps", "1", "sleep 60"), ("floods", "60", floods)] {
        let runs = folder.path().join(name);
        let script =
            format!("printf '{good}'; echo >> \"$0\"; mkdir \"$0.one\" 2>/dev/null || {beyond}");
        let options = [
            "--timeout",
            limit,
            "--times",
            "100000",
            "--",
            "sh",
            "-c",
            &script,
            runs.to_str().unwrap(),
        ];
        let report = report(LESSONS.xtask().args(["check", "fork-join"]).args(options));
        let runs = std::fs::read_to_string(runs).unwrap();
        let left = 100_000 - runs.lines().count();
        let words = format!("\n{left} runs not begun, since one went beyond a limit\n");
        assert!(report.stdout.contains(&words), "{report}");
        assert_eq!(report.status, Some(1), "{report}");
    }
}

#[cfg(unix)]
#[test]
fn of_a_program_that_was_stopped_only_what_it_printed_whole_is_judged() {
    // Long lines are fewer to look at.
    let line = format!("main thread{}", " on and on".repeat(100));
    let endless = format!("trap '' PIPE; yes '{line}'");
    for (limit, script, fault) in [
        (
            "1",
            "printf 'main thread start\\nsub thr'; sleep 60",
            "impossible:\n  it still ran at the time limit of 1 s and was killed; the lesson ends\n",
        ),
        (
            "60",
            &endless,
            "impossible:\n  it wrote more than 16 MiB, more than a lesson may; what came after that is lost\n",
        ),
        (
            "60",
            &format!("{endless} >&2"),
            "cannot be judged:\n  it wrote more than 16 MiB to standard error, more than a lesson may; what came after that is lost\n",
        ),
        // A program that is made with worker-core fills no disk.
        (
            "60",
            "head -c 70000000 /dev/zero > $LESSON_TRACE; sleep 60",
            "impossible:\n  its trace is larger than 64 MiB; let its threads do less; the lesson ends\n",
        ),
    ] {
        let options = ["--times", "1", "--timeout", limit, "--", "sh", "-c", script];
        let report = report(LESSONS.xtask().args(["check", "fork-join"]).args(options));
        assert_eq!(report.status, Some(1), "{report}");
        assert!(report.stdout.contains(fault), "{report}");
        assert!(!report.stdout.contains("torn"), "{report}");
        assert!(!report.stdout.contains("missing"), "{report}");
        // What tells how much is left out of what is shown is no line of it.
        assert!(!report.stdout.contains("\n  41  "), "{report}");
        // The tool lets it print until it kills it.
        assert!(!report.stdout.contains("roken pipe"), "{report}");
    }
}

#[cfg(unix)]
#[test]
fn a_run_that_is_shown_is_shown_with_what_it_wrote_to_standard_error() {
    let ran = format!("{}/complaining-runs", env!("CARGO_TARGET_TMPDIR"));
    let _ = std::fs::remove_dir(&ran);
    let whole = fork_join("S 1 2 11 22 P E").replace('\n', "\\n");
    let script = format!(
        "if mkdir '{ran}' 2>/dev/null; then printf '{whole}'; echo well >&2; else echo sad >&2; fi"
    );
    let options = ["--std", "--times", "3", "--", "sh", "-c", &script];
    let some = report(LESSONS.xtask().args(["check", "fork-join"]).args(options));
    let words = "1 of 3 possible, 2 impossible\n3 of 3 wrote to standard error\n\nimpossible:\n  it \
                 is empty, and `fork-join` prints 7 lines at least\nand wrote to standard error:\n  sad\n";
    assert_eq!(untimed(&some).0, words, "{some}");
    // Where no run is shown, one of them stands for all.
    let options = ["--times", "1", "--", "sh", "-c", &script];
    std::fs::remove_dir(&ran).unwrap();
    let all = report(LESSONS.xtask().args(["check", "fork-join"]).args(options));
    let words = "\n1 of 1 wrote to standard error, one of them:\n  well\n";
    assert!(all.stdout.ends_with(words), "{all}");
}

#[cfg(unix)]
#[test]
fn the_name_of_a_file_moves_no_cursor() {
    let file = format!("{}/up\u{1b}[1A.txt", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&file, "").unwrap();
    let report = report(
        LESSONS
            .xtask()
            .args(["check", "fork-join", &file, &format!("{file}?")]),
    );
    assert_eq!(
        report.stdout.matches("up\\u{1b}[1A.txt").count(),
        2,
        "{report}"
    );
    assert!(!report.stdout.contains('\u{1b}'), "{report}");
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
        let script = format!(
            "if mkdir '{ran}'; then printf '{first}'; else printf '{other}'; fi 2>/dev/null"
        );
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
        let report = report(LESSONS.xtask().args(arguments));
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
        let report = report(
            LESSONS
                .xtask()
                .args([command, "fork-join", "--std", "--python"]),
        );
        assert_eq!(report.status, Some(2), "{report}");
    }
}

#[cfg(unix)]
#[test]
fn on_a_narrow_terminal_a_sentence_is_broken_between_words() {
    let file = format!("{}/narrow.txt", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&file, fork_join("S 1 2 22 P E 11")).unwrap();
    let mut xtask = LESSONS.xtask();
    xtask.args(["check", "fork-join", &file]);
    let mut session = Session::start(&xtask, 24, 50);
    let screen = session.shows("(join)");
    let words = "impossible:\n  line 5 is too early: `main thread post job`\n      (main.rs:28 of the \
                 lesson) has to follow\n      `sub thread end  1`, which stands in line 7\n      (join)";
    assert!(screen.contains(words), "{screen}");
    assert_eq!(session.end().code(), Some(1));
    let mut xtask = LESSONS.xtask();
    xtask.args(["orders", "fork-join"]);
    let mut session = Session::start(&xtask, 24, 40);
    session.shows("fork-join: 2 orders with its sleeps, 3\n    by start and join alone");
    assert_eq!(session.end().code(), Some(0));
}

#[cfg(unix)]
#[test]
fn a_lesson_that_there_is_not_is_told_before_the_output_is_read() {
    let mut check = LESSONS.xtask();
    // Nothing can be read from a folder.
    check.args(["check", "fork-jion"]);
    check.stdin(std::fs::File::open(".").unwrap());
    let report = report(&mut check);
    let words = "error: there is no lesson `fork-jion`; did you mean `fork-join`? ";
    assert!(report.stderr.starts_with(words), "{report}");
    assert_eq!(report.status, Some(2), "{report}");
}

#[test]
fn the_output_may_be_in_a_file() {
    let file = format!("{}/fork-join.txt", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&file, fork_join("S 1 2 11 22 P E")).unwrap();
    let check = |file: &str| report(LESSONS.xtask().args(["check", "fork-join", file]));
    let report = check(&file);
    assert_eq!((report.stdout.as_str(), report.status), (POSSIBLE, Some(0)));

    let report = check("no/such/file");
    assert_eq!(report.status, Some(2), "{report}");
    let words = "error: `no/such/file` cannot be read: ";
    assert!(report.stderr.starts_with(words), "{report}");
}
