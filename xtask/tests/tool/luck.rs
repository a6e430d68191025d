//! Lessons of which one run does not tell the order, and no snapshot holds the output.

use crate::{
    tool::report,
    workspace::{Workspace, main},
};

/// Runs in turn print one thing and the other.
const FICKLE: &str = r#"
    let runs = env::current_exe().unwrap().with_extension("runs");
    let mut runs = File::options().append(true).create(true).open(runs).unwrap();
    runs.write_all(b"x").unwrap();
    if runs.metadata().unwrap().len() % 2 == 0 { say("main thread one\n"); }
    else { say("main thread two\n"); }"#;

#[test]
fn a_lesson_whose_runs_differ_is_not_judged_but_told_how_they_do() {
    let workspace = Workspace::new("fickle").lesson("fickle", 1, FICKLE);
    let prints = |line: &str| format!("prints `main thread {line}` at 0 s");
    let [one, two] = ["one", "two"].map(prints);
    let sentences = [(&one, &two), (&two, &one)].map(|(one, other)| {
        format!(
            "it does not do the same on every run: in one the main thread {one}, in another it \
             {other}; something other than start and join decides it, so nothing can be said of the \
             order of its lines; let every thread do the same whatever the others do\n"
        )
    });
    let tells = |text: &str, begin: &str| {
        let mut texts = sentences
            .iter()
            .map(|sentence| format!("{begin}{sentence}"));
        texts.any(|sentence| text.contains(&sentence))
    };
    for command in ["orders", "check", "timeline"] {
        let report = report(workspace.xtask().args([command, "fickle"]));
        assert_eq!(
            (report.stdout.as_str(), report.status),
            ("", Some(1)),
            "{report}"
        );
        let begin = "error: lesson `fickle` on the simulated clock: ";
        assert!(tells(&report.stderr, begin), "{report}");
    }
    for arguments in [&["--accept"][..], &["--simulated"]] {
        let report = workspace.run_all(arguments);
        assert_eq!(report.status, Some(1), "{report}");
        assert!(
            tells(&report.stdout, "  on the simulated clock, "),
            "{report}"
        );
        assert_eq!(
            workspace.accepted("fickle").or(workspace.pending("fickle")),
            None
        );
    }
}

#[test]
fn a_race_is_told_on_every_run_and_is_not_accepted() {
    let body = |seconds: u32| {
        format!(
            "trace(\"start\\t1\\tworker\\t1\");
            println!(\"sub thread start  1\");
            trace_of(1, \"line\\tsub thread start  1\");
            trace(\"started\\t1\");
            println!(\"sub thread end  1\\nmain thread end\");
            trace_at(3, 1, \"line\\tsub thread end  1\");
            trace_at(3, 1, \"end\");
            trace_at({seconds}, 0, \"line\\tmain thread end\");
            trace_at(4, 0, \"exit\");
            std::process::exit(0);"
        )
    };
    let workspace = Workspace::new("race").lesson("race", 1, &body(3));
    let words = " s:\n  `sub thread end  1` and `main thread end` race: neither start \
                 and join nor the sleeps say which comes first, so no snapshot can hold the output; join \
                 the worker, or let one of the two sleep longer\n";
    for arguments in [
        &["--accept"][..],
        &["--simulated"],
        &["--simulated", "--accept"],
    ] {
        let report = workspace.run_all(arguments);
        assert!(report.stdout.contains(words), "{report}");
        assert_eq!(report.status, Some(1), "{report}");
        assert_eq!(
            workspace.accepted("race").or(workspace.pending("race")),
            None
        );
    }
    workspace.write("crates/race/src/main.rs", &main(&body(4)));
    let report = workspace.run_all(&["--accept"]);
    assert_eq!(report.status, Some(0), "{report}");
}

#[test]
fn while_a_lesson_sleeps_on_the_real_clock_its_other_runs_go_on() {
    let body = r#"
        let has_run = env::current_exe().unwrap().with_extension("has-run");
        if env::var("LESSON_CLOCK").unwrap() == "simulated" { File::create(has_run).unwrap(); }
        else { while !has_run.exists() { std::thread::yield_now(); } }
        say("main thread end\n");"#;
    let workspace = Workspace::new("beside")
        .lesson("good", 1, body)
        .snapshot("good", "main thread end\n");
    workspace.forget("target/debug/good.has-run");
    let report = workspace.run_all(&[]);
    assert_eq!(report.status, Some(0), "{report}");
}

#[test]
fn the_time_limit_is_that_of_every_run_of_a_lesson() {
    let body = r#"
        while env::var("LESSON_CLOCK").unwrap() == "simulated" {
            trace("sleep");
            trace("wake");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        say("main thread end\n");"#;
    let workspace = Workspace::new("every-run").lesson("endless", 1, body);
    let report = workspace.run_all(&["--timeout", "5"]);
    // On a busy machine the run that is shown may be too slow too.
    let words = "it still ran at the time limit of 5 s and was killed\n";
    assert!(report.stdout.contains(words), "{report}");
    assert_eq!(report.status, Some(1), "{report}");
}
