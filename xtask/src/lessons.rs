//! The lessons of the workspace: which there are, and their programs.

use std::{
    collections::HashMap,
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tinyjson::JsonValue;

use crate::{
    Failure,
    memory::{self, Memory, Said},
};

/// The workspace of the current folder.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// In the order of their chapters.
    pub(crate) lessons: Vec<Lesson>,
    /// What `cargo metadata` says.
    metadata: JsonValue,
    /// What `cargo build` would say of all lessons, if that is known.
    built: Option<Vec<JsonValue>>,
    /// Where that is to be remembered, if it is not known.
    memory: Option<Memory>,
}

impl Workspace {
    /// The lessons of these names in the order of their chapters; all for no name.
    ///
    /// # Errors
    ///
    /// If there is no lesson of one of the names.
    pub(crate) fn select(&self, names: &[String]) -> Result<Vec<&Lesson>, Failure> {
        let known: Vec<&str> = self
            .lessons
            .iter()
            .map(|lesson| lesson.name.as_str())
            .collect();
        if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
            let nearest = known
                .iter()
                .min_by_key(|known| strsim::osa_distance(unknown, known));
            return Err(Failure::Usage(format!(
                "there is no lesson `{unknown}`; did you mean `{}`? the lessons are {}",
                nearest.unwrap_or(&""),
                known.join(", ")
            )));
        }
        let selected = |lesson: &&Lesson| names.is_empty() || names.contains(&lesson.name);
        Ok(self.lessons.iter().filter(selected).collect())
    }

    /// Builds the lessons in one `cargo build` and returns the program of each that
    /// built, by the lesson's name. Cargo says on standard error why another did
    /// not.
    ///
    /// # Errors
    ///
    /// If cargo cannot be run, or fails although every lesson has built.
    pub(crate) fn build(&self, lessons: &[&Lesson]) -> Result<HashMap<String, PathBuf>, Failure> {
        if let Some(built) = &self.built {
            return Ok(programs(lessons, built));
        }
        let mut build = cargo_build(lessons, "json-render-diagnostics");
        let build = build
            .stderr(Stdio::inherit())
            .output()
            .map_err(cannot_run_cargo)?;
        let programs = programs(lessons, &messages(&build.stdout));
        if programs.len() == lessons.len() {
            if !build.status.success() {
                return Err(Failure::Failed(
                    "the lessons cannot be built; see cargo's message above".to_owned(),
                ));
            }
            if lessons.len() == self.lessons.len() {
                self.remember(lessons);
            }
        }
        Ok(programs)
    }

    /// Remembers what cargo says, unless it has something to say to the user each time,
    /// such as a warning. That it cannot be remembered is no failure.
    fn remember(&self, lessons: &[&Lesson]) {
        let Some(memory) = &self.memory else { return };
        let Ok(build) = cargo_build(lessons, "json").stderr(Stdio::null()).output() else {
            return;
        };
        let mut built = messages(&build.stdout);
        let is_for_the_user =
            |message: &JsonValue| text(message, "reason") == Some("compiler-message");
        if build.status.success() && !built.iter().any(is_for_the_user) {
            built.retain(|message| text(message, "executable").is_some());
            let _ = memory.keep(&self.metadata, &built);
        }
    }
}

/// Cargo, about to build these lessons and to say so in this format.
fn cargo_build(lessons: &[&Lesson], format: &str) -> Command {
    // By its id, since a name may be that of a dependency too.
    let targets = lessons
        .iter()
        .flat_map(|lesson| ["--package", &lesson.id, "--bin", &lesson.name]);
    let mut build = Command::new(cargo());
    build
        .args(["build", "--keep-going", "--message-format", format])
        .args(targets);
    build
}

/// What cargo says on standard output, message by message.
pub(crate) fn messages(stdout: &[u8]) -> Vec<JsonValue> {
    let lines = stdout.split(|&byte| byte == b'\n');
    lines.filter_map(json).collect()
}

/// The program of each lesson that was built, by the lesson's name.
fn programs(lessons: &[&Lesson], built: &[JsonValue]) -> HashMap<String, PathBuf> {
    let mut programs = HashMap::new();
    for lesson in lessons {
        let program = built.iter().find_map(|message| {
            let mine = text(message, "package_id") == Some(&lesson.id)
                && is_program(child(message, "target")?, &lesson.name);
            text(message, "executable").filter(|_| mine)
        });
        programs.extend(program.map(|program| (lesson.name.clone(), program.into())));
    }
    programs
}

/// A package with a `[package.metadata.lesson]` in its manifest.
pub(crate) struct Lesson {
    pub(crate) name: String,
    pub(crate) chapter: u32,
    /// What cargo calls its package.
    id: String,
    pub(crate) folder: PathBuf,
}

/// Finds the lessons of the current folder's workspace.
///
/// # Errors
///
/// If there is no workspace, cargo cannot read it, or it holds no lesson.
pub(crate) fn find() -> Result<Workspace, Failure> {
    let (metadata, built, memory) = match memory::recall() {
        Some(Said { metadata, built }) => (metadata, Some(built), None),
        None => {
            let memory = Memory::begin();
            (ask()?, None, memory)
        }
    };
    let root = text(&metadata, "workspace_root")
        .ok_or_else(unreadable)?
        .into();
    let mut lessons = Vec::new();
    let packages = field::<Vec<JsonValue>>(&metadata, "packages").ok_or_else(unreadable)?;
    for package in packages {
        lessons.extend(lesson(package)?);
    }
    if lessons.is_empty() {
        return Err(Failure::Failed(
            "there is no lesson in this workspace; a lesson's Cargo.toml says \
             `[package.metadata.lesson]` and `chapter = 1`"
                .to_owned(),
        ));
    }
    for lesson in &lessons {
        let has_it = |package: &&JsonValue| targets(package).any(|it| is_program(it, &lesson.name));
        if packages.iter().filter(has_it).count() > 1 {
            return Err(Failure::Failed(format!(
                "lesson `{}` and another package have a program of this name, and cargo writes \
                 both to one file; rename one",
                lesson.name
            )));
        }
    }
    lessons.sort_by(|a, b| (a.chapter, &a.name).cmp(&(b.chapter, &b.name)));
    Ok(Workspace {
        root,
        lessons,
        metadata,
        built,
        memory,
    })
}

/// What `cargo metadata` says.
fn ask() -> Result<JsonValue, Failure> {
    let metadata = Command::new(cargo())
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .stderr(Stdio::inherit())
        .output()
        .map_err(cannot_run_cargo)?;
    if !metadata.status.success() {
        return Err(Failure::Failed(
            "the workspace cannot be read; see cargo's message above".to_owned(),
        ));
    }
    json(&metadata.stdout).ok_or_else(unreadable)
}

/// The lesson that a package of `cargo metadata` is, if it is one.
fn lesson(package: &JsonValue) -> Result<Option<Lesson>, Failure> {
    let name = text(package, "name").ok_or_else(unreadable)?;
    let manifest = text(package, "manifest_path").ok_or_else(unreadable)?;
    let metadata = child(package, "metadata").and_then(|metadata| child(metadata, "lesson"));
    let Some(metadata) = metadata else {
        return Ok(None);
    };
    let chapter = field::<f64>(metadata, "chapter");
    let chapter = chapter.copied().unwrap_or_default();
    if chapter < 1.0 || chapter > f64::from(u32::MAX) || chapter.fract() != 0.0 {
        return Err(Failure::Failed(format!(
            "{manifest}: `chapter` in [package.metadata.lesson] is missing or no whole number \
             from 1 on; write it without quotes, as in `chapter = 1`"
        )));
    }
    if !targets(package).any(|target| is_program(target, name)) {
        return Err(Failure::Failed(format!(
            "{manifest}: lesson `{name}` has no program of its own name; it needs a src/main.rs"
        )));
    }
    Ok(Some(Lesson {
        name: name.to_owned(),
        chapter: chapter as u32,
        id: text(package, "id").ok_or_else(unreadable)?.to_owned(),
        folder: Path::new(manifest)
            .parent()
            .unwrap_or(Path::new(""))
            .to_owned(),
    }))
}

fn targets(package: &JsonValue) -> impl Iterator<Item = &JsonValue> {
    field::<Vec<JsonValue>>(package, "targets")
        .into_iter()
        .flatten()
}

/// Whether a target, as cargo describes it, is the program of this name.
fn is_program(target: &JsonValue, name: &str) -> bool {
    let is_bin = |kind: &JsonValue| kind.get::<String>().is_some_and(|kind| kind == "bin");
    text(target, "name") == Some(name)
        && field::<Vec<JsonValue>>(target, "kind").is_some_and(|kinds| kinds.iter().any(is_bin))
}

pub(crate) fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

pub(crate) fn cannot_run_cargo(reason: std::io::Error) -> Failure {
    Failure::Failed(format!(
        "cargo cannot be run: {reason}; is it installed and on the PATH?"
    ))
}

fn unreadable() -> Failure {
    Failure::Failed("what `cargo metadata` prints cannot be read; is cargo up to date?".to_owned())
}

pub(crate) fn json(bytes: &[u8]) -> Option<JsonValue> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

pub(crate) fn child<'a>(object: &'a JsonValue, key: &str) -> Option<&'a JsonValue> {
    object.get::<HashMap<String, JsonValue>>()?.get(key)
}

pub(crate) fn field<'a, T: tinyjson::InnerAsRef>(
    object: &'a JsonValue,
    key: &str,
) -> Option<&'a T> {
    child(object, key)?.get()
}

pub(crate) fn text<'a>(object: &'a JsonValue, key: &str) -> Option<&'a str> {
    field::<String>(object, key).map(String::as_str)
}
