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
        patch::apply,
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
