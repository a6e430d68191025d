//! The lessons in plain Rust: each prints what its lesson can, and a twin of each in
//! which one thing is broken is found.

use crate::{
    book::{APPLIED, assert_none},
    repository::{files, lessons, read, root},
    tool::{Report, report},
    workspace::Workspace,
};

/// How often each is run.
const TIMES: &str = "20";

/// How long the work of a program takes that is run to its end, and of one that is not.
const QUICK: &str = "from_millis(50)";
const LONG: &str = "from_secs(3600)";

/// How a broken program is found.
enum Found {
    /// By this error, when it is compiled.
    Compiler(&'static str),
    /// By an output that its lesson cannot have, though its work takes an hour: what does
    /// not wait for it does so on every machine.
    Judged,
    /// Because it does not end.
    TimeLimit,
}

use Found::{Compiler, Judged, TimeLimit};

/// An example of a lesson, what is broken in it, and how that is found.
type Twin = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    Found,
);

const TWINS: [Twin; 14] = [
    (
        "threads",
        "std_spawn",
        &[(
            "for handle in handles {",
            "for handle in handles.into_iter().take(0) {",
        )],
        Judged,
    ),
    (
        "threads",
        "std_spawn",
        &[("spawn(move ||", "spawn(||")],
        Compiler("E0373"),
    ),
    (
        "threads",
        "std_scope",
        &[("scope.spawn(", "thread::spawn(")],
        Compiler("E0597"),
    ),
    (
        "daemon",
        "std_detached",
        &[("    println!(\"main thread end\");\n", "")],
        Judged,
    ),
    (
        "daemon",
        "stop",
        &[("let (stop,", "let (_stop,"), ("    drop(stop);\n", "")],
        TimeLimit,
    ),
    (
        "fork-join",
        "gather",
        &[("first.join()? + second.join()?", "5050")],
        Judged,
    ),
    (
        "fork-join",
        "std_join",
        &[("first.join().unwrap() + second.join().unwrap()", "5050")],
        Judged,
    ),
    (
        "fork-join",
        "std_join",
        &[("first.join().unwrap()", "first.join()?")],
        Compiler("E0277"),
    ),
    (
        "join-loop",
        "std_vec",
        &[
            (
                "for handle in handles {",
                "for handle in handles.into_iter().skip(1) {",
            ),
            (
                "assert_eq!(squares, [0, 1, 4])",
                "assert_eq!(squares, [1, 4])",
            ),
            (
                "thread::sleep(WORK)",
                "thread::sleep(if n == 0 { WORK } else { Duration::ZERO })",
            ),
        ],
        Judged,
    ),
    (
        "join-loop",
        "crossbeam_channel",
        &[("    drop(sender);\n", "")],
        TimeLimit,
    ),
    (
        "join-loop",
        "crossbeam_channel",
        &[
            (
                "for square in receiver {",
                "for square in receiver.try_iter() {",
            ),
            ("assert_eq!(sum, 5)", "assert!(sum <= 5)"),
        ],
        Judged,
    ),
    (
        "join-loop",
        "shared",
        &[("        let sum = Arc::clone(&sum);\n", "")],
        Compiler("E0382"),
    ),
    (
        "join-loop",
        "shared",
        &[
            ("Arc::new(Mutex::new(0))", "Arc::new(0)"),
            ("*sum.lock().unwrap() += n * n", "*sum += n * n"),
            ("assert_eq!(*sum.lock().unwrap(), 5)", "assert_eq!(*sum, 5)"),
        ],
        Compiler("E0594"),
    ),
    (
        "join-loop",
        "shared_scope",
        &[
            ("let sum = Mutex::new(0);", "let mut sum = 0;"),
            ("let sum = &sum;", "let sum = &mut sum;"),
            ("*sum.lock().unwrap() += n * n", "*sum += n * n"),
            ("assert_eq!(*sum.lock().unwrap(), 5)", "assert_eq!(sum, 5)"),
        ],
        Compiler("E0499"),
    ),
];

#[test]
fn every_example_prints_what_its_lesson_can_and_a_broken_one_is_found() {
    let workspace = Workspace::copy("examples");
    let mut good = Vec::new();
    for lesson in lessons(root()) {
        for file in files(&root().join("crates").join(&lesson)) {
            if file
                .parent()
                .is_some_and(|folder| folder.ends_with("examples"))
            {
                let example = file.file_stem().unwrap().to_string_lossy();
                let name = format!("quick_{example}");
                workspace.write(&path(&lesson, &name), &with_work(&read(&file), QUICK));
                good.push((lesson.clone(), name));
            }
        }
    }
    assert!(!good.is_empty());
    let mut built: Vec<_> = good.iter().map(|(_, name)| name.clone()).collect();
    for (number, (lesson, example, changes, found)) in TWINS.iter().enumerate() {
        let mut text = read(&root().join(path(lesson, example)));
        for (from, to) in *changes {
            assert_eq!(
                text.matches(from).count(),
                1,
                "{lesson}, {example}: {from:?} has to stand there once; {APPLIED}"
            );
            text = text.replace(from, to);
        }
        let work = if let Judged = found { LONG } else { QUICK };
        workspace.write(&path(lesson, &twin(number)), &with_work(&text, work));
        built.push(twin(number));
    }
    let build = build(&workspace, &built);
    let mut faults = Vec::new();
    for (lesson, name) in &good {
        let report = check(&workspace, lesson, name, &["--times", TIMES]);
        if report.status != Some(0) {
            faults.push(format!("{lesson}, {name}: {report}"));
        }
    }
    for (number, (lesson, example, changes, found)) in TWINS.iter().enumerate() {
        let twin = twin(number);
        let run = |limit: &str| {
            let options = ["--times", "1", "--timeout", limit];
            check(&workspace, lesson, &twin, &options).stdout
        };
        let at_time_limit = "still ran at the time limit";
        let is_found = match found {
            Compiler(error) => has_error(&build, error, &path(lesson, &twin)),
            Judged => {
                let said = run("60");
                said.contains("impossible") && !said.contains(at_time_limit)
            }
            TimeLimit => run("1").contains(at_time_limit),
        };
        if !is_found {
            faults.push(format!(
                "{lesson}, {example} with {changes:?} is not found:\n{build}"
            ));
        }
    }
    assert_none(&faults);
}

fn path(lesson: &str, example: &str) -> String {
    format!("crates/{lesson}/examples/{example}.rs")
}

fn twin(number: usize) -> String {
    format!("twin_{number}")
}

/// A program whose work takes so long.
fn with_work(text: &str, work: &str) -> String {
    let (before, after) = text.split_once("Duration::from_secs(").unwrap();
    let (_, after) = after.split_once(')').unwrap();
    format!("{before}Duration::{work}{after}")
}

/// Builds those of these examples that can be, and returns what the compiler says of the
/// others.
fn build(workspace: &Workspace, examples: &[String]) -> String {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--keep-going", "--color", "never"]);
    for example in examples {
        cargo.args(["--example", example]);
    }
    report(&mut cargo).stderr
}

/// Whether the compiler has found this error in a file.
fn has_error(build: &str, error: &str, file: &str) -> bool {
    let error = format!("error[{error}]: ");
    let mut places = build
        .split(&error)
        .skip(1)
        .filter_map(|text| text.lines().nth(1));
    places.any(|place| place.replace('\\', "/").contains(file))
}

/// Has the tool judge runs of an example, by what its threads promise.
fn check(workspace: &Workspace, lesson: &str, example: &str, options: &[&str]) -> Report {
    let file = workspace.path(&path(lesson, example));
    let is_ours = read(&file).contains("worker_core::run");
    let program = workspace.path(&format!("target/debug/examples/{example}"));
    let mut xtask = workspace.xtask();
    xtask.args(["check", lesson]).args(options);
    if is_ours {
        // It ends when its workers do, whatever is broken.
        xtask.env("LESSON_CLOCK", "simulated");
    } else {
        xtask.arg("--std");
    }
    report(xtask.arg("--").arg(program))
}
