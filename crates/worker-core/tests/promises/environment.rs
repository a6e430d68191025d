//! What a lesson's program takes from its environment, and what it leaves there.

use std::{
    env, fs,
    process::{Command, ExitCode, Output},
    time::Duration,
};

use worker_core::{
    Clock, MainThread, run, sleep,
    trace::{Event, EventKind, VARIABLE},
};

use crate::output;

const TIME: Duration = Duration::from_millis(10);

/// Says to this test program that it is to be a lesson.
const LESSON: &str = "TEST_LESSON";

/// Runs one of the tests below in a process of its own, as a lesson.
fn lesson(test: &str, variables: &[(&str, &str)]) -> Output {
    let mut lesson = Command::new(env::current_exe().unwrap());
    lesson.args(["--exact", &format!("environment::{test}"), "--nocapture"]);
    lesson.env_remove(Clock::VARIABLE).env_remove(VARIABLE);
    lesson.envs(variables.iter().copied()).env(LESSON, test);
    output(&mut lesson)
}

fn is_lesson() -> bool {
    env::var_os(LESSON).is_some()
}

#[test]
fn the_variables_name_the_clock_and_the_file_of_the_trace() {
    if is_lesson() {
        let status = run(|main_thread| {
            sleep(TIME);
            main_thread.print("main thread end")
        });
        assert_eq!(status, ExitCode::SUCCESS);
        return;
    }
    let run = |name: &str, variables: &[(&str, &str)]| {
        let path = format!("{}/environment-{name}", env!("CARGO_TARGET_TMPDIR"));
        let _ = fs::remove_file(&path);
        let variables = [&[(VARIABLE, path.as_str())], variables].concat();
        let test = "the_variables_name_the_clock_and_the_file_of_the_trace";
        (lesson(test, &variables).status.success(), path)
    };
    for (name, clock, is_exact) in [
        ("simulated", Some("simulated"), true),
        ("real", Some("real"), false),
        ("none", None, false),
    ] {
        let clock: Vec<_> = clock
            .iter()
            .map(|&clock| (Clock::VARIABLE, clock))
            .collect();
        let (is_well, trace) = run(name, &clock);
        assert!(is_well, "{name}");
        let text = fs::read_to_string(trace).unwrap();
        let mut events = text.lines().map(|line| line.parse::<Event>().unwrap());
        let exit = events.find(|event| event.kind == EventKind::Exit).unwrap();
        // On the real clock the rest of the program takes time too.
        assert!(exit.time >= TIME, "{name}");
        assert_eq!(exit.time == TIME, is_exact, "{name}");
    }
    assert!(!run("sundial", &[(Clock::VARIABLE, "sundial")]).0);
    // An empty name is none.
    assert!(run("empty", &[(VARIABLE, "")]).0);
}

#[test]
fn a_panic_of_the_main_thread_is_said_to_be_its_own() {
    if is_lesson() {
        let status = run(|_: &MainThread| panic!("no disk"));
        assert_eq!(status, ExitCode::FAILURE);
        return;
    }
    let output = lesson("a_panic_of_the_main_thread_is_said_to_be_its_own", &[]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.starts_with("error: the main thread panicked at "),
        "{stderr}"
    );
}

#[test]
fn the_clocks_have_the_names_that_the_documentation_says() {
    let names = [Clock::Real, Clock::Simulated].map(Clock::name);
    assert_eq!(names, ["real", "simulated"]);
}
