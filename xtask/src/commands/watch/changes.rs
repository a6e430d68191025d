//! What has been saved. The few files of the lessons are looked at a few times a second,
//! which every system and every folder allows; none is told of changes on all of them.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use crate::lesson::workspace::Workspace;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_millis(100);

/// How often after a change, for a save may be several: a file is emptied, then written.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How long after the last change nothing may have changed.
const QUIET: Duration = Duration::from_millis(100);

/// The files of lessons, watched.
pub(super) struct Changes {
    /// The lessons' folders, and then those of what they are made with.
    folders: Vec<(PathBuf, Vec<Stamp>)>,
    lessons: usize,
    /// The lesson whose own files have changed, since the last save was told.
    lesson: Option<usize>,
    settling: Settling,
    /// When to look next.
    next: Instant,
}

/// A file, when it was saved, and its size.
type Stamp = (PathBuf, SystemTime, u64);

/// A save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saved {
    /// Of a file of this lesson, by its place in the workspace.
    Lesson(usize),
    /// Of a file that lessons share.
    Shared,
}

impl Changes {
    pub(super) fn of(workspace: &Workspace) -> Changes {
        let lessons = &workspace.lessons;
        let mut folders: Vec<_> = lessons.iter().map(|lesson| lesson.folder.clone()).collect();
        let shared = lessons.iter().flat_map(|lesson| &lesson.uses);
        for folder in shared.chain([&workspace.root]) {
            if !folders.contains(folder) {
                folders.push(folder.clone());
            }
        }
        let folders = folders.into_iter().map(|folder| {
            let stamps = stamps(&folder);
            (folder, stamps)
        });
        Changes {
            folders: folders.collect(),
            lessons: lessons.len(),
            lesson: None,
            settling: Settling::default(),
            next: Instant::now() + LOOK,
        }
    }

    /// Looks at the files, if it is time to, and says what has been saved once nothing
    /// changes any more.
    pub(super) fn look(&mut self) -> Option<Saved> {
        let now = Instant::now();
        if now < self.next {
            return None;
        }
        let mut has_changed = false;
        for (place, (folder, known)) in self.folders.iter_mut().enumerate() {
            let stamps = stamps(folder);
            if *known != stamps {
                *known = stamps;
                has_changed = true;
                if place < self.lessons {
                    self.lesson = Some(place);
                }
            }
        }
        let is_settled = self.settling.look(now, has_changed);
        self.next = now
            + match self.settling.last {
                Some(_) => LOOK_AGAIN,
                None => LOOK,
            };
        is_settled.then(|| self.lesson.take().map_or(Saved::Shared, Saved::Lesson))
    }

    /// How long nothing is looked at.
    pub(super) fn pause(&self) -> Duration {
        self.next.saturating_duration_since(Instant::now())
    }

    /// Takes the snapshots as they are: this tool has written them.
    pub(super) fn skip_snapshots(&mut self) {
        let is_snapshot = |stamp: &Stamp| stamp.0.extension().is_some_and(|it| it == "snap");
        for (folder, known) in &mut self.folders {
            known.retain(|stamp| !is_snapshot(stamp));
            known.extend(stamps(folder).into_iter().filter(is_snapshot));
            known.sort();
        }
    }
}

/// Several changes that are one save.
#[derive(Default)]
struct Settling {
    /// When the last change was seen.
    last: Option<Instant>,
}

impl Settling {
    /// Whether what has changed is at rest at this time.
    fn look(&mut self, now: Instant, has_changed: bool) -> bool {
        if has_changed {
            self.last = Some(now);
        }
        let is_settled = self.last.is_some_and(|last| now - last >= QUIET);
        if is_settled {
            self.last = None;
        }
        is_settled
    }
}

/// The sources, manifest and snapshots of a package.
fn stamps(folder: &Path) -> Vec<Stamp> {
    let mut stamps = Vec::new();
    stamps.extend(stamp(folder.join("Cargo.toml")));
    stamps.extend(stamp(folder.join("build.rs")));
    add_files(&folder.join("src"), "rs", &mut stamps);
    add_files(&folder.join("snapshots"), "snap", &mut stamps);
    // A folder may be read in any order.
    stamps.sort();
    stamps
}

/// Adds the files of one kind below a folder; what cannot be read has none.
fn add_files(folder: &Path, kind: &str, stamps: &mut Vec<Stamp>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            add_files(&path, kind, stamps);
        } else if path.extension().is_some_and(|extension| extension == kind) {
            stamps.extend(stamp(path));
        }
    }
}

fn stamp(file: PathBuf) -> Option<Stamp> {
    let metadata = fs::metadata(&file).ok()?;
    let saved = metadata.modified().ok()?;
    Some((file, saved, metadata.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_shortly_after_one_another_are_one_save() {
        let start = Instant::now();
        let mut settling = Settling::default();
        let mut look =
            |ms: u64, has_changed| settling.look(start + Duration::from_millis(ms), has_changed);
        assert!(!look(0, false));
        assert!(!look(150, true));
        assert!(!look(200, true));
        assert!(!look(299, false));
        assert!(look(300, false));
        // It is told once, and the next one anew.
        assert!(!look(450, false));
        assert!(!look(600, true));
        assert!(look(900, false));
    }
}
