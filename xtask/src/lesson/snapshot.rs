//! Comparing with an accepted snapshot: insta decides, and stores what is accepted.
//!
//! Nothing that insta reads from the environment makes a difference pass, because no
//! assertion of its is made: its snapshots are read, compared and saved.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use console::style;
use insta::{
    Snapshot as File, TextSnapshotKind,
    internals::{SnapshotContents, TextSnapshotContents},
};
use similar::{ChangeTag, TextDiff};

use crate::{
    cli::{Failure, relative},
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
        folder(lesson).join(self.name()).with_extension("snap")
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

/// A snapshot beside what it should be now.
pub(crate) struct Comparison {
    /// What has been accepted, if anything has.
    pub(crate) accepted: Option<String>,
    /// The difference as it is shown; empty if there is none.
    pub(crate) difference: String,
    /// Why the new snapshot is neither pending nor accepted, though it should be.
    pub(crate) unwritten: Option<String>,
}

/// Compares `content` with the lesson's accepted snapshot.
///
/// # Errors
///
/// If that cannot be read.
pub(crate) fn compare(
    snapshot: Snapshot,
    lesson: &Lesson,
    content: &str,
    update: Update,
    root: &Path,
) -> Result<Comparison, String> {
    let accepted = snapshot.accepted(lesson)?;
    let contents = |text: &str| {
        let text = TextSnapshotContents::new(text.to_owned(), TextSnapshotKind::File);
        SnapshotContents::from(text)
    };
    let is_same = |accepted: &String| contents(accepted) == contents(content);
    let pending = snapshot.file(lesson).with_extension("snap.new");
    let mut comparison = Comparison {
        accepted,
        difference: String::new(),
        unwritten: None,
    };
    let written = if comparison.accepted.as_ref().is_some_and(is_same) {
        // What was pending is answered.
        match update {
            Update::Nothing => Ok(()),
            Update::Pending | Update::Accept => remove(&pending),
        }
    } else {
        let file = relative(&snapshot.file(lesson), root);
        let old = comparison.accepted.as_deref().unwrap_or_default();
        comparison.difference = format!("Snapshot file: {file}\n{}", difference(old, content));
        match update {
            Update::Nothing => Ok(()),
            Update::Pending => write(&pending, snapshot, content),
            Update::Accept => write(&pending, snapshot, content)
                .and_then(|()| {
                    let saved = File::from_file(&pending)
                        .and_then(|pending| pending.save(&snapshot.file(lesson)));
                    saved.map_err(|reason| reason.to_string())
                })
                .and_then(|()| remove(&pending)),
        }
    };
    comparison.unwritten = written.err();
    Ok(comparison)
}

/// Writes a snapshot with the head that `cargo insta review` shows.
fn write(file: &Path, snapshot: Snapshot, content: &str) -> Result<(), String> {
    let head = format!(
        "source: {}\ndescription: {}",
        file!(),
        snapshot.description()
    );
    let text = format!("---\n{head}\n---\n{content}");
    let folder = file.parent().unwrap_or(file);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(file, text));
    written.map_err(|reason| reason.to_string())
}

fn remove(file: &Path) -> Result<(), String> {
    match fs::remove_file(file) {
        // A read-only disk says that it is one, whether there is a file or not.
        Err(reason) if file.exists() => Err(reason.to_string()),
        _ => Ok(()),
    }
}

/// The difference of two texts, line by line, each with its numbers.
fn difference(old: &str, new: &str) -> String {
    let diff = TextDiff::configure()
        .timeout(LONGEST_SEARCH)
        .diff_lines(old, new);
    let mut shown = String::new();
    for (group, operations) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if group > 0 {
            shown += "            ⋮\n";
        }
        for change in operations.iter().flat_map(|one| diff.iter_changes(one)) {
            let number = |index: Option<usize>| match index {
                Some(index) => format!("{:>5}", index + 1),
                None => " ".repeat(5),
            };
            let text = change.value().trim_end_matches('\n');
            let line = match change.tag() {
                ChangeTag::Equal => style(format!(" {text}")).dim(),
                ChangeTag::Delete => style(format!("-{text}")).red(),
                ChangeTag::Insert => style(format!("+{text}")).green(),
            };
            let (old, new) = (number(change.old_index()), number(change.new_index()));
            let _ = writeln!(shown, "{old} {new} │{line}");
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
