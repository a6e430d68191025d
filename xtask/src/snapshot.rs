//! Comparing with an accepted snapshot, by insta.
//!
//! Insta reports a difference by printing, panicking, and doing what the
//! environment and the thread's own settings say: one variable makes every
//! assertion pass. So each assertion has a process of its own, in which this
//! tool sets all that insta reads, and which either ends well or does not.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    env,
    ffi::OsString,
    fs,
    io::{self, Write},
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use crate::{
    Failure,
    lessons::{Lesson, Workspace},
};

/// The hidden command that makes one assertion.
pub(crate) const ASSERT: &str = "assert-snapshot";

/// Its exit status if the assertion failed.
const DIFFERS: u8 = 3;

/// What is accepted of a lesson.
#[derive(Clone, Copy)]
pub(crate) enum Snapshot {
    /// The normal form of its output.
    Output,
    /// The guaranteed order of its lines.
    Guarantees,
}

impl Snapshot {
    const ALL: [Snapshot; 2] = [Snapshot::Output, Snapshot::Guarantees];

    /// The name of its file.
    fn name(self) -> &'static str {
        match self {
            Snapshot::Output => "output",
            Snapshot::Guarantees => "guarantees",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Snapshot::Output => "The normal form of the lesson's output.",
            Snapshot::Guarantees => {
                "What comes before what on every run, and why; not what follows from two such pairs."
            }
        }
    }

    /// The accepted one of a lesson.
    pub(crate) fn file(self, lesson: &Lesson) -> PathBuf {
        folder(lesson).join(self.name()).with_extension("snap")
    }

    /// What the accepted one of a lesson says, if there is one.
    pub(crate) fn accepted(self, lesson: &Lesson) -> Option<String> {
        let text = fs::read_to_string(self.file(lesson))
            .ok()?
            .replace("\r\n", "\n");
        let (_head, content) = text.strip_prefix("---\n")?.split_once("\n---\n")?;
        Some(content.to_owned())
    }
}

/// The folder of a lesson's snapshots.
fn folder(lesson: &Lesson) -> PathBuf {
    lesson.folder.join("snapshots")
}

/// What to do about a difference.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Update {
    /// Write nothing.
    Nothing,
    /// Leave the new snapshot pending, for `cargo insta review`.
    Pending,
    /// Accept the new snapshot.
    Accept,
}

/// Insta's verdict and words.
pub(crate) struct Comparison {
    pub(crate) passed: bool,
    /// The difference as insta shows it, in colour if standard output has it;
    /// empty if there is none.
    pub(crate) difference: String,
}

/// Compares `content` with the lesson's accepted snapshot.
///
/// # Errors
///
/// If the process that asserts cannot be run.
pub(crate) fn compare(
    snapshot: Snapshot,
    lesson: &Lesson,
    content: &str,
    update: Update,
    root: &Path,
) -> io::Result<Comparison> {
    let mut command = Command::new(env::current_exe()?);
    command
        .args([ASSERT, snapshot.name()])
        .arg(folder(lesson))
        .current_dir(root);
    for (variable, _) in env::vars_os() {
        if variable.to_string_lossy().starts_with("INSTA_") {
            command.env_remove(variable);
        }
    }
    let insta_update = match update {
        Update::Nothing => "no",
        Update::Pending => "new",
        Update::Accept => "always",
    };
    command
        .env("INSTA_WORKSPACE_ROOT", root)
        .env("INSTA_UPDATE", insta_update)
        .env("INSTA_FORCE_PASS", "0")
        .env("INSTA_REQUIRE_FULL_MATCH", "0")
        .env("INSTA_OUTPUT", "diff")
        .env(
            "CLICOLOR_FORCE",
            if console::colors_enabled() { "1" } else { "0" },
        );
    let mut assertion = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = assertion.stdin.take() {
        stdin.write_all(content.as_bytes())?;
    }
    let assertion = assertion.wait_with_output()?;
    let stderr = String::from_utf8_lossy(&assertion.stderr);
    let passed = match assertion.status.code() {
        Some(0) => true,
        Some(code) if code == DIFFERS.into() => false,
        _ => {
            let reason = stderr.lines().last().unwrap_or("insta ended early");
            return Err(io::Error::other(reason.trim_start_matches("error: ")));
        }
    };
    if update == Update::Accept {
        // Nothing is pending any more; that there was nothing before is fine.
        let _ = fs::remove_file(snapshot.file(lesson).with_extension("snap.new"));
    }
    let words = String::from_utf8_lossy(&assertion.stdout);
    let lines = words.lines().filter(|line| !is_hint(line)).map(fit);
    let mut difference = String::new();
    for line in without_same(lines.collect()) {
        difference.push_str(&line);
        difference.push('\n');
    }
    difference.push_str(&stderr);
    Ok(Comparison { passed, difference })
}

/// Whether a line of insta's speaks of this tool's own source or of insta's own
/// commands. The report names the lesson and the commands of this tool.
fn is_hint(line: &str) -> bool {
    let line = console::strip_ansi_codes(line);
    [
        "Source: ",
        "To update snapshots run",
        "Stopped on the first failure",
    ]
    .iter()
    .any(|words| line.starts_with(words))
}

/// Shows what is taken out and put in again as what it is: insta takes the last line of
/// a text, which has no line break, for another than the same line further up.
fn without_same(lines: Vec<Cow<'_, str>>) -> Vec<Cow<'_, str>> {
    let sides = |line: &str| {
        let line = console::strip_ansi_codes(line).into_owned();
        let (numbers, text) = line.split_once('│')?;
        let (sign, text) = text.split_at_checked(1)?;
        Some((numbers.trim().to_owned(), sign.to_owned(), text.to_owned()))
    };
    let mut shown = Vec::new();
    let mut lines = lines.into_iter().peekable();
    while let Some(line) = lines.next() {
        let Some((old, _, text)) = sides(&line).filter(|(_, sign, _)| sign == "-") else {
            shown.push(line);
            continue;
        };
        let mut taken = vec![line];
        let is_taken = |line: &Cow<'_, str>| sides(line).is_some_and(|(_, sign, _)| sign == "-");
        while let Some(line) = lines.next_if(is_taken) {
            taken.push(line);
        }
        let is_same = |line: &Cow<'_, str>| {
            sides(line).is_some_and(|(_, sign, other)| sign == "+" && other == text)
        };
        if let Some((new, ..)) = lines.next_if(is_same).and_then(|line| sides(&line)) {
            shown.push(format!("{old:>5} {new:>5} │ {text}").into());
            taken.remove(0);
        }
        shown.extend(taken);
    }
    shown
}

/// Cuts a rule down to the terminal: insta, in its own process, does not see how
/// wide that is.
fn fit(line: &str) -> Cow<'_, str> {
    let is_rule = console::strip_ansi_codes(line).ends_with(['─', '━']);
    match console::Term::stdout().size_checked() {
        Some((_, width)) if is_rule => console::truncate_str(line, width.into(), ""),
        _ => line.into(),
    }
}

/// The snapshots in the lessons' folders, and in those beside them within the
/// workspace, that are the snapshot of no lesson.
///
/// # Errors
///
/// If a folder cannot be read.
pub(crate) fn strays(workspace: &Workspace) -> Result<Vec<PathBuf>, Failure> {
    let lessons = &workspace.lessons;
    let shelves: BTreeSet<_> = lessons
        .iter()
        .filter_map(|lesson| lesson.folder.parent())
        .filter(|shelf| shelf.starts_with(&workspace.root))
        .collect();
    let mut strays = Vec::new();
    for shelf in shelves {
        for folder in entries(shelf)? {
            let snapshots = folder.join("snapshots");
            if snapshots.is_dir() {
                strays.extend(entries(&snapshots)?);
            }
        }
    }
    strays.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "snap")
            && !lessons.iter().any(|lesson| {
                let mut snapshots = Snapshot::ALL.iter();
                snapshots.any(|snapshot| *path == snapshot.file(lesson))
            })
    });
    strays.sort();
    Ok(strays)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries =
        fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    entries
        .map_err(|error| Failure::Failed(format!("{} cannot be read: {error}", folder.display())))
}

/// The hidden command: asserts that standard input is the accepted snapshot of this
/// name in the folder `snapshots`. Its exit status is 0, or [`DIFFERS`].
///
/// # Errors
///
/// If there is no such snapshot, standard input cannot be read, or insta cannot read
/// or write a snapshot.
pub(crate) fn assert(name: &str, snapshots: OsString) -> Result<ExitCode, Failure> {
    let snapshot = Snapshot::ALL
        .into_iter()
        .find(|snapshot| snapshot.name() == name)
        .ok_or_else(|| Failure::Usage(format!("there is no snapshot `{name}`")))?;
    let content = io::read_to_string(io::stdin())
        .map_err(|error| Failure::Failed(format!("standard input cannot be read: {error}")))?;
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(snapshots);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(snapshot.description());
    // Insta panics, on this thread, and has then printed what differs.
    panic::set_hook(Box::new(|_| {}));
    let asserted = panic::catch_unwind(AssertUnwindSafe(|| {
        settings.bind(|| insta::assert_snapshot!(snapshot.name(), content));
    }));
    let message = match &asserted {
        Ok(()) => return Ok(ExitCode::SUCCESS),
        Err(panic) => panic
            .downcast_ref::<String>()
            .map_or("insta panicked", String::as_str),
    };
    if message.starts_with("snapshot assertion for") {
        return Ok(ExitCode::from(DIFFERS));
    }
    let unwrapped = "called `Result::unwrap()` on an `Err` value: ";
    Err(Failure::Failed(
        message.trim_start_matches(unwrapped).to_owned(),
    ))
}
