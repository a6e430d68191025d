//! Comparing with an accepted snapshot, which insta stores and reads.
//!
//! Nothing that insta reads from the environment makes a difference pass, because no
//! assertion of its is made: its snapshots are read, compared and saved.

use std::{error::Error, fmt::Write as _, fs, path::PathBuf, time::Duration};

use console::style;
use insta::Snapshot as File;
use similar::{ChangeTag, TextDiff};

use crate::{
    cli::{entries, plain},
    lesson::workspace::{Lesson, Workspace},
};

/// How many lines are shown on either side of a difference.
const CONTEXT: usize = 4;

/// How long the smallest difference of two texts is looked for before a larger one does.
const LONGEST_SEARCH: Duration = Duration::from_secs(1);

/// What is accepted of a lesson.
#[derive(Clone, Copy, PartialEq, Eq)]
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
        let folder = lesson.folder.join("snapshots");
        folder.join(self.name()).with_extension("snap")
    }

    /// What the accepted one of a lesson says, if there is one.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub(crate) fn accepted(self, lesson: &Lesson) -> Result<Option<String>, String> {
        let file = self.file(lesson);
        if !file.exists() {
            return Ok(None);
        }
        let file = File::from_file(&file).map_err(|reason| reason.to_string())?;
        Ok(file.as_text().map(|text| format!("{text}\n")))
    }

    /// Writes what has become of it, if it is no more what has been accepted; if it is,
    /// removes what is pending, for that is answered.
    ///
    /// # Errors
    ///
    /// If it cannot be written or removed.
    pub(crate) fn write(
        self,
        lesson: &Lesson,
        new: Option<&str>,
        update: Update,
    ) -> Result<(), Box<dyn Error>> {
        if update == Update::Nothing {
            return Ok(());
        }
        let file = self.file(lesson);
        let pending = file.with_extension("snap.new");
        if let Some(new) = new {
            let head = format!("source: {}\ndescription: {}", file!(), self.description());
            fs::create_dir_all(file.parent().unwrap_or(&file))?;
            fs::write(&pending, format!("---\n{head}\n---\n{new}"))?;
            if update == Update::Pending {
                return Ok(());
            }
            File::from_file(&pending)?.save(&file)?;
        }
        // A read-only disk says that it is one, whether there is a file or not.
        if pending.exists() {
            fs::remove_file(&pending)?;
        }
        Ok(())
    }
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

/// Whether a text is what has been accepted.
pub(crate) fn is_same(accepted: &str, text: &str) -> bool {
    // A snapshot is kept without what is blank at its end.
    accepted.trim_end() == text.trim_end()
}

/// The difference of two texts, line by line, each with its numbers.
pub(crate) fn difference(old: &str, new: &str) -> String {
    let diff = TextDiff::configure()
        .timeout(LONGEST_SEARCH)
        .diff_lines(old, new);
    let mut shown = String::new();
    for (group, operations) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if group > 0 {
            shown += "            ⋮\n";
        }
        for change in operations.iter().flat_map(|one| diff.iter_changes(one)) {
            let number = |index: Option<usize>| index.map(|index| (index + 1).to_string());
            let [old, new] = [change.old_index(), change.new_index()].map(number);
            let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
            let text = plain(change.value().trim_end_matches('\n'));
            let line = match change.tag() {
                ChangeTag::Equal => style(format!(" {text}")).dim(),
                ChangeTag::Delete => style(format!("-{text}")).red(),
                ChangeTag::Insert => style(format!("+{text}")).green(),
            };
            let _ = writeln!(shown, "{old:>5} {new:>5} │{line}");
        }
    }
    shown
}

/// The snapshots in the lessons' folders, and in those beside them within the
/// workspace, that are the snapshot of no lesson.
///
/// # Errors
///
/// If a folder cannot be read.
pub(crate) fn strays(workspace: &Workspace) -> Result<Vec<PathBuf>, String> {
    let lessons = &workspace.lessons;
    let known: Vec<_> = lessons
        .iter()
        .flat_map(|lesson| Snapshot::ALL.map(|snapshot| snapshot.file(lesson)))
        .collect();
    let shelves = lessons.iter().filter_map(|lesson| lesson.folder.parent());
    let mut strays = Vec::new();
    for shelf in shelves.filter(|shelf| shelf.starts_with(&workspace.root)) {
        for folder in entries(shelf)? {
            let snapshots = folder.join("snapshots");
            if snapshots.is_dir() {
                strays.extend(entries(&snapshots)?);
            }
        }
    }
    let is_snapshot = |file: &PathBuf| file.extension().is_some_and(|it| it == "snap");
    strays.retain(|file| is_snapshot(file) && !known.contains(file));
    strays.sort();
    strays.dedup();
    Ok(strays)
}
