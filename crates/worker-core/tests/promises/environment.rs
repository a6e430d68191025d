//! What a lesson's program takes from its environment.

use std::{
    env, fs,
    process::{Command, ExitCode},
    time::Duration,
};

use worker_core::{
    Clock, run, sleep,
    trace::{Event, EventKind, VARIABLE},
};

const TIME: Duration = Duration::from_millis(10);
const NAME: &str = "environment::the_variables_name_the_clock_and_the_file_of_the_trace";

/// What a lesson traces that is run in a process of its own, with this clock named;
/// nothing, if it fails.
fn trace(clock: Option<&str>) -> Option<Vec<Event>> {
    let name = clock.unwrap_or("none");
    let path = format!("{}/environment-{name}", env!("CARGO_TARGET_TMPDIR"));
    let mut lesson = Command::new(env::current_exe().unwrap());
    lesson.args(["--exact", NAME, "--quiet"]);
    lesson.env_remove(Clock::VARIABLE).env(VARIABLE, &path);
    lesson.envs(clock.map(|clock| (Clock::VARIABLE, clock)));
    lesson.output().unwrap().status.success().then(|| {
        let text = fs::read_to_string(path).unwrap();
        text.lines().map(|line| line.parse().unwrap()).collect()
    })
}

#[test]
fn the_variables_name_the_clock_and_the_file_of_the_trace() {
    // The test runs itself as the program.
    if env::var_os(VARIABLE).is_some() {
        let status = run(|main_thread| {
            sleep(TIME);
            main_thread.print("main thread end")
        });
        assert_eq!(status, ExitCode::SUCCESS);
        return;
    }
    for (clock, is_exact) in [
        (Some(Clock::Simulated.name()), true),
        (Some(Clock::Real.name()), false),
        (None, false),
    ] {
        let events = trace(clock).unwrap();
        let exit = events.iter().find(|event| event.kind == EventKind::Exit);
        // On the real clock the rest of the program takes time too.
        let time = exit.unwrap().time;
        assert!(time >= TIME, "{clock:?}");
        assert_eq!(time == TIME, is_exact, "{clock:?}");
    }
    assert_eq!(trace(Some("sundial")), None);
}

#[test]
fn the_clocks_have_the_names_that_the_documentation_says() {
    assert_eq!(
        [Clock::Real, Clock::Simulated].map(Clock::name),
        ["real", "simulated"]
    );
}
