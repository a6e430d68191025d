//! What has been saved. The few files of the lessons are looked at a few times a second,
//! which every system and every folder allows; none is told of changes on all of them.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use crate::{cli::files, lesson::workspace::Workspace};

/// How often the files are looked at.
pub(super) const LOOK: Duration = Duration::from_millis(100);

/// The files of lessons, watched.
pub(super) struct Changes {
    /// The lessons' folders, and then those of what they are made with.
    folders: Vec<(PathBuf, Vec<Stamp>)>,
    lessons: usize,
    /// The lesson that a save is about, until nothing changes any more.
    saved: Option<usize>,
    /// When to look next.
    next: Instant,
}

/// A file, when it was saved, and its size.
type Stamp = (PathBuf, SystemTime, u64);

impl Changes {
    pub(super) fn of(workspace: &Workspace) -> Changes {
        let lessons = &workspace.lessons;
        let mut folders: Vec<_> = lessons.iter().map(|lesson| &lesson.folder).collect();
        let shared = lessons.iter().flat_map(|lesson| &lesson.uses);
        for folder in shared.chain([&workspace.root]) {
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        let folders = folders.into_iter();
        Changes {
            folders: folders.map(|it| (it.clone(), stamps(it))).collect(),
            lessons: lessons.len(),
            saved: None,
            next: Instant::now() + LOOK,
        }
    }

    /// Looks at the files, if it is time to. If something has been saved, tells which lesson
    /// is to be shown then, by its place in the workspace: the one whose file it is, or if
    /// lessons share it, the one that is shown now. A save may be several changes, as of a
    /// file that is emptied and then written, so it is told once nothing changes any more.
    pub(super) fn look(&mut self, shown: usize) -> Option<usize> {
        if Instant::now() < self.next {
            return None;
        }
        self.next = Instant::now() + LOOK;
        let mut has_changed = false;
        for (place, (folder, known)) in self.folders.iter_mut().enumerate() {
            let stamps = stamps(folder);
            if *known != stamps {
                *known = stamps;
                has_changed = true;
                if place < self.lessons {
                    self.saved = Some(place);
                }
                self.saved.get_or_insert(shown);
            }
        }
        self.saved.take_if(|_| !has_changed)
    }

    /// Takes the snapshots as they are: this tool has written them.
    pub(super) fn skip_snapshots(&mut self) {
        for (folder, known) in &mut self.folders {
            let snapshots = folder.join("snapshots");
            let is_snapshot = |(path, ..): &Stamp| path.starts_with(&snapshots);
            known.retain(|stamp| !is_snapshot(stamp));
            known.extend(stamps(folder).into_iter().filter(is_snapshot));
        }
    }
}

/// The manifest and sources of a package, and at last its snapshots.
fn stamps(folder: &Path) -> Vec<Stamp> {
    let mut stamps = Vec::new();
    for name in ["Cargo.toml", "build.rs", "src", "snapshots"] {
        // What cannot be read has none.
        for path in files(&folder.join(name)).into_iter().flatten() {
            let kind = path.extension().and_then(OsStr::to_str);
            if let Some("rs" | "toml" | "snap") = kind
                && let Ok(metadata) = fs::metadata(&path)
                && let Ok(saved) = metadata.modified()
            {
                stamps.push((path, saved, metadata.len()));
            }
        }
    }
    stamps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_that_the_tool_writes_is_no_save_but_a_source_saved_meanwhile_is() {
        let folder = tempfile::tempdir().unwrap();
        let save = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for path in ["src/main.rs", "snapshots/output.snap"] {
            save(path, "");
        }
        let mut changes = Changes {
            folders: vec![(folder.path().to_owned(), stamps(folder.path()))],
            lessons: 1,
            saved: None,
            next: Instant::now(),
        };
        let mut write_and_look_twice = |is_source_saved: bool| {
            save("snapshots/output.snap", "text");
            save("snapshots/guarantees.snap", "text");
            if is_source_saved {
                save("src/main.rs", "text");
            }
            changes.skip_snapshots();
            let mut look = || {
                changes.next = Instant::now();
                changes.look(0)
            };
            [look(), look()]
        };
        assert_eq!(write_and_look_twice(false), [None, None]);
        assert_eq!(write_and_look_twice(true), [None, Some(0)]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_that_cannot_be_read_hides_no_file_outside_of_it() {
        use std::{fs::Permissions, os::unix::fs::PermissionsExt, thread};

        use rustix::thread::{CapabilitySet, capabilities, set_capabilities};

        let folder = tempfile::tempdir().unwrap();
        let [closed, open] = ["src/closed", "src/open.rs"].map(|path| folder.path().join(path));
        fs::create_dir_all(&closed).unwrap();
        fs::write(&open, "").unwrap();
        let set_mode = |mode| fs::set_permissions(&closed, Permissions::from_mode(mode)).unwrap();
        set_mode(0o000);
        let look = || {
            // Root may read everything, unless it gives that up.
            let mut sets = capabilities(None).unwrap();
            sets.effective = CapabilitySet::empty();
            set_capabilities(None, sets).unwrap();
            (fs::read_dir(&closed).is_err(), stamps(folder.path()))
        };
        let (is_closed, stamps) = thread::scope(|scope| scope.spawn(look).join().unwrap());
        set_mode(0o700);
        assert!(is_closed);
        let found: Vec<_> = stamps.iter().map(|(path, ..)| path).collect();
        assert_eq!(found, [&open]);
    }

    #[test]
    fn changes_shortly_after_one_another_are_one_save() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [lesson, shared] = folders.each_ref().map(|folder| folder.path().to_owned());
        let mut changes = Changes {
            folders: [&lesson, &shared].map(|it| (it.clone(), stamps(it))).into(),
            lessons: 1,
            saved: None,
            next: Instant::now(),
        };
        let mut look = || {
            changes.next = Instant::now();
            changes.look(1)
        };
        let save = |folder: &Path, text: &str| {
            fs::write(folder.join("Cargo.toml"), text).unwrap();
        };
        assert_eq!(look(), None);
        save(&lesson, "");
        assert_eq!(look(), None);
        save(&lesson, "text");
        save(&shared, "text");
        assert_eq!(look(), None);
        assert_eq!(look(), Some(0));
        // It is told once, and the next one anew.
        assert_eq!(look(), None);
        save(&shared, "more text");
        assert_eq!(look(), None);
        assert_eq!(look(), Some(1));
    }
}
