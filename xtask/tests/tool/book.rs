//! The book: what its pages show is what the lessons and the tool do.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use crate::workspace::{Workspace, is_shown, report, root, xtask};

const LANGUAGES: [&str; 2] = ["en", "ko"];

/// The pages of a language by name, its table of contents among them.
fn pages(language: &str) -> BTreeMap<String, String> {
    let folder = root().join("docs").join(language);
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let pages = entries.filter(|path| path.extension().is_some_and(|kind| kind == "md"));
    pages
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// What stands between `open` and `close`, each time that it does.
fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> Vec<&'a str> {
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
    let links = between(page, "](", ")");
    links
        .into_iter()
        .filter(|link| !link.contains("://"))
        .collect()
}

#[test]
fn what_is_generated_is_up_to_date() {
    let report = report(xtask().args(["book", "--check"]));
    assert_eq!(report.status, Some(0), "{report}");
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
fn every_include_link_and_picture_is_there() {
    for language in LANGUAGES {
        for (name, page) in pages(language) {
            for target in includes(&page).into_iter().chain(links(&page)) {
                // An include may name the lines that it takes.
                let (path, lines) = target.split_once(':').unwrap_or((target, ""));
                let path = path.split('#').next().unwrap();
                let file = root().join("docs").join(language).join(path);
                let text = fs::read_to_string(&file).unwrap_or_else(|error| {
                    panic!("docs/{language}/{name} leads to {target}: {error}; mend the path")
                });
                let first = lines.split(':').next().and_then(|line| line.parse().ok());
                assert!(
                    first.is_none_or(|first: usize| first <= text.lines().count()),
                    "docs/{language}/{name} includes {target}, which has fewer lines"
                );
            }
        }
    }
}

#[test]
fn every_page_is_in_the_table_of_contents() {
    for language in LANGUAGES {
        let mut pages = pages(language);
        let contents = pages.remove("SUMMARY.md").unwrap();
        let listed: BTreeSet<_> = links(&contents).into_iter().collect();
        let pages: BTreeSet<_> = pages.keys().map(String::as_str).collect();
        assert_eq!(listed, pages, "docs/{language}");
    }
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
fn all_languages_have_the_same_pages_headings_code_and_pictures() {
    let (first, others) = LANGUAGES.split_first().unwrap();
    let original = pages(first);
    for language in others {
        let translated = pages(language);
        let names = |pages: &BTreeMap<String, String>| pages.keys().cloned().collect::<Vec<_>>();
        assert_eq!(
            names(&original),
            names(&translated),
            "docs/{first} and docs/{language}"
        );
        for (name, page) in &original {
            let mut translated = skeleton(&translated[name]).into_iter();
            for (part, line) in skeleton(page) {
                let found = translated.next();
                assert_eq!(
                    found.map(|(part, _)| part),
                    Some(part),
                    "docs/{language}/{name} lacks what docs/{first}/{name} has in this line: {line}"
                );
            }
            assert_eq!(translated.next(), None, "docs/{language}/{name} has more");
        }
    }
}

#[test]
fn every_python_program_prints_what_python_promises() {
    let folder = root().join("docs/python");
    let programs: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(programs.len(), 4);
    // They sleep for seconds, so they do it side by side.
    thread::scope(|scope| {
        let runs: Vec<_> = programs
            .iter()
            .map(|program| scope.spawn(move || (program, check_python(program))))
            .collect();
        for run in runs {
            let (program, verdict) = run.join().unwrap();
            assert_eq!(verdict, "possible\n", "{}", program.display());
        }
    });
}

/// What `check` says of a Python program's output, judged as its lesson's.
fn check_python(program: &Path) -> String {
    let python = if cfg!(windows) { "python" } else { "python3" };
    let mut python = Command::new(python)
        .arg(program)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the Python programs of the book need python3 on the PATH");
    let lesson = program.file_stem().unwrap();
    let report = report(
        xtask()
            .args(["check", "--python"])
            .arg(lesson)
            .stdin(python.stdout.take().unwrap()),
    );
    assert!(python.wait().unwrap().success());
    report.stdout
}

/// Applies a change, as a page shows it, to a listing.
fn apply(listing: &str, change: &str) -> String {
    let side = |sign: char| {
        let lines = change
            .lines()
            .filter(move |line| line.starts_with([' ', sign]));
        let lines = lines.map(|line| format!("{}\n", &line[1..]));
        lines.collect::<String>()
    };
    let (before, after) = (side('-'), side('+'));
    assert_eq!(
        listing.matches(&before).count(),
        1,
        "this has to stand once in the listing:\n{before}"
    );
    listing.replace(&before, &after)
}

/// A workspace with the four lessons in which they can be changed.
fn copy_of_the_lessons() -> Workspace {
    let workspace = Workspace::new("try-it");
    for file in ["Cargo.toml", "Cargo.lock"] {
        workspace.write(file, &fs::read_to_string(root().join(file)).unwrap());
    }
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    workspace.write("Cargo.toml", &manifest.replace(", \"xtask\"", ""));
    for folder in fs::read_dir(root().join("crates")).unwrap() {
        let folder = folder.unwrap().path();
        copy(&folder, &workspace);
    }
    workspace
}

fn copy(folder: &Path, workspace: &Workspace) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            copy(&path, workspace);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let below = path.strip_prefix(root()).unwrap();
            workspace.write(below.to_str().unwrap(), &text);
        }
    }
}

#[test]
fn every_page_in_every_language_shows_the_figures_that_have_been_measured() {
    let kept = fs::read_to_string(root().join("docs/measured.tsv")).unwrap();
    let names = kept.lines().map(|line| line.split('\t').next().unwrap());
    let kept: BTreeSet<_> = names.collect();
    for language in LANGUAGES {
        let pages = pages(language);
        let includes = pages.values().flat_map(|page| includes(page));
        let shown = includes.filter_map(|path| path.strip_prefix("../generated/measured.txt:"));
        assert_eq!(kept, shown.collect(), "docs/{language}");
    }
}

#[cfg(unix)]
#[test]
fn every_try_it_does_what_its_page_says() {
    let workspace = copy_of_the_lessons();
    let mut tried = 0;
    let mut wrong = String::new();
    for (page, text) in pages(LANGUAGES[0]) {
        let lesson = page.trim_end_matches(".md");
        let listing = format!("crates/{lesson}/src/main.rs");
        for change in includes(&text)
            .into_iter()
            .filter(|path| path.ends_with(".diff"))
        {
            let read = |path: &str| {
                fs::read_to_string(root().join("docs").join(path.trim_start_matches("../")))
                    .unwrap()
            };
            let session = read(&change.replace(".diff", ".console"));
            if session.contains("ulimit") && !cfg!(target_os = "linux") {
                // Others have other limits.
                continue;
            }
            let original = fs::read_to_string(root().join(&listing)).unwrap();
            workspace.write(&listing, &apply(&original, &read(change)));
            for command in session.split("$ ").skip(1) {
                let (command, shown) = command.split_once('\n').unwrap();
                let output = workspace.shell(command).output().unwrap();
                let stdout = String::from_utf8_lossy(&output.stdout);
                if !is_shown(&stdout, shown) {
                    let stderr = String::from_utf8_lossy(&output.stderr);
                    wrong += &format!("{change}: {command} prints\n{stdout}{stderr}\n");
                }
            }
            workspace.write(&listing, &original);
            tried += 1;
        }
    }
    assert!(tried >= 12, "{tried}");
    assert!(wrong.is_empty(), "{wrong}");
}
