//! What is in a repository: its lessons, and the pages of its book.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The languages of the book.
pub const LANGUAGES: [&str; 2] = ["en", "ko"];

/// The folder of this repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The names of the lessons in this folder: of its packages that say to be one.
pub fn lessons(root: &Path) -> Vec<String> {
    let manifests = files(&root.join("crates"));
    let manifests = manifests
        .iter()
        .filter(|file| file.ends_with("Cargo.toml"))
        .map(|file| read(file));
    let lessons = manifests.filter(|manifest| manifest.contains("[package.metadata.lesson]"));
    let names = lessons.map(|manifest| {
        let (_, name) = manifest.split_once("\nname = \"").unwrap();
        name.split('"').next().unwrap().to_owned()
    });
    names.collect()
}

/// The pages of a language by name, its table of contents among them.
pub fn pages(root: &Path, language: &str) -> BTreeMap<String, String> {
    let files = files(&root.join("docs").join(language)).into_iter();
    let pages = files.filter(|file| file.extension().is_some_and(|kind| kind == "md"));
    pages
        .map(|page| {
            let name = page.file_name().unwrap().to_str().unwrap().to_owned();
            (name, read(&page))
        })
        .collect()
}

pub fn read(file: &Path) -> String {
    fs::read_to_string(file)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", file.display()))
}

/// The files below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder);
    let entries =
        entries.unwrap_or_else(|error| panic!("{} cannot be read: {error}", folder.display()));
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}
