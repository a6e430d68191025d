//! The book: what its pages show is what the lessons and the tool do.

use std::{collections::BTreeSet, fs, path::Path};

#[cfg(unix)]
use crate::{docs::faults_of_session, patch::apply};
use crate::{
    explorers::missing_explorers,
    repository::{LANGUAGES, files, lessons, pages, read, root},
    tool::{report, xtask},
    workspace::Workspace,
};

/// What has to be true of the files in a repository, whatever its lessons are: each
/// rule says where it is broken.
pub const RULES: [fn(&Path) -> Vec<String>; 6] = [
    missing_chapters,
    missing_explorers,
    differences_of_the_languages,
    differences_from_the_table_of_contents,
    broken_links,
    forgotten_files,
];

/// Why a lesson may not be what a test takes it for.
pub const APPLIED: &str = "is a *try it* still applied? `git diff crates` shows it";

#[track_caller]
pub fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn what_is_generated_is_up_to_date() {
    let report = report(xtask().args(["book", "--check"]));
    assert_eq!(report.status, Some(0), "{APPLIED}\n{report}");
}

#[test]
fn a_generated_file_that_is_out_of_date_is_named_with_the_command_to_run() {
    let workspace = Workspace::new("book").lesson("good", 1, "say(\"main thread end\\n\");");
    workspace.accept("good", "output", "main thread end\n");
    workspace.write(
        "docs/en/good.md",
        "{{#include ../generated/good/output.txt}}",
    );
    workspace.write("docs/generated/good/output.txt", "main thread end\n");
    workspace.write(
        "docs/generated/orders.txt",
        "good: 1 order with its sleeps, 1 by start and join alone\n",
    );
    let check = || report(workspace.xtask().args(["book", "--check"]));
    assert_eq!(check().status, Some(0), "{}", check());
    // Nothing is written in CI, and what is empty is a file too.
    workspace.write("docs/en/more.md", "{{#include ../generated/good/luck.txt}}");
    let report = report(workspace.xtask().arg("book").env("CI", "true"));
    assert_eq!(report.status, Some(1), "{report}");
    let words = "error: docs/generated/good/luck.txt is out of date";
    assert!(report.stderr.contains(words), "{report}");
    workspace.write("docs/generated/good/luck.txt", "");
    workspace.write("docs/generated/.hidden", "of the system");
    assert_eq!(check().status, Some(0), "{}", check());
    for (file, bad) in [
        ("docs/generated/good/output.txt", "main thread begin\n"),
        (
            "docs/generated/good/other.txt",
            "a lesson that is no more\n",
        ),
    ] {
        workspace.write(file, bad);
        let report = check();
        assert_eq!(report.status, Some(1), "{report}");
        let words = format!("error: {file} is out of date; run `cargo xtask book`");
        assert!(report.stderr.contains(&words), "{report}");
        workspace.forget(file);
        workspace.write("docs/generated/good/output.txt", "main thread end\n");
    }
}

#[test]
fn the_first_page_leads_to_the_book_in_each_language() {
    let page = read(&root().join("docs/index.html"));
    let links = between(&page, "href=\"", "/index.html\"");
    assert_eq!(links, LANGUAGES);
}

#[test]
fn the_version_of_mdbook_is_printed_for_a_script_to_read() {
    let report = report(xtask().args(["book", "--mdbook-version"]));
    let version = report.stdout.strip_suffix('\n').unwrap_or_default();
    let numbers = version
        .split('.')
        .filter(|part| part.parse::<u32>().is_ok());
    assert_eq!(numbers.count(), 3, "{report}");
    assert_eq!(report.status, Some(0), "{report}");
}

#[test]
fn every_lesson_has_a_chapter_and_a_program_in_python() {
    assert_none(&missing_chapters(root()));
}

fn missing_chapters(root: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    let readme = read(&root.join("README.md"));
    for lesson in lessons(root) {
        if !readme.contains(&format!("| `cargo run -p {lesson}` |")) {
            faults.push(format!(
                "README.md has no `cargo run -p {lesson}` in its table of the lessons; add a row"
            ));
        }
        let pages = LANGUAGES.map(|language| format!("docs/{language}/{lesson}.md"));
        for file in [format!("docs/python/{lesson}.py")].iter().chain(&pages) {
            if !root.join(file).exists() {
                faults.push(format!(
                    "{file} is missing: lesson `{lesson}` needs a chapter in each language, and the \
                     same program in Python"
                ));
            }
        }
    }
    faults
}

#[test]
fn all_languages_have_the_same_pages_headings_code_and_pictures() {
    assert_none(&differences_of_the_languages(root()));
}

fn differences_of_the_languages(root: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    for one in LANGUAGES {
        for other in LANGUAGES.into_iter().filter(|other| *other != one) {
            let others = pages(root, other);
            for (name, page) in pages(root, one) {
                let Some(translated) = others.get(&name) else {
                    faults.push(format!(
                        "docs/{other}/{name} is missing: docs/{one} has this page; write it in each \
                         language"
                    ));
                    continue;
                };
                let mut translated = skeleton(translated).into_iter();
                let lacks = skeleton(&page)
                    .into_iter()
                    .find(|(part, _)| translated.next().is_none_or(|(found, _)| found != *part));
                faults.extend(lacks.map(|(_, line)| {
                    format!(
                        "docs/{other}/{name} lacks what docs/{one}/{name} has in this line: {line}"
                    )
                }));
            }
        }
    }
    faults
}

/// What a page consists of, apart from its prose: headings, includes, links, pictures
/// and the kinds of its code blocks, in their order, each with its line.
fn skeleton(page: &str) -> Vec<(String, &str)> {
    let mut skeleton = Vec::new();
    let mut in_code = false;
    for line in page.lines() {
        if let Some(kind) = line.strip_prefix("```") {
            in_code = !in_code;
            skeleton.push((format!("```{kind}"), line));
        } else if in_code {
            skeleton.push((line.to_owned(), line));
        } else if line.starts_with('#') {
            let level = line.split(' ').next().unwrap_or_default();
            skeleton.push((level.to_owned(), line));
        } else if line.starts_with('|') {
            let cells = line.matches('|').count();
            skeleton.push((format!("{cells} bars"), line));
        }
        let links = links(line).into_iter();
        skeleton.extend(links.map(|link| (format!("a link to {link}"), line)));
    }
    skeleton
}

#[test]
fn every_page_is_in_the_table_of_contents() {
    assert_none(&differences_from_the_table_of_contents(root()));
}

fn differences_from_the_table_of_contents(root: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    for language in LANGUAGES {
        let mut pages = pages(root, language);
        let contents = pages.remove("SUMMARY.md").unwrap_or_default();
        let listed: BTreeSet<_> = links(&contents).into_iter().collect();
        let unlisted = pages.keys().filter(|page| !listed.contains(&***page));
        faults.extend(unlisted.map(|page| {
            format!(
                "docs/{language}/SUMMARY.md does not list {page}; add it where it is to be read"
            )
        }));
    }
    faults
}

#[test]
fn every_include_link_and_picture_is_there() {
    assert_none(&broken_links(root()));
}

fn broken_links(root: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    for language in LANGUAGES {
        let folder = root.join("docs").join(language);
        for (name, page) in pages(root, language) {
            for target in includes(&page).into_iter().chain(links(&page)) {
                // An include may name the lines that it takes, or the anchor around them.
                let (path, lines) = target.split_once(':').unwrap_or((target, ""));
                let path = path.split('#').next().unwrap_or_default();
                let first = lines.split(':').next().and_then(|line| line.parse().ok());
                let anchor = format!("ANCHOR: {lines}\n");
                let fault = match fs::read_to_string(folder.join(path)) {
                    Err(error) => error.to_string(),
                    Ok(text) if first.is_some_and(|first: usize| first > text.lines().count()) => {
                        "it has fewer lines".to_owned()
                    }
                    Ok(text) if !lines.is_empty() && first.is_none() && !text.contains(&anchor) => {
                        "it has no such anchor".to_owned()
                    }
                    Ok(_) => continue,
                };
                faults.push(format!(
                    "docs/{language}/{name} leads to {target}: {fault}; add the file or mend the path"
                ));
            }
        }
    }
    faults
}

#[test]
fn every_link_and_picture_of_the_readme_is_there() {
    let readme = read(&root().join("README.md"));
    let links = links(&readme).into_iter();
    let broken: Vec<_> = links.filter(|link| !root().join(link).exists()).collect();
    assert_eq!(broken, [""; 0]);
}

#[test]
fn every_program_and_every_try_it_is_shown_on_a_page() {
    assert_none(&forgotten_files(root()));
}

fn forgotten_files(root: &Path) -> Vec<String> {
    let mut faults = Vec::new();
    for folder in ["python", "try"] {
        for file in files(&root.join("docs").join(folder)) {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let path = format!("../{folder}/{name}");
            let is_it = |include: &str| include.split(':').next() == Some(&path);
            for language in LANGUAGES {
                let pages = pages(root, language);
                if !pages.values().flat_map(|page| includes(page)).any(is_it) {
                    faults.push(format!(
                        "docs/{folder}/{name} is on no page of docs/{language}; include it there, or \
                         delete it"
                    ));
                }
            }
        }
    }
    faults
}

#[test]
fn every_page_in_every_language_shows_the_figures_that_have_been_measured() {
    let kept = read(&root().join("docs/measured.tsv"));
    let names = kept.lines().map(|line| line.split('\t').next().unwrap());
    let kept: BTreeSet<_> = names.collect();
    for language in LANGUAGES {
        let pages = pages(root(), language);
        let includes = pages.values().flat_map(|page| includes(page));
        let shown = includes.filter_map(|path| path.strip_prefix("../generated/measured.txt:"));
        assert_eq!(kept, shown.collect(), "docs/{language}");
    }
}

#[cfg(unix)]
#[test]
fn every_try_it_does_what_its_page_says() {
    let workspace = Workspace::copy("try-it");
    let lessons = lessons(root());
    assert_none(&faults_of_try_its(&workspace, &lessons));
}

/// What goes wrong where a reader of these lessons' chapters tries what they say.
#[cfg(unix)]
pub fn faults_of_try_its(workspace: &Workspace, lessons: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    for lesson in lessons {
        let page = read(&workspace.path(&format!("docs/{}/{lesson}.md", LANGUAGES[0])));
        let changes: Vec<_> = includes(&page)
            .into_iter()
            .filter_map(|path| path.strip_prefix("../try/")?.strip_suffix(".diff"))
            .collect();
        if changes.is_empty() {
            faults.push(format!(
                "the chapter of lesson `{lesson}` has nothing to try"
            ));
        }
        for change in changes {
            let part = |kind: &str| workspace.path(&format!("docs/try/{change}.{kind}"));
            let patch = read(&part("diff"));
            // Of a program that has no end, nothing is to be seen.
            let session = fs::read_to_string(part("console")).unwrap_or_default();
            if session.contains("ulimit") && !cfg!(target_os = "linux") {
                // Others have other limits.
                continue;
            }
            let listing = patch.lines().find_map(|line| line.strip_prefix("--- a/"));
            let listing = listing.unwrap_or_default();
            let original = read(&workspace.path(listing));
            let found = match apply(&original, &patch) {
                Ok(changed) => {
                    workspace.write(listing, &changed);
                    faults_of_session(&session, |line| report(&mut workspace.shell(line)))
                }
                Err(fault) => vec![format!("{APPLIED}\n{fault}")],
            };
            workspace.write(listing, &original);
            faults.extend(
                found
                    .iter()
                    .map(|fault| format!("docs/try/{change}: {fault}")),
            );
        }
    }
    faults
}

/// What stands between `open` and `close`, each time that it does.
pub fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> Vec<&'a str> {
    let parts = text.split(open).skip(1);
    parts
        .filter_map(|part| Some(part.split_once(close)?.0))
        .collect()
}

fn includes(page: &str) -> Vec<&str> {
    between(page, "{{#include ", "}}")
}

/// Where the links and the pictures of a page lead.
fn links(page: &str) -> Vec<&str> {
    let kinds = [("](", ")"), (" src=\"", "\""), (" srcset=\"", "\"")];
    let links = kinds.map(|(open, close)| between(page, open, close));
    links
        .into_iter()
        .flatten()
        .filter(|link| !link.contains("://"))
        .collect()
}
