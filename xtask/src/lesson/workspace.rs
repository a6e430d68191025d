//! The lessons of the workspace: which there are, and their programs.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use console::strip_ansi_codes;
use similar::get_close_matches;
use tinyjson::JsonValue;

use crate::{
    cli::{Failure, live::live},
    lesson::{
        built::BuiltLesson,
        cargo::{all, cannot_run_cargo, cargo, child, json, text},
    },
};

/// How much of two names is the same if one may be meant to be the other.
const CLOSE: f32 = 0.6;

/// What is said of a lesson that has no program.
pub(crate) const NOT_BUILT: &str = "it does not build; see cargo's message above";

/// Lessons of a workspace.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// In the order of their chapters.
    pub(crate) lessons: Vec<Lesson>,
    /// What they are built with, if it builds.
    pub(crate) library: Option<Library>,
}

/// The crate `worker-core`, as it has been built.
pub(crate) struct Library {
    /// What cargo has made of it, which may be several files.
    pub(crate) files: Vec<PathBuf>,
    /// The folders of all that it depends on.
    pub(crate) dependencies: BTreeSet<PathBuf>,
    pub(crate) edition: String,
}

/// A package with a `[package.metadata.lesson]` in its manifest.
pub(crate) struct Lesson {
    pub(crate) name: String,
    pub(crate) chapter: u32,
    pub(crate) folder: PathBuf,
    /// The root of its workspace.
    pub(crate) root: PathBuf,
    /// The folders of the packages that it is made with, as its manifest names them.
    pub(crate) uses: Vec<PathBuf>,
    /// The lesson with its program, if it builds.
    pub(crate) built: Option<BuiltLesson>,
}

impl Workspace {
    /// Builds the lessons of these names, or all for no name, in one `cargo build`. It
    /// says on standard error why one does not build.
    ///
    /// Cargo is asked which lessons there are at the same time. What it has said before
    /// is never gone by: only cargo knows what a program is made of.
    ///
    /// # Errors
    ///
    /// If there is no workspace, it holds no lesson or none of one of the names, or cargo
    /// cannot be run.
    pub(crate) fn build(names: &[String]) -> Result<Workspace, Failure> {
        let (workspace, said) = live("building".to_owned(), |line| {
            Workspace::build_quietly(names, &mut |words| line.say(words))
        })?;
        let _ = io::stderr().write_all(said.as_bytes());
        Ok(workspace)
    }

    /// The same, but returns what is to be said of the build. Meanwhile `hear` is told line
    /// by line what cargo itself says.
    ///
    /// # Errors
    ///
    /// As [`Workspace::build`].
    pub(crate) fn build_quietly(
        names: &[String],
        hear: &mut dyn FnMut(&str),
    ) -> Result<(Workspace, String), Failure> {
        let metadata = ask()?;
        let (messages, words) = run(build_command(names), hear).map_err(cannot_run_cargo)?;
        let mut workspace = Workspace::of(&answer(metadata)?, names)?;
        for lesson in &mut workspace.lessons {
            lesson.built = messages.iter().find_map(|message| lesson.built_by(message));
        }
        workspace.library = library(&messages);
        let said = workspace.said(&messages, &words);
        Ok((workspace, said))
    }

    /// Finds the lessons of these names, or all for no name, and builds none.
    ///
    /// # Errors
    ///
    /// As [`Workspace::build`].
    pub(crate) fn find(names: &[String]) -> Result<Workspace, Failure> {
        Workspace::of(&answer(ask()?)?, names)
    }

    /// The lessons of these names, or all for no name, as `cargo metadata` tells them.
    fn of(metadata: &JsonValue, names: &[String]) -> Result<Workspace, Failure> {
        let root = text(metadata, "workspace_root").ok_or_else(unreadable)?;
        let packages: Vec<_> = all(metadata, "packages").collect();
        let mut lessons = Vec::new();
        for package in &packages {
            lessons.extend(lesson(package, root)?);
        }
        if lessons.is_empty() {
            return Err(
                "there is no lesson in this workspace; a lesson's Cargo.toml says \
                 `[package.metadata.lesson]` and `chapter = 1`"
                    .to_owned()
                    .into(),
            );
        }
        for Lesson { name, .. } in &lessons {
            let targets = packages.iter().flat_map(|package| all(package, "targets"));
            if targets.filter(|target| is_program(target, name)).count() > 1 {
                return Err(format!(
                    "lesson `{name}` and another package have a program of this name, and cargo \
                     writes both to one file; rename one"
                )
                .into());
            }
        }
        lessons.sort_by(|a, b| (a.chapter, &a.name).cmp(&(b.chapter, &b.name)));
        let known: Vec<_> = lessons.iter().map(|lesson| lesson.name.as_str()).collect();
        if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
            let nearest = get_close_matches(unknown.as_str(), &known, 1, CLOSE);
            let hint: String = nearest
                .iter()
                .map(|nearest| format!("did you mean `{nearest}`? "))
                .collect();
            return Err(Failure::Usage(format!(
                "there is no lesson `{unknown}`; {hint}the lessons are {}",
                known.join(", ")
            )));
        }
        lessons.retain(|lesson| names.is_empty() || names.contains(&lesson.name));
        Ok(Workspace {
            root: root.into(),
            lessons,
            library: None,
        })
    }

    /// What the compiler says of the lessons and of what they use. What cargo itself
    /// says is in it if there is nothing else to tell why one does not build.
    fn said(&self, messages: &[JsonValue], words: &str) -> String {
        let mut said = String::new();
        let mut has_error = false;
        for message in messages {
            let Some((diagnostic, target)) =
                child(message, "message").zip(child(message, "target"))
            else {
                continue;
            };
            let mine = self.lessons.iter().any(|lesson| lesson.is_of(message));
            if mine || !has_kind(target, "bin") {
                has_error |= text(diagnostic, "level") == Some("error");
                said += text(diagnostic, "rendered").unwrap_or_default();
            }
        }
        if self.lessons.iter().any(|lesson| lesson.built.is_none()) && !has_error {
            // What it has done until something failed is indented.
            let mut has_failed = false;
            said.extend(words.split_inclusive('\n').filter(|line| {
                let line = strip_ansi_codes(line);
                has_failed |= line.starts_with("error");
                // Not every workspace has this tool in it.
                has_failed || !line.starts_with(' ') && !line.contains("excluded package")
            }));
        }
        said
    }
}

impl Lesson {
    /// Builds the lesson of this name, and returns it with its program.
    ///
    /// # Errors
    ///
    /// If there is none, or it does not build.
    pub(crate) fn build(name: String) -> Result<(Lesson, BuiltLesson), Failure> {
        // It has the lessons that were named, and no other.
        let mut lesson = Workspace::build(&[name])?.lessons.remove(0);
        match lesson.built.take() {
            Some(built) => Ok((lesson, built)),
            None => Err(lesson.failed(NOT_BUILT)),
        }
    }

    /// A failure of this lesson.
    pub(crate) fn failed(&self, reason: &str) -> Failure {
        Failure::Failed(format!("lesson `{}`: {reason}", self.name))
    }

    /// The text of its `main.rs`.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub(crate) fn source(&self) -> io::Result<String> {
        let text = fs::read_to_string(self.folder.join("src/main.rs"))?;
        Ok(text.replace("\r\n", "\n"))
    }

    /// Whether this message of cargo's is about its program.
    fn is_of(&self, message: &JsonValue) -> bool {
        let manifest = text(message, "manifest_path").map(Path::new);
        let target = child(message, "target");
        manifest.and_then(Path::parent) == Some(&self.folder)
            && target.is_some_and(|target| is_program(target, &self.name))
    }

    /// The lesson with its program, if this message says that it has been built.
    fn built_by(&self, message: &JsonValue) -> Option<BuiltLesson> {
        let program = text(message, "executable").filter(|_| self.is_of(message))?;
        Some(BuiltLesson {
            name: self.name.clone(),
            program: program.into(),
        })
    }
}

/// Asks cargo which packages there are, whose answer is awaited later.
fn ask() -> Result<Child, Failure> {
    let asked = cargo()
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    asked.map_err(cannot_run_cargo)
}

/// What cargo answers.
fn answer(asked: Child) -> Result<JsonValue, Failure> {
    let metadata = asked.wait_with_output().map_err(cannot_run_cargo)?;
    if metadata.status.success() {
        return json(&metadata.stdout).ok_or_else(unreadable);
    }
    Err(format!(
        "the workspace cannot be read: cargo says\n{}",
        strip_ansi_codes(&String::from_utf8_lossy(&metadata.stderr)).trim_end()
    )
    .into())
}

/// Cargo, about to build these lessons, or all programs but this tool for no name.
fn build_command(names: &[String]) -> Command {
    let mut build = cargo();
    let format = if console::colors_enabled_stderr() {
        "json-diagnostic-rendered-ansi"
    } else {
        "json"
    };
    // A bar has no line of its own, and a message behind one would be none.
    build.env("CARGO_TERM_PROGRESS_WHEN", "never");
    build.args("build --keep-going --message-format".split(' '));
    build.arg(format);
    if names.is_empty() {
        build.args(["--workspace", "--bins"]);
        // It is up to date, and no system lets a program that runs be replaced.
        build.args(["--exclude", env!("CARGO_PKG_NAME")]);
    }
    for name in names {
        build.args(["--package", name, "--bin", name]);
    }
    build
}

/// Runs cargo, and returns its messages and what else it says, of which `hear` is told
/// line by line.
fn run(mut cargo: Command, hear: &mut dyn FnMut(&str)) -> io::Result<(Vec<JsonValue>, String)> {
    let (output, input) = io::pipe()?;
    cargo.stdin(Stdio::null());
    cargo.stdout(input.try_clone()?).stderr(input);
    let mut running = cargo.spawn()?;
    // Else this end of the pipe would stay open.
    drop(cargo);
    let mut messages = Vec::new();
    let mut words = String::new();
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        match json(&line) {
            Some(message) => messages.push(message),
            None => {
                let line = String::from_utf8_lossy(&line);
                hear(strip_ansi_codes(&line).trim());
                words += &format!("{line}\n");
            }
        }
    }
    running.wait()?;
    Ok((messages, words))
}

/// The library of the lessons, if these messages say that it has been built.
fn library(messages: &[JsonValue]) -> Option<Library> {
    let is_library = |target: &&JsonValue| {
        text(target, "name") == Some("worker_core") && has_kind(target, "lib")
    };
    let target = |message| child(message, "target").filter(is_library);
    let message = messages.iter().find(|message| target(message).is_some())?;
    let files = |message| all(message, "filenames").filter_map(|file| file.get::<String>());
    let folders = messages
        .iter()
        .flat_map(files)
        .map(|file| Path::new(file).parent());
    Some(Library {
        files: files(message).map(PathBuf::from).collect(),
        dependencies: folders.flatten().map(Path::to_owned).collect(),
        edition: text(target(message)?, "edition")?.to_owned(),
    })
}

/// The lesson that a package of `cargo metadata` is in this workspace, if it is one.
fn lesson(package: &JsonValue, root: &str) -> Result<Option<Lesson>, Failure> {
    let name = text(package, "name").ok_or_else(unreadable)?;
    let manifest = text(package, "manifest_path").ok_or_else(unreadable)?;
    let metadata = child(package, "metadata").and_then(|metadata| child(metadata, "lesson"));
    let Some(metadata) = metadata else {
        return Ok(None);
    };
    let chapter = child(metadata, "chapter").and_then(JsonValue::get::<f64>);
    let chapter = chapter.copied().unwrap_or_default();
    if chapter < 1.0 || chapter > f64::from(u32::MAX) || chapter.fract() != 0.0 {
        return Err(format!(
            "{manifest}: `chapter` in [package.metadata.lesson] is missing or no whole number \
             from 1 on; write it without quotes, as in `chapter = 1`"
        )
        .into());
    }
    if !all(package, "targets").any(|target| is_program(target, name)) {
        return Err(format!(
            "{manifest}: lesson `{name}` has no program of its own name; it needs a src/main.rs"
        )
        .into());
    }
    let folder = Path::new(manifest).parent().unwrap_or(Path::new(""));
    let path = |dependency| text(dependency, "path").map(Into::into);
    Ok(Some(Lesson {
        name: name.to_owned(),
        chapter: chapter as u32,
        folder: folder.to_owned(),
        root: root.into(),
        uses: all(package, "dependencies").filter_map(path).collect(),
        built: None,
    }))
}

/// Whether a target, as cargo describes it, is the program of this name.
fn is_program(target: &JsonValue, name: &str) -> bool {
    text(target, "name") == Some(name) && has_kind(target, "bin")
}

fn has_kind(target: &JsonValue, kind: &str) -> bool {
    all(target, "kind").any(|known| known.get::<String>().is_some_and(|known| known == kind))
}

fn unreadable() -> Failure {
    Failure::Failed("what `cargo metadata` prints cannot be read; is cargo up to date?".to_owned())
}
