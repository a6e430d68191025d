//! What cargo has said, remembered until something changes that it goes by.
//!
//! Cargo takes longer each time it is asked than the lessons do on the simulated clock.
//! Its `.d` files name every source of a program, and are made to tell without it
//! whether the program is up to date (The Cargo Book, "Build Cache"). What they do not
//! name is the variables that a source reads while it is compiled; nothing is remembered
//! then. What is none of the workspace's, such as another compiler or other flags,
//! changes this tool too, and `cargo xtask` has cargo see to that.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

use tempfile::NamedTempFile;
use tinyjson::JsonValue;

use crate::lessons::{field, json, text};

/// What `cargo metadata` and `cargo build` said.
pub(crate) struct Said {
    pub(crate) metadata: JsonValue,
    /// What was built, each in a message.
    pub(crate) built: Vec<JsonValue>,
}

/// A place for what cargo is about to say.
pub(crate) struct Memory {
    file: PathBuf,
    /// What is younger cargo may not have seen.
    begun: SystemTime,
}

impl Memory {
    /// A place, made before cargo is asked; nothing if nothing can be written there.
    pub(crate) fn begin() -> Option<Memory> {
        let file = file()?;
        // By the clock of the file system, which can be a little behind.
        let probe = NamedTempFile::new_in(file.parent()?).ok()?;
        let begun = probe.as_file().metadata().ok()?.modified().ok()?;
        Some(Memory { file, begun })
    }

    /// Remembers what cargo said.
    ///
    /// # Errors
    ///
    /// If it cannot be written, or it could not be told later whether it still holds.
    pub(crate) fn keep(&self, metadata: &JsonValue, built: &[JsonValue]) -> io::Result<()> {
        let nothing = || io::Error::other("not to be remembered");
        let inputs = inputs(metadata, built).ok_or_else(nothing)?;
        let reads_variables = |input: &PathBuf| {
            let is_source = input.extension().is_some_and(|extension| extension == "rs");
            is_source && !fs::read_to_string(input).is_ok_and(|text| !text.contains("env!("))
        };
        if inputs.iter().any(reads_variables) {
            return Err(nothing());
        }
        let mut text = stamp(metadata, built, &inputs).ok_or_else(nothing)?;
        for value in [metadata].into_iter().chain(built) {
            text.push('\n');
            text += &value.stringify().map_err(io::Error::other)?;
        }
        let folder = self.file.parent().unwrap_or(Path::new(""));
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().set_modified(self.begun)?;
        file.persist(&self.file)?;
        Ok(())
    }
}

/// What cargo said, if it would say the same again.
pub(crate) fn recall() -> Option<Said> {
    let file = file()?;
    let begun = modified(&file)?;
    let content = fs::read_to_string(file).ok()?;
    let mut lines = content.lines();
    let known = lines.next()?;
    let metadata = json(lines.next()?.as_bytes())?;
    let built = lines
        .map(|line| json(line.as_bytes()))
        .collect::<Option<Vec<_>>>()?;
    let inputs = inputs(&metadata, &built)?;
    let is_older = |input: &PathBuf| modified(input).is_some_and(|time| time < begun);
    let holds = stamp(&metadata, &built, &inputs)? == known && inputs.iter().all(is_older);
    holds.then_some(Said { metadata, built })
}

/// The file for the current folder and for what the environment tells cargo.
fn file() -> Option<PathBuf> {
    let mut hasher = DefaultHasher::new();
    env::current_dir().ok()?.hash(&mut hasher);
    let mut told: Vec<_> = env::vars_os()
        .filter(|(name, _)| {
            let name = name.to_string_lossy();
            name.starts_with("CARGO") || name.starts_with("RUST")
        })
        .collect();
    told.sort();
    told.hash(&mut hasher);
    let name = format!("cargo-said-{:016x}.json", hasher.finish());
    Some(env::current_exe().ok()?.with_file_name(name))
}

/// A number for the time and the size of all that cargo goes by, of this tool, and of
/// the programs that were built: another file in the place of one of them is not the one
/// that cargo spoke of, even if it is older.
fn stamp(metadata: &JsonValue, built: &[JsonValue], inputs: &[PathBuf]) -> Option<String> {
    let mut files = vec![env::current_exe().ok()?];
    for message in built {
        files.push(text(message, "executable")?.into());
    }
    let config = Path::new(text(metadata, "workspace_root")?).join(".cargo/config.toml");
    let mut hasher = DefaultHasher::new();
    modified(&config).hash(&mut hasher);
    for file in files.iter().chain(inputs) {
        (file, modified(file)?, fs::metadata(file).ok()?.len()).hash(&mut hasher);
    }
    Some(format!("{:016x}", hasher.finish()))
}

/// All that decides what cargo says.
fn inputs(metadata: &JsonValue, built: &[JsonValue]) -> Option<Vec<PathBuf>> {
    let root = Path::new(text(metadata, "workspace_root")?);
    let mut inputs = vec![root.join("Cargo.toml"), root.join("Cargo.lock")];
    for package in field::<Vec<JsonValue>>(metadata, "packages")? {
        let manifest = Path::new(text(package, "manifest_path")?);
        // A new package is a change of the folder above the others, a new build script
        // one of the package's own.
        inputs.extend(manifest.ancestors().take(3).map(Path::to_owned));
    }
    for message in built {
        let sources = Path::new(text(message, "executable")?).with_extension("d");
        let sources = fs::read_to_string(sources).ok()?;
        let (_, sources) = sources.split_once(": ")?;
        // A blank in a name has a backslash before it.
        let sources = sources.trim_end().replace("\\ ", "\0");
        inputs.extend(
            sources
                .split(' ')
                .map(|name| name.replace('\0', " ").into()),
        );
    }
    Some(inputs)
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}
