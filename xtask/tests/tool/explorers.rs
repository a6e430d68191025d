//! The explorers of the book, as far as that takes no browser: `.ci/explorers.py` walks them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
};

use tinyjson::JsonValue;

use crate::{
    book::{assert_none, between},
    repository::{LANGUAGES, files, lessons, pages, read, root},
};

#[test]
fn every_lesson_and_every_try_it_that_loses_a_guarantee_has_an_explorer() {
    assert_none(&missing_explorers(root()));
}

pub fn missing_explorers(root: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    for language in LANGUAGES {
        let pages = pages(root, language);
        for lesson in lessons(root) {
            let page = pages.get(&format!("{lesson}.md"));
            let page = page.map(String::as_str).unwrap_or_default();
            let mut expected = vec![element(&lesson, "")];
            for number in 1.. {
                let console = root.join(format!("docs/try/{lesson}-{number}.console"));
                if !root
                    .join(format!("docs/try/{lesson}-{number}.diff"))
                    .exists()
                {
                    break;
                }
                if console.exists() && read(&console).contains("\n  nothing makes ") {
                    expected.push(element(&lesson, &number.to_string()));
                }
            }
            let found = page
                .lines()
                .filter(|line| line.starts_with("<order-explorer"));
            let found: Vec<_> = found.collect();
            if found != expected {
                faults.push(format!(
                    "docs/{language}/{lesson}.md has the explorers {found:?}, and needs {expected:?}"
                ));
            }
        }
    }
    faults
}

fn element(lesson: &str, number: &str) -> String {
    let (attribute, file) = match number {
        "" => (String::new(), "explorer.js".to_owned()),
        _ => (
            format!(" try=\"{number}\""),
            format!("explorer-{number}.js"),
        ),
    };
    format!("<order-explorer lesson=\"{lesson}\"{attribute} src=\"../generated/{lesson}/{file}\">")
}

#[test]
fn every_word_of_an_explorer_is_there_in_each_language_and_no_other() {
    let scripts = ["element.js", "practice.js"]
        .map(|file| read(&root().join("docs/theme/explorer").join(file)))
        .concat();
    let data: String = files(&root().join("docs/generated"))
        .iter()
        .filter(|file| file.extension().is_some_and(|kind| kind == "js"))
        .map(|file| read(file))
        .collect();
    let name = |text: &str| -> String {
        text.chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect()
    };
    let uses = ["words.", "explorerWords.", "answer(\""];
    let uses = uses.iter().flat_map(|it| scripts.split(it).skip(1));
    let mut needed: BTreeSet<String> = uses.map(name).collect();
    needed.extend(data.split("\"wait\":\"").skip(1).map(name));
    let why = data.split("\"why\":\"").skip(1);
    needed.extend(why.map(|text| name(text) + "Mostly"));
    // What the lessons of today do not have.
    let known = ["missingMostly"].map(str::to_owned);
    for language in LANGUAGES {
        let words = words(language);
        let there: BTreeSet<_> = words.keys().cloned().collect();
        let lacking: Vec<_> = needed.difference(&there).collect();
        assert!(lacking.is_empty(), "docs/{language}: {lacking:?}");
        let needless = there
            .difference(&needed)
            .filter(|word| !known.contains(word));
        let needless: Vec<_> = needless.collect();
        assert!(needless.is_empty(), "docs/{language}: {needless:?}");
    }
    let [one, other] = LANGUAGES.map(words);
    for (name, words) in &one {
        let holes = |words: &str| -> BTreeSet<String> {
            let holes = between(words, "{", "}").into_iter();
            holes.map(str::to_owned).collect()
        };
        assert_eq!(holes(words), holes(&other[name]), "{name}");
    }
}

/// What an explorer says in a language, by name.
fn words(language: &str) -> BTreeMap<String, String> {
    let script = read(&root().join("docs").join(language).join("explorer.js"));
    let (_, words) = script.split_once("const explorerWords = ").unwrap();
    let words: JsonValue = words.trim_end().trim_end_matches(';').parse().unwrap();
    let words = words.get::<HashMap<String, JsonValue>>().unwrap();
    let words = words
        .iter()
        .map(|(name, words)| (name.clone(), words.get::<String>().unwrap().clone()));
    words.collect()
}

#[test]
fn a_page_carries_no_more_for_its_explorers_than_it_can_open_at_once() {
    let size = |file: &Path| read(file).len();
    let own = files(&root().join("docs/theme/explorer"));
    let own: usize = own.iter().map(|file| size(file)).sum();
    assert!(own <= 20_000, "docs/theme/explorer has {own} bytes");
    for lesson in lessons(root()) {
        let data = files(&root().join("docs/generated").join(&lesson)).into_iter();
        let data = data.filter(|file| file.extension().is_some_and(|kind| kind == "js"));
        let data: usize = data.map(|file| size(&file)).sum();
        assert!(data <= 300_000, "{lesson}: {data} bytes");
    }
}
