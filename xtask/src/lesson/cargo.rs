//! Asking cargo, and reading what it answers.

use std::{collections::HashMap, env, io, path::Path, process::Command};

use tinyjson::JsonValue;

use crate::cli::Failure;

/// Cargo, in the workspace of the current folder, or in the one that this tool was
/// built in if that folder has none.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let current = env::current_dir().unwrap_or_default();
    let has_manifest = |folder: &Path| folder.join("Cargo.toml").exists();
    if !current.ancestors().any(has_manifest) {
        cargo.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    }
    cargo
}

pub(crate) fn cannot_run_cargo(reason: io::Error) -> Failure {
    format!("cargo cannot be run: {reason}; is it installed and on the PATH?").into()
}

pub(crate) fn json(bytes: &[u8]) -> Option<JsonValue> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

pub(crate) fn child<'a>(object: &'a JsonValue, key: &str) -> Option<&'a JsonValue> {
    object.get::<HashMap<String, JsonValue>>()?.get(key)
}

pub(crate) fn text<'a>(object: &'a JsonValue, key: &str) -> Option<&'a str> {
    child(object, key)?.get::<String>().map(String::as_str)
}

/// What is in an array, which may be missing.
pub(crate) fn all<'a>(object: &'a JsonValue, key: &str) -> impl Iterator<Item = &'a JsonValue> {
    let array = child(object, key).and_then(JsonValue::get::<Vec<JsonValue>>);
    array.into_iter().flatten()
}
