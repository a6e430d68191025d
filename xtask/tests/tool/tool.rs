//! Running the tool.

#[cfg(unix)]
use std::sync::{Arc, Once, atomic::AtomicBool};
use std::{
    env, fmt,
    path::Path,
    process::{Command, Output, Stdio},
};

#[cfg(unix)]
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM},
    flag,
};

use crate::repository::root;

/// The tool on the lessons themselves.
pub fn xtask() -> Command {
    xtask_in(root())
}

/// The tool in this folder, in an environment that tells it nothing.
pub fn xtask_in(folder: &Path) -> Command {
    command(env!("CARGO_BIN_EXE_xtask"), folder)
}

/// A line of a shell as a reader types it in this folder, with the tool and cargo of
/// this test. A lesson that it runs by itself takes no time.
#[cfg(unix)]
pub fn shell(folder: &Path, line: &str) -> Command {
    let line = line
        .replace("cargo xtask ", "\"$XTASK\" ")
        .replace("cargo ", "\"$CARGO\" --quiet ");
    let mut shell = command("sh", folder);
    shell
        .args(["-c", &line])
        .env("XTASK", env!("CARGO_BIN_EXE_xtask"))
        .env("CARGO", env!("CARGO"))
        .env("LESSON_CLOCK", "simulated");
    shell
}

pub fn command(program: &str, folder: &Path) -> Command {
    #[cfg(unix)]
    default_signals();
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    // Nothing is downloaded, so cargo need not read whom it could trust, which takes it
    // longer than all else where there is nothing to build.
    command.envs([
        ("CARGO_NET_OFFLINE", "true"),
        ("SSL_CERT_FILE", "/dev/null"),
    ]);
    for (variable, _) in env::vars_os() {
        let name = variable.to_string_lossy();
        let told = [
            "CARGO_BUILD_TARGET",
            "CI",
            "NO_COLOR",
            "CLICOLOR",
            "CLICOLOR_FORCE",
        ];
        let is_family = ["CARGO_TERM_", "INSTA_"]
            .iter()
            .any(|it| name.starts_with(it));
        if is_family || told.contains(&&*name) {
            command.env_remove(variable);
        }
    }
    command
}

/// Sees to it that what the tests start ignores no signal. What these tests were started to
/// ignore, as by `nohup`, it would ignore too, but not what they handle.
#[cfg(unix)]
fn default_signals() {
    static HANDLED: Once = Once::new();
    HANDLED.call_once(|| {
        let yes = Arc::new(AtomicBool::new(true));
        flag::register(SIGHUP, Arc::clone(&yes)).unwrap();
        for signal in [SIGINT, SIGQUIT, SIGTERM] {
            flag::register_conditional_default(signal, Arc::clone(&yes)).unwrap();
        }
    });
}

/// What a command said, and with which status it ended.
pub struct Report {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

pub fn report(command: &mut Command) -> Report {
    let output = command.output();
    output
        .unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"))
        .into()
}

impl From<Output> for Report {
    fn from(output: Output) -> Report {
        Report {
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}\n{}\n{}", self.status, self.stdout, self.stderr)
    }
}
