//! What a lesson's program takes from its environment, and what it leaves there.

use std::{
    env, fs, io,
    process::{Command, ExitCode, Output},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use worker_core::{
    Clock, MainThread, Worker, run, run_to, sleep,
    trace::{Event, EventKind, VARIABLE},
};

use crate::output;

const TIME: Duration = Duration::from_millis(10);

/// Says to this test program that it is to be a lesson.
const LESSON: &str = "TEST_LESSON";

/// Runs one of the tests below in a process of its own, as a lesson.
fn lesson(test: &str, variables: &[(&str, &str)]) -> Output {
    let mut this = Command::new(env::current_exe().unwrap());
    lesson_by(&mut this, test, variables)
}

/// The same by a command that runs this test program.
fn lesson_by(command: &mut Command, test: &str, variables: &[(&str, &str)]) -> Output {
    command.args(["--exact", &format!("environment::{test}"), "--nocapture"]);
    // Of one test at a time the name would stand before the first line that it prints.
    command.env("RUST_TEST_THREADS", "2");
    command.env_remove(Clock::VARIABLE).env_remove(VARIABLE);
    command.envs(variables.iter().copied()).env(LESSON, test);
    output(command)
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
        ("empty", Some(""), false),
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
    assert!(run("no-trace", &[(VARIABLE, "")]).0);
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
fn a_panic_of_a_thread_that_is_no_worker_is_blamed_on_none() {
    if is_lesson() {
        let status = run(|_| {
            let loader = thread::Builder::new().name("loader".to_owned());
            let loader = loader.spawn(|| panic!("no disk")).unwrap();
            assert!(loader.join().is_err());
            // The main thread of a lesson is none either, wherever it runs.
            let inner = || run_to(Clock::Real, io::sink(), |_| panic!("no lesson"));
            let inner = thread::Builder::new().name("inner".to_owned()).spawn(inner);
            assert_eq!(inner.unwrap().join().unwrap(), ExitCode::FAILURE);
            Ok(())
        });
        assert_eq!(status, ExitCode::SUCCESS);
        return;
    }
    let output = lesson(
        "a_panic_of_a_thread_that_is_no_worker_is_blamed_on_none",
        &[],
    );
    assert!(output.status.success(), "{output:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    for (line, name) in stderr.lines().zip(["loader", "inner"]) {
        let words = format!("error: thread `{name}` panicked at ");
        assert!(line.starts_with(&words), "{stderr}");
    }
    assert_eq!(stderr.lines().count(), 2, "{stderr}");
}

#[test]
fn a_daemon_that_panics_after_the_end_is_not_heard() {
    if is_lesson() {
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let (unwind, unwound) = mpsc::channel::<()>();
        let status = run(|main_thread| {
            let work = move || {
                // It is gone once the panic could have been heard.
                let _unwind = unwind;
                let _ = may_go_on.recv();
                panic!("no disk");
            };
            main_thread.start(Worker::new("1", work).daemon()).map(drop)
        });
        drop(go_on);
        assert!(unwound.recv().is_err());
        assert_eq!(status, ExitCode::SUCCESS);
        return;
    }
    let output = lesson("a_daemon_that_panics_after_the_end_is_not_heard", &[]);
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}

#[test]
fn a_second_run_does_nothing_but_say_so() {
    if is_lesson() {
        let again = || run(|main_thread| main_thread.print("main thread again"));
        let mut inner = None;
        let status = run(|main_thread| {
            inner = Some(again());
            main_thread.print("main thread end")
        });
        assert_eq!(status, ExitCode::SUCCESS);
        assert_eq!(
            (inner, again()),
            (Some(ExitCode::FAILURE), ExitCode::FAILURE)
        );
        return;
    }
    let output = lesson("a_second_run_does_nothing_but_say_so", &[]);
    assert!(output.status.success(), "{output:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    let words = "error: the main thread called `worker_core::run` again; ";
    let lines: Vec<_> = stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{stderr}");
    assert!(lines.iter().all(|line| line.starts_with(words)), "{stderr}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(!stdout.contains("main thread again"), "{stdout}");
}

#[test]
fn a_clock_that_there_is_not_and_a_trace_without_a_place_are_said_before_the_first_line() {
    let test =
        "a_clock_that_there_is_not_and_a_trace_without_a_place_are_said_before_the_first_line";
    if is_lesson() {
        let is_clock = env::var_os(Clock::VARIABLE).is_some();
        let status = run(|main_thread| main_thread.print("main thread end"));
        assert_eq!(status, ExitCode::from(if is_clock { 2 } else { 1 }));
        return;
    }
    for (variable, value, words) in [
        (
            Clock::VARIABLE,
            "lunar",
            "error: there is no clock `lunar`; ",
        ),
        (
            VARIABLE,
            "/no/such/folder",
            "error: the trace `/no/such/folder` cannot be written: ",
        ),
    ] {
        let output = lesson(test, &[(variable, value)]);
        assert!(output.status.success(), "{output:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with(words), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(!stdout.contains("main thread end"), "{stdout}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_and_a_trace_that_cannot_be_written_are_a_line_each_and_the_trace_costs_no_other() {
    if is_lesson() {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let lesson = |main_thread: &MainThread| {
            let _ = main_thread.print("main thread end");
            Ok(())
        };
        assert_eq!(run_to(Clock::Real, full, lesson), ExitCode::FAILURE);
        assert_eq!(run(lesson), ExitCode::FAILURE);
        return;
    }
    let test =
        "an_output_and_a_trace_that_cannot_be_written_are_a_line_each_and_the_trace_costs_no_other";
    let output = lesson(test, &[(VARIABLE, "/dev/full")]);
    assert!(output.status.success(), "{output:?}");
    let [stdout, stderr] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    let lines: Vec<_> = stderr.lines().collect();
    let [output, trace] = lines[..] else {
        panic!("{stderr}")
    };
    assert!(
        output.starts_with("error: the output cannot be written: "),
        "{stderr}"
    );
    assert!(
        trace.starts_with("error: the trace `/dev/full` cannot be written: No space"),
        "{stderr}"
    );
    assert_eq!(stdout.matches("main thread end\n").count(), 1, "{stdout}");
}

#[test]
fn a_daemon_that_only_works_ends_the_trace_too_and_does_nothing_after() {
    if is_lesson() {
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let status = run(|main_thread| {
            let work = move || {
                let _ = may_go_on.recv();
                sleep(TIME);
                tell.send(()).unwrap();
            };
            main_thread
                .start(Worker::new("busy", work).daemon())
                .map(drop)
        });
        assert_eq!(status, ExitCode::SUCCESS);
        drop(go_on);
        assert_eq!(told.recv_timeout(TIME * 10), Err(RecvTimeoutError::Timeout));
        return;
    }
    let path = format!("{}/environment-daemon", env!("CARGO_TARGET_TMPDIR"));
    let _ = fs::remove_file(&path);
    let variables = [(Clock::VARIABLE, "simulated"), (VARIABLE, &path)];
    let test = "a_daemon_that_only_works_ends_the_trace_too_and_does_nothing_after";
    let output = lesson(test, &variables);
    assert!(output.status.success(), "{output:?}");
    let text = fs::read_to_string(path).unwrap();
    let last: Event = text.lines().last().unwrap().parse().unwrap();
    assert_eq!(last.kind, EventKind::Endless);
}

#[cfg(target_os = "linux")]
#[test]
fn workers_that_were_started_finish_when_the_os_starts_no_more() {
    if is_lesson() {
        let status = run(|main_thread| {
            for n in 0..9 {
                main_thread.start(Worker::new(n.to_string(), || sleep(TIME)))?;
            }
            Ok(())
        });
        assert_eq!(status, ExitCode::FAILURE);
        return;
    }
    for clock in ["real", "simulated"] {
        let test = "workers_that_were_started_finish_when_the_os_starts_no_more";
        // A stack of 1 GiB each: there is room for some of them in 3.5 GiB, and room to
        // spare for all else.
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "ulimit -v 3670016 && exec \"$0\" \"$@\""])
            .arg(env::current_exe().unwrap())
            .env("RUST_MIN_STACK", (1_u64 << 30).to_string());
        let output = lesson_by(&mut shell, test, &[(Clock::VARIABLE, clock)]);
        assert!(output.status.success(), "{output:?}");
        let stdout = String::from_utf8(output.stdout).unwrap();
        let workers = |words: &str| {
            let lines = stdout.lines().filter_map(|line| line.strip_prefix(words));
            lines.collect::<std::collections::BTreeSet<_>>()
        };
        let started = workers("sub thread start  ");
        assert!((1..9).contains(&started.len()), "{stdout}");
        assert_eq!(started, workers("sub thread end  "));
        let stderr = String::from_utf8(output.stderr).unwrap();
        let count = started.len();
        let words = format!("error: worker `{count}` could not be started: ");
        assert!(stderr.starts_with(&words), "{stderr}");
        assert!(stderr.contains("(os error 11)"), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}

#[test]
fn the_clocks_have_the_names_that_the_documentation_says() {
    let names = [Clock::Real, Clock::Simulated].map(Clock::name);
    assert_eq!(names, ["real", "simulated"]);
}
