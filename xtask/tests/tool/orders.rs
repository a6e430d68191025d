//! `orders`: what it counts, what it lists, and whether the real lessons agree.

use std::{collections::BTreeMap, sync::LazyLock};

use crate::{
    repository::{lessons, root},
    tool::{Report, report},
    workspace::{LESSONS, Workspace},
};

fn orders(arguments: &[&str]) -> Report {
    let report = report(LESSONS.xtask().arg("orders").args(arguments));
    assert_eq!(report.status, Some(0), "{report}");
    report
}

/// What is said of each lesson, by name.
static ORDERS: LazyLock<BTreeMap<String, Report>> = LazyLock::new(|| {
    let lessons = lessons(root()).into_iter();
    lessons
        .map(|lesson| (lesson.clone(), orders(&[&lesson])))
        .collect()
});

/// The part of what the tool prints below this heading.
fn part<'a>(report: &'a Report, heading: &str) -> Vec<&'a str> {
    let mut lines = report.stdout.lines();
    assert!(
        lines.any(|line| line.starts_with(heading)),
        "{heading:?} is missing in {report}"
    );
    lines.take_while(|line| !line.is_empty()).collect()
}

#[test]
fn the_last_line_counts_the_orders() {
    let report = &ORDERS["daemon"];
    let words = "daemon: 1 order with its sleeps, 7916 by start and join alone";
    assert_eq!(report.last_line(), words, "{report}");
}

#[test]
fn a_start_that_returns_early_allows_more_orders_by_the_promises_of_std_and_python() {
    for (flag, name) in [("--std", "std"), ("--python", "Python")] {
        let report = orders(&["fork-join", flag]);
        let words =
            format!("fork-join ({name}): 4 orders with its sleeps, 6 by start and join alone");
        assert_eq!(report.last_line(), words, "{report}");
        let pair = "`sub thread start  1`  → `sub thread start  2`";
        assert!(!report.stdout.contains(pair), "{report}");
    }
}

#[test]
fn no_line_is_wider_than_80_columns_where_there_is_no_terminal() {
    let mut all = String::new();
    for report in ORDERS.values() {
        let widest = report.stdout.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(80), "{report}");
        all += &report.stdout;
    }
    // Nor is it for want of a long one.
    let words = "` → `sub thread end  thread 0`\n      program order, if it is printed\n";
    assert!(all.contains(words), "{all}");
}

#[test]
fn every_pair_is_guaranteed_or_likely_or_left_to_the_scheduler() {
    let report = &ORDERS["fork-join"];
    let guaranteed = part(report, "guaranteed");
    assert!(
        guaranteed.contains(&"  `sub thread end  1`    → `main thread post job`  join"),
        "{report}"
    );
    assert!(
        guaranteed.contains(&"  `main thread end`      → the end of the program  end"),
        "{report}"
    );
    assert_eq!(guaranteed.len(), 8, "only the covering pairs: {report}");
    assert_eq!(
        part(report, "likely, not guaranteed"),
        ["  `sub thread start  2` → `sub thread end  1`"]
    );
    assert_eq!(
        part(report, "left to the scheduler"),
        [
            "  any order of",
            "    `sub thread end  1`",
            "    `sub thread end  2`"
        ]
    );
}

#[test]
fn what_a_daemon_may_not_get_to_is_said() {
    let report = &ORDERS["daemon"];
    let missing = part(report, "may be missing");
    assert_eq!(missing.len(), 5, "{report}");
    assert_eq!(
        missing[0],
        "  `sub thread end  thread 0`  nearly always missing, because of the sleeps"
    );
}

#[test]
fn the_normal_form_is_listed_first_and_no_more_orders_than_the_limit() {
    let report = &ORDERS["fork-join"];
    assert_eq!(
        part(report, "2 orders with its sleeps"),
        [
            "   1   2   3   4   5   6   7",
            "   1   2   3   5   4   6   7"
        ]
    );
    assert_eq!(
        part(report, "1 more without its sleeps"),
        ["   1   2   4   3   5   6   7"]
    );
    for (limit, listed) in [("0", 0), ("7", 7), ("9999", 3840)] {
        let report = orders(&["threads", "--limit", limit]);
        let lines = report.stdout.lines();
        let outputs = lines.filter(|line| line.starts_with("   1   2 "));
        assert_eq!(outputs.count(), listed, "{report}");
    }
}

#[test]
fn every_run_of_a_lesson_prints_one_of_its_orders() {
    for lesson in lessons(root()) {
        let report = orders(&[&lesson, "--observe", "20"]);
        let last = report.last_line();
        assert!(last.starts_with("saw "), "{lesson}: {report}");
        assert!(
            last.ends_with(" in 20 runs; none outside"),
            "{lesson}: {report}"
        );
    }
}

#[test]
fn of_orders_that_only_others_allow_it_says_that_the_lesson_prints_none() {
    let lessons = lessons(root());
    for (promises, name) in [("--std", "std"), ("--python", "Python")] {
        let report = orders(&[&lessons[0], promises, "--observe", "1"]);
        let words = format!(" what only {name} allows, the lesson never prints\n");
        assert!(report.stdout.contains(&words), "{report}");
    }
}

#[test]
fn an_output_outside_of_the_orders_is_shown_and_is_a_failure() {
    // Once it has been traced eight times, it prints something else.
    let body = r#"
        let ran = env::current_exe().unwrap().with_extension("ran");
        let mut ran = File::options().append(true).create(true).open(ran).unwrap();
        if ran.metadata().unwrap().len() < 8 { say("main thread one\nmain thread two\n"); }
        else { say("main thread two\nmain thread one\n"); }
        ran.write_all(b"x").unwrap();"#;
    let workspace = Workspace::new("outside-orders").lesson("moody", 1, body);
    workspace.forget("target/debug/moody.ran");
    let report = report(
        workspace
            .xtask()
            .args(["orders", "moody", "--observe", "2"]),
    );
    assert_eq!(report.status, Some(1), "{report}");
    let words = "not one of its orders, seen in 2 runs:\nmain thread two\nmain thread one\n";
    assert!(report.stdout.contains(words), "{report}");
    assert_eq!(
        report.last_line(),
        "saw 0 of 1 order in 2 runs; 1 outside",
        "{report}"
    );
}

#[test]
fn a_lesson_with_too_many_orders_to_count_them_exactly_is_said_to_have_about_so_many() {
    // Each line of the one thread is free of each of the other.
    let free = "for worker in [1, 2] {
            trace(&format!(\"start\\t{worker}\\tworker\\t{worker}\"));
            for n in 0..100 {
                println!(\"sub thread end  {worker}.{n}\");
                trace_of(worker, &format!(\"line\\tsub thread end  {worker}.{n}\"));
            }
        }";
    // Each worker joins the one before.
    let chain = "for worker in 1..=300 {
            trace(&format!(\"start\\t{worker}\\tworker\\t{worker}\"));
            println!(\"sub thread start  {worker}\");
            trace_of(worker, &format!(\"line\\tsub thread start  {worker}\"));
            trace(&format!(\"started\\t{worker}\"));
        }
        for worker in 1..=300 {
            if worker > 1 {
                trace_of(worker, &format!(\"joined\\t{}\", worker - 1));
            }
            println!(\"sub thread end  {worker}\");
            trace_of(worker, &format!(\"line\\tsub thread end  {worker}\"));
            trace_of(worker, \"end\");
        }";
    let workspace = Workspace::new("too-large")
        .lesson("free", 1, free)
        .lesson("chain", 2, chain);
    for (lesson, count) in [
        ("free", "about 10^59 orders"),
        ("chain", "too many orders to count"),
    ] {
        let report = report(workspace.xtask().args(["orders", lesson, "--limit", "1"]));
        assert_eq!(report.status, Some(0), "{report}");
        let words = format!("{lesson}: {count} with its sleeps, ");
        assert!(report.last_line().starts_with(&words), "{report}");
    }
}

#[test]
fn what_a_daemon_without_end_would_print_is_not_judged() {
    let body = r#"
        say("main thread end\n");
        trace("exit");
        trace("endless");
        std::process::exit(0);"#;
    let workspace = Workspace::new("endless-daemon").lesson("endless", 1, body);
    let orders = report(workspace.xtask().args(["orders", "endless"]));
    assert!(
        orders.stdout.contains("a daemon went on for too long"),
        "{orders}"
    );
    let file = format!("{}/endless.txt", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&file, "main thread end\nsub thread end  1\n").unwrap();
    let check = report(workspace.xtask().args(["check", "endless", &file]));
    assert!(
        check
            .stdout
            .starts_with("cannot be judged:\n  line 2 is unknown"),
        "{check}"
    );
    assert_eq!(check.status, Some(1), "{check}");
}

#[test]
fn a_worker_called_main_thread_takes_no_name_from_the_main_thread() {
    let body = r#"
        say("main thread start\n");
        trace("start\t1\tworker\tmain thread");
        println!("sub thread end  1");
        trace_of(1, "line\tsub thread end  1");
        trace_of(1, "end");"#;
    let workspace = Workspace::new("main-thread").lesson("named", 1, body);
    let report = report(workspace.xtask().args(["orders", "named"]));
    let words = "  `main thread start` → `sub thread end  1`";
    assert!(report.stdout.contains(words), "{report}");
}

#[test]
fn two_workers_of_one_name_cannot_be_told_apart() {
    let body = r#"
        trace("start\t1\tworker\t1");
        trace("start\t2\tworker\t1");
        for worker in [1, 2] {
            println!("sub thread start  1");
            trace_of(worker, "line\tsub thread start  1");
        }"#;
    let workspace = Workspace::new("one-name").lesson("twins", 1, body);
    for command in ["orders", "check"] {
        let report = report(workspace.xtask().args([command, "twins"]));
        assert_eq!(report.status, Some(1), "{report}");
        let words = "two of its threads print `sub thread start  1`; give each worker a name";
        assert!(report.stderr.contains(words), "{report}");
    }
}

#[test]
fn a_lesson_that_does_not_build_or_run_has_no_orders() {
    let workspace = Workspace::new("no-orders")
        .lesson("broken", 1, "let n: u32 = \"one\";")
        .lesson(
            "failing",
            2,
            "say(\"main thread end\\n\"); std::process::exit(3);",
        )
        .lesson("untraced", 3, "println!(\"main thread end\");");
    for (command, lesson, words) in [
        ("orders", "broken", "lesson `broken`: it does not build"),
        (
            "check",
            "failing",
            "lesson `failing` on the simulated clock: it ended with status 3",
        ),
        ("timeline", "untraced", "line 1 is not in its trace"),
    ] {
        let report = report(workspace.xtask().args([command, lesson]));
        assert_eq!(report.status, Some(1), "{report}");
        assert_eq!(report.stdout, "", "{report}");
        assert!(report.stderr.contains(words), "{report}");
    }
}
