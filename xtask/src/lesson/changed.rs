//! A lesson with the change of a *try it*, which is built beside it and removed again.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;
use xtask::order::trace::Trace;

use crate::{
    cli::Failure,
    lesson::{
        built::BuiltLesson,
        patch::apply,
        workspace::{Lesson, Library},
    },
};

/// Changes a lesson as `git diff` shows it in this file, builds it and runs it, and returns
/// its `main.rs` and the trace of all its runs.
///
/// # Errors
///
/// If the change does not fit, or what it makes does not build or run.
pub(crate) fn changed(
    lesson: &Lesson,
    library: &Library,
    diff: &Path,
) -> Result<(String, Trace), Failure> {
    let name = diff.file_stem().unwrap_or_default().to_string_lossy();
    let built = build(lesson, library, diff);
    let (source, folder) = built.map_err(|reason| format!("{name}: {reason}"))?;
    let built = BuiltLesson {
        name: name.into_owned(),
        program: program(&folder),
    };
    Ok((source, built.trace()?))
}

/// Builds the changed lesson, and returns its source and the folder of its program.
fn build(
    lesson: &Lesson,
    library: &Library,
    diff: &Path,
) -> Result<(String, TempDir), Box<dyn Error>> {
    let source = apply(&lesson.source()?, &fs::read_to_string(diff)?)?;
    let beside = library.files.iter().find_map(|file| file.parent());
    let folder = tempfile::tempdir_in(beside.unwrap_or(&lesson.folder))?;
    let main = folder.path().join("src/main.rs");
    fs::create_dir(folder.path().join("src"))?;
    fs::write(&main, &source)?;
    // As cargo does it, but of a source that is none of the package's.
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition", &library.edition, "--cap-lints", "allow"]);
    for file in &library.files {
        rustc.arg("--extern");
        rustc.arg(format!("worker_core={}", file.display()));
    }
    for folder in &library.dependencies {
        rustc.arg("-L");
        rustc.arg(format!("dependency={}", folder.display()));
    }
    rustc.arg("-o");
    let built = rustc.args([&program(&folder), &main]).output()?;
    if !built.status.success() {
        return Err(String::from_utf8_lossy(&built.stderr).trim_end().into());
    }
    Ok((source, folder))
}

fn program(folder: &TempDir) -> PathBuf {
    let program = folder.path().join("changed");
    program.with_extension(env::consts::EXE_EXTENSION)
}
