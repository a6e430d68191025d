//! Measuring several programs in turn.

use std::{
    fs, io,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// A program that is measured, and what is said of it if it fails.
pub struct Program {
    name: String,
    command: Command,
}

impl Program {
    pub fn new(name: impl Into<String>, program: impl AsRef<Path>, arguments: &[&str]) -> Program {
        let mut command = Command::new(program.as_ref());
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Program {
            name: name.into(),
            command,
        }
    }

    pub fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Program {
        self.command.env(name, value);
        self
    }

    pub fn folder(mut self, folder: &Path) -> Program {
        self.command.current_dir(folder);
        self
    }

    /// Runs it once, and returns how long it took, in seconds.
    pub fn time(&mut self) -> Result<f64, String> {
        let start = Instant::now();
        let child = self.command.spawn().map_err(|error| self.failed(&error))?;
        self.end(child)?;
        Ok(start.elapsed().as_secs_f64())
    }

    /// Runs it once, and returns the most memory that it had, in KiB.
    pub fn peak(&mut self) -> Result<f64, String> {
        let mut child = self.command.spawn().map_err(|error| self.failed(&error))?;
        let status = format!("/proc/{}/status", child.id());
        let start = Instant::now();
        let mut peak = 0.0_f64;
        while child
            .try_wait()
            .map_err(|error| self.failed(&error))?
            .is_none()
        {
            let text = fs::read_to_string(&status).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let size = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
            peak = peak.max(size.unwrap_or_default());
            // A short one is never out of sight.
            if start.elapsed() > Duration::from_millis(500) {
                thread::sleep(Duration::from_millis(1));
            }
        }
        self.end(child)?;
        Ok(peak)
    }

    /// Runs it once, and returns how long it took, in seconds, and how long its own threads
    /// had a processor, in the system's ticks: what its children take does not count.
    pub fn time_and_own_work(&mut self) -> Result<[f64; 2], String> {
        let start = Instant::now();
        let child = self.command.spawn().map_err(|error| self.failed(&error))?;
        let file = format!("/proc/{}/stat", child.id());
        // It is cut off, by half a tick on average.
        let ticks = |field: &str| field.parse().map_or(f64::NAN, |ticks: f64| ticks + 0.5);
        let work = loop {
            let text = fs::read_to_string(&file).unwrap_or_default();
            let (_, fields) = text.rsplit_once(')').unwrap_or_default();
            let fields: Vec<_> = fields.split_whitespace().collect();
            match fields[..] {
                // What has ended is still there until somebody waits for it. These two are
                // the time of the program and of the system on its behalf.
                ["Z", ..] => break ticks(fields[11]) + ticks(fields[12]),
                [] => break f64::NAN,
                _ => thread::sleep(Duration::from_millis(1)),
            }
        };
        self.end(child)?;
        Ok([start.elapsed().as_secs_f64(), work])
    }

    fn end(&self, mut child: Child) -> Result<(), String> {
        let status = child.wait().map_err(|error| self.failed(&error))?;
        if status.success() {
            Ok(())
        } else {
            Err(self.failed(&io::Error::other(format!("it ended with {status}"))))
        }
    }

    fn failed(&self, reason: &io::Error) -> String {
        format!("{} cannot be measured: {reason}; run it by hand", self.name)
    }
}

/// Measures each of several programs once in each round, after a round that does not
/// count, and returns each one's measurements.
pub fn rounds<T, M: Clone>(
    number: usize,
    programs: &mut [T],
    measure: impl Fn(&mut T) -> Result<M, String>,
) -> Result<Vec<Vec<M>>, String> {
    for program in programs.iter_mut() {
        measure(program)?;
    }
    let mut measured = vec![Vec::new(); programs.len()];
    for _ in 0..number {
        for (program, measured) in programs.iter_mut().zip(&mut measured) {
            measured.push(measure(program)?);
        }
    }
    Ok(measured)
}

/// The ratio of two measurements in each round.
pub fn ratios(of: &[f64], beside: &[f64]) -> Vec<f64> {
    of.iter().zip(beside).map(|(a, b)| a / b).collect()
}
