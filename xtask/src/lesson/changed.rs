//! A lesson with the change of a *try it*, which is built beside it and left nowhere.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use xtask::order::trace::Trace;

use crate::{
    cli::Failure,
    lesson::{
        built::BuiltLesson,
        workspace::{Lesson, Library},
    },
};

/// A lesson with a change.
pub(crate) struct ChangedLesson {
    /// Its `main.rs`.
    pub(crate) source: String,
    /// That of all its runs.
    pub(crate) trace: Trace,
}

impl ChangedLesson {
    /// Changes a lesson as `git diff` shows it in this file, builds it and runs it.
    ///
    /// # Errors
    ///
    /// If the change does not fit, or what it makes does not build or run.
    pub(crate) fn of(
        lesson: &Lesson,
        library: &Library,
        diff: &Path,
    ) -> Result<ChangedLesson, Failure> {
        let name = diff.file_stem().unwrap_or_default().to_string_lossy();
        let failed = |reason: &dyn Error| format!("{name}: {reason}");
        let folder = tempfile::tempdir_in(&library.folder).map_err(|error| failed(&error))?;
        let built = build(lesson, library, diff, folder.path());
        let (source, program) = built.map_err(|error| failed(&*error))?;
        let name = name.into_owned();
        let trace = BuiltLesson { name, program }.trace()?;
        Ok(ChangedLesson { source, trace })
    }
}

/// Builds the changed lesson in this folder, and returns its source and its program.
fn build(
    lesson: &Lesson,
    library: &Library,
    diff: &Path,
    folder: &Path,
) -> Result<(String, PathBuf), Box<dyn Error>> {
    let source = apply(&lesson.source()?, &fs::read_to_string(diff)?)?;
    let main = folder.join("src/main.rs");
    fs::create_dir(folder.join("src"))?;
    fs::write(&main, &source)?;
    let program = folder
        .join("changed")
        .with_extension(env::consts::EXE_EXTENSION);
    // As cargo does it, but of a source that is none of the package's.
    let built = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--edition", &library.edition, "--cap-lints", "allow"])
        .arg("--extern")
        .arg(format!("worker_core={}", library.file.display()))
        .arg("-L")
        .arg(format!("dependency={}", library.folder.display()))
        .arg("-o")
        .args([&program, &main])
        .output()?;
    if !built.status.success() {
        return Err(String::from_utf8_lossy(&built.stderr).trim_end().into());
    }
    Ok((source, program))
}

/// Applies a patch to the one file that it is for.
fn apply(source: &str, patch: &str) -> Result<String, String> {
    let mut source = source.to_owned();
    for hunk in patch.split("\n@@ ").skip(1) {
        let side = |sign: char| -> String {
            let lines = hunk.lines().skip(1);
            let lines = lines.filter(|line| line.starts_with([' ', sign]));
            lines.map(|line| format!("{}\n", &line[1..])).collect()
        };
        let (before, after) = (side('-'), side('+'));
        if source.matches(&before).count() != 1 {
            return Err(format!("this has to stand once in the lesson:\n{before}"));
        }
        source = source.replace(&before, &after);
    }
    Ok(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_made_where_its_lines_stand_once_and_nowhere_else() {
        let patch =
            |line: &str| format!("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-{line}\n+new\n end\n");
        let source = "one\nend\ntwo\nend\n";
        let changed = apply(source, &patch("two"));
        assert_eq!(changed.as_deref(), Ok("one\nend\nnew\nend\n"));
        let words = "this has to stand once in the lesson:\nthree\nend\n";
        assert_eq!(apply(source, &patch("three")), Err(words.to_owned()));
        let twice = source.repeat(2);
        assert!(apply(&twice, &patch("two")).is_err());
    }
}
