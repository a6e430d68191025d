//! From a save to the screen, beside rustlings' watch.

use std::{
    error::Error,
    fs,
    io::{Read, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Instant,
};

use pty_process::{
    Size,
    blocking::{Command as PtyCommand, Pty, open},
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use worker_core::Clock;

use crate::{
    Place, Row,
    parts::{LESSON, from_a_save_to_the_screen, run, write_lesson},
    rounds::{ratios, rounds},
};

/// The same program, watched as a lesson and as the first exercise of rustlings.
pub fn watch(place: &Place) -> Result<Vec<Row>, String> {
    if Command::new("rustlings").arg("--version").output().is_err() {
        eprintln!("left out, as no rustlings is on the PATH: `cargo install rustlings` gets it");
        return Ok(Vec::new());
    }
    let seconds = measure(place);
    let seconds = seconds.map_err(|reason| format!("watching cannot be measured: {reason}"))?;
    let figures = ratios(&seconds[0], &seconds[1]);
    Ok(from_a_save_to_the_screen(figures))
}

fn measure(place: &Place) -> Result<Vec<Vec<f64>>, Box<dyn Error>> {
    let lesson = place.scratch.join("watch");
    write_lesson(place, &lesson)?;
    let mut ours = Command::new(env!("CARGO_BIN_EXE_xtask"));
    ours.args(["watch", "crowd"]).current_dir(&lesson);

    // It makes its exercises outside of any workspace only.
    let folder = tempfile::tempdir()?;
    let mut init = Command::new("rustlings");
    init.arg("init").current_dir(&folder).stdout(Stdio::null());
    run(&mut init)?;
    let exercises = folder.path().join("rustlings");
    let manifest = exercises.join("Cargo.toml");
    let worker_core = place.root.join("crates/worker-core");
    let dependency = format!("\n[dependencies]\nworker-core = {{ path = {worker_core:?} }}\n");
    fs::write(&manifest, fs::read_to_string(&manifest)? + &dependency)?;
    fs::copy(place.root.join("Cargo.lock"), exercises.join("Cargo.lock"))?;
    let mut theirs = Command::new("rustlings");
    theirs.current_dir(&exercises);

    let exercise = exercises.join("exercises/00_intro/intro1.rs");
    let mut both = [
        Watch::start(ours, lesson.join("src/main.rs"), "crowd failed in ")?,
        Watch::start(theirs, exercise, "Exercise done")?,
    ];
    let seconds = rounds(20, &mut both, |watch| {
        watch.save().map_err(|reason| reason.to_string())
    })?;
    for Watch { pty, mut child, .. } in both {
        // They end with their terminal.
        drop(pty);
        child.wait()?;
    }
    Ok(seconds)
}

/// What watches a file, and its terminal.
struct Watch {
    pty: Pty,
    child: Child,
    screen: vt100::Parser,
    file: PathBuf,
    saves: u32,
    /// What it says of a run that is over.
    verdict: &'static str,
}

impl Watch {
    fn start(
        mut command: Command,
        file: PathBuf,
        verdict: &'static str,
    ) -> Result<Watch, Box<dyn Error>> {
        let (pty, pts) = open()?;
        pty.resize(Size::new(40, 100))?;
        command
            .env("TERM", "xterm-256color")
            .env(Clock::VARIABLE, Clock::Simulated.name())
            .env_remove("CARGO_TARGET_DIR");
        let mut watch = Watch {
            child: PtyCommand::from(command).spawn(pts)?,
            pty,
            screen: vt100::Parser::new(40, 100, 0),
            file,
            saves: 0,
            verdict,
        };
        // Rustlings welcomes who is new, and waits for this key.
        (&watch.pty).write_all(b"\n")?;
        watch.shows("")?;
        Ok(watch)
    }

    /// Saves the program with another first line, and returns how many seconds it takes
    /// until that stands on the screen with the verdict.
    fn save(&mut self) -> Result<f64, Box<dyn Error>> {
        self.saves += 1;
        let line = format!("main thread {:03}", self.saves);
        let program = LESSON.replace("main thread start", &line);
        let start = Instant::now();
        fs::write(&self.file, program)?;
        self.shows(&line)?;
        Ok(start.elapsed().as_secs_f64())
    }

    fn shows(&mut self, line: &str) -> Result<(), Box<dyn Error>> {
        let limit = Timespec {
            tv_sec: 120,
            tv_nsec: 0,
        };
        loop {
            let screen = self.screen.screen().contents();
            if screen.contains(line) && screen.contains(self.verdict) {
                return Ok(());
            }
            let mut ready = [PollFd::new(&self.pty, PollFlags::IN)];
            if poll(&mut ready, Some(&limit))? == 0 {
                let verdict = self.verdict;
                return Err(format!("no {line:?} with {verdict:?} stands in\n{screen}").into());
            }
            let mut bytes = [0; 4096];
            let count = (&self.pty).read(&mut bytes)?;
            self.screen.process(&bytes[..count]);
        }
    }
}
