//! What is stopped, stops: however the tool or a lesson comes to its end, nothing that
//! a lesson has started lives on, and no file is left.

#![cfg(unix)]

use std::{
    fs,
    io::{Error, ErrorKind, Read},
    os::unix::{
        net::{UnixListener, UnixStream},
        process::ExitStatusExt,
    },
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    thread,
    time::Duration,
};
#[cfg(target_os = "linux")]
use std::{io::Write, os::unix::process::CommandExt};

use rustix::process::{Pid, Signal, kill_process};
#[cfg(target_os = "linux")]
use rustix::process::{WaitOptions, waitpid};
use tempfile::TempDir;

use crate::workspace::Workspace;

/// A lesson with a process of its own. Each holds a connection to the test open for as
/// long as it lives. Only the first run on the clock that the test is about does so, for it
/// runs again to be traced.
const CONNECT: &str = r#"
    let test = env::var("TEST").unwrap();
    let name = env::current_exe().unwrap().file_name().unwrap().display().to_string();
    let is_other = env::var("LESSON_CLOCK") != env::var("CLOCK");
    if is_other || File::create_new(format!("{test}-{name}")).is_err() {
        say("main thread start\n");
        trace("exit");
        return;
    }
    let connection = std::os::unix::net::UnixStream::connect(test).unwrap();
    let held = std::os::fd::OwnedFd::from(connection.try_clone().unwrap());
    let mut sleep = std::process::Command::new("sleep");
    sleep.arg("600").stdin(held).spawn().unwrap();
    (&connection).write_all(b"x").unwrap();
"#;

/// It is never done, and never stands still, but leaves the processor to others.
const WITHOUT_END: &str = r#"loop { trace("sleep"); trace("wake"); std::thread::sleep(std::time::Duration::from_millis(1)); }"#;

/// It goes on when the test says so.
#[cfg(target_os = "linux")]
const WAIT: &str = "std::io::Read::read(&mut &connection, &mut [0]).unwrap();";

const GOOD: &str = r#"say("main thread start\n");"#;

/// The tool on lessons that are connected to the test.
struct Tool {
    process: Child,
    lessons: Vec<UnixStream>,
    /// The folder for temporary files.
    temporary: TempDir,
    /// What tells a lesson that it is not its first run.
    _marks: TempDir,
}

impl Tool {
    /// Starts it, and waits until so many lessons run on this clock.
    fn start(mut command: Command, clock: &str, lessons: usize) -> Tool {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let listener = UnixListener::bind(&socket).unwrap();
        listener.set_nonblocking(true).unwrap();
        let temporary = tempfile::tempdir().unwrap();
        let mut process = command
            .env("TEST", &socket)
            .env("CLOCK", clock)
            .env("TMPDIR", temporary.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut connected = Vec::new();
        while connected.len() < lessons {
            match listener.accept() {
                Ok((mut lesson, _)) => {
                    lesson.set_nonblocking(false).unwrap();
                    lesson
                        .set_read_timeout(Some(Duration::from_secs(60)))
                        .unwrap();
                    lesson.read_exact(&mut [0]).unwrap();
                    connected.push(lesson);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    assert_eq!(process.try_wait().unwrap(), None, "it ended too early");
                    thread::sleep(Duration::from_millis(10));
                }
                Err(error) => panic!("{error}"),
            }
        }
        Tool {
            process,
            lessons: connected,
            temporary,
            _marks: folder,
        }
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.process)
    }

    /// Waits for its end, and sees that nothing is left of the lessons.
    fn end(self) -> Output {
        let output = self.process.wait_with_output().unwrap();
        for mut lesson in self.lessons {
            let read = lesson.read(&mut [0]);
            let is_reset = |error: &Error| error.kind() == ErrorKind::ConnectionReset;
            let is_closed = read.as_ref().map_or_else(is_reset, |&count| count == 0);
            assert!(is_closed, "a process lives on: {read:?}");
        }
        let left: Vec<PathBuf> = fs::read_dir(self.temporary.path())
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect();
        assert!(left.is_empty(), "{left:?}");
        output
    }
}

fn two_lessons(test: &str, body: &str) -> Workspace {
    Workspace::new(test)
        .lesson("one", 1, &format!("{CONNECT}{body}"))
        .lesson("two", 2, &format!("{CONNECT}{body}"))
}

#[test]
fn nothing_of_a_lesson_outlives_the_tool_whatever_signal_ends_it() {
    let workspace = two_lessons("signals", WITHOUT_END);
    let commands: [(&[&str], &str, usize); 5] = [
        (&["run-all"], "real", 2),
        (&["run-all"], "simulated", 2),
        (&["run-all", "--simulated"], "simulated", 2),
        (&["orders", "one"], "simulated", 1),
        (&["timeline", "two"], "simulated", 1),
    ];
    let signals = [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT];
    for (signal, (arguments, clock, lessons)) in signals.into_iter().cycle().zip(commands) {
        let mut xtask = workspace.xtask();
        xtask.args(arguments);
        let tool = Tool::start(xtask, clock, lessons);
        kill_process(tool.pid(), signal).unwrap();
        let status = tool.end().status;
        assert_eq!(status.signal(), Some(signal.as_raw()), "{status}");
    }
}

#[test]
fn nothing_of_a_lesson_outlives_the_time_limit() {
    let workspace = two_lessons("limit", "loop { std::thread::park(); }");
    let mut xtask = workspace.xtask();
    xtask.args(["run-all", "--timeout", "5"]);
    let tool = Tool::start(xtask, "real", 2);
    assert_eq!(tool.end().status.code(), Some(1));
}

#[test]
fn nothing_that_a_lesson_leaves_behind_outlives_its_run() {
    let quiet = CONNECT.replace(
        ".spawn()",
        ".stdout(Stdio::null()).stderr(Stdio::null()).spawn()",
    );
    let body = format!("use std::process::Stdio;\n{quiet}{GOOD}");
    let workspace = Workspace::new("left-behind")
        .lesson("good", 1, &body)
        .snapshot("good", "main thread start\n");
    let mut xtask = workspace.xtask();
    xtask.arg("run-all");
    let output = Tool::start(xtask, "real", 1).end();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_the_tool_has_to_ignore_does_not_end_it() {
    let workspace = Workspace::new("nohup")
        .lesson("good", 1, &format!("{CONNECT}{WAIT}{GOOD}"))
        .snapshot("good", "main thread start\n");
    let shell = workspace.shell("trap '' HUP; exec cargo xtask run-all --accept");
    let mut tool = Tool::start(shell, "real", 1);
    kill_process(tool.pid(), Signal::HUP).unwrap();
    tool.lessons[0].write_all(b"x").unwrap();
    let output = tool.end();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("main thread start\n"), "{output:?}");
}

/// A tool that runs a lesson, and the number of the lesson's process.
#[cfg(target_os = "linux")]
fn tool_to_suspend(test: &str, start: impl FnOnce(&Workspace) -> Command) -> (Tool, u32) {
    let quiet = CONNECT.replace(
        ".spawn()",
        ".stdout(Stdio::null()).stderr(Stdio::null()).spawn()",
    );
    let body = format!(
        "use std::process::Stdio;
        {quiet}
        (&connection).write_all(&std::process::id().to_be_bytes()).unwrap();
        {WAIT}{GOOD}"
    );
    let workspace = Workspace::new(test)
        .lesson("good", 1, &body)
        .snapshot("good", "main thread start\n");
    let mut tool = Tool::start(start(&workspace), "real", 1);
    let mut lesson = [0; 4];
    tool.lessons[0].read_exact(&mut lesson).unwrap();
    (tool, u32::from_be_bytes(lesson))
}

#[cfg(target_os = "linux")]
#[test]
fn a_tool_that_is_suspended_suspends_its_lessons_and_both_go_on() {
    let (mut tool, lesson) = tool_to_suspend("suspend", |workspace| {
        let mut xtask = workspace.xtask();
        // As a shell starts it, so that there is somebody who can let it go on.
        xtask.arg("run-all").process_group(0);
        xtask
    });
    kill_process(tool.pid(), Signal::TSTP).unwrap();
    let stopped = waitpid(Some(tool.pid()), WaitOptions::UNTRACED).unwrap();
    assert!(stopped.unwrap().1.stopped(), "{stopped:?}");
    let stat = format!("/proc/{lesson}/stat");
    // A process that has no processor just now stops when it gets one.
    while !fs::read_to_string(&stat).unwrap().contains(") T ") {
        thread::sleep(Duration::from_millis(10));
    }
    kill_process(tool.pid(), Signal::CONT).unwrap();
    tool.lessons[0].write_all(b"x").unwrap();
    let output = tool.end();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_tool_that_nobody_could_let_go_on_is_not_suspended() {
    let (mut tool, _) = tool_to_suspend("not-suspended", |workspace| {
        // In a session of its own there is no shell.
        workspace.shell("exec setsid cargo xtask run-all")
    });
    kill_process(tool.pid(), Signal::TSTP).unwrap();
    tool.lessons[0].write_all(b"x").unwrap();
    let output = tool.end();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
