//! `cargo xtask book`: what the book shows of the lessons, and the book itself.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use xtask::order::{
    description::Description, explorer::Explorer, happens_before::Promises, trace::Trace,
};

use crate::{
    cli::{self, Failure, files, in_ci, relative},
    lesson::{
        changed::changed,
        snapshot::Snapshot,
        workspace::{Lesson, NOT_BUILT, Workspace},
    },
    timeline::{picture::Picture, svg},
};

pub(crate) const HELP: &str = "\
Write what the book shows of the lessons, and build it in all its languages.

Usage: cargo xtask book [--check] [--open] [--mdbook-version]

Options:
      --check  only see whether what the book shows is up to date
      --open   open the book in a browser
      --mdbook-version
               print the version of mdBook that builds the book, and no more
  -h, --help   print this help

Outputs, guarantees and pictures go to docs/generated/, where the pages include
them; with the variable CI set they are only checked. Then mdBook builds the
book into target/book/.

Exit status: 0 if all went well, 1 if not, 2 for wrong usage.
";

/// The languages of the book, the first of which is opened.
const LANGUAGES: [&str; 2] = ["en", "ko"];

/// What the languages share: it stands beside their pages.
const SHARED: [&str; 3] = ["generated", "theme/explorer", "index.html"];

/// The mdBook that the book is written for.
const MDBOOK: &str = "0.5.4";

/// Runs the command.
///
/// # Errors
///
/// If it is used wrongly, something is out of date, or the book cannot be built.
pub(crate) fn book(arguments: &mut lexopt::Parser) -> Result<ExitCode, Failure> {
    use lexopt::prelude::*;

    let mut check = false;
    let mut open = false;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("check") => check = true,
            Long("open") => open = true,
            Long("mdbook-version") => {
                cli::print(format!("{MDBOOK}\n"))?;
                return Ok(ExitCode::SUCCESS);
            }
            _ => return Err(cli::unexpected(argument)),
        }
    }
    let workspace = Workspace::build(&[])?;
    let docs = workspace.root.join("docs");
    let folder = docs.join("generated");
    let generated = generate(&workspace)?;
    let found = read(&folder)?;
    let new = generated.iter();
    let mut new = new.filter(|(file, content)| found.get(*file) != Some(content));
    let mut old = found.keys().filter(|file| !generated.contains_key(*file));
    if check || in_ci() {
        if let Some(file) = new.next().map(|(file, _)| file).or_else(|| old.next()) {
            let file = relative(file, &workspace.root);
            return Err(format!(
                "{file} is out of date; run `cargo xtask book`, read how it has changed, and \
                 commit it"
            )
            .into());
        }
        if check {
            return Ok(ExitCode::SUCCESS);
        }
    }
    for (file, content) in new {
        write(file, content)?;
    }
    for file in old {
        fs::remove_file(file).map_err(|error| cannot(file, "be removed", &error))?;
    }
    build(&docs, &workspace.root.join("target/book"), open)?;
    Ok(ExitCode::SUCCESS)
}

/// The files that the pages show, and what has to be in them.
fn generate(workspace: &Workspace) -> Result<BTreeMap<PathBuf, String>, Failure> {
    let docs = workspace.root.join("docs");
    let folder = docs.join("generated");
    let pages: String = read(&docs.join(LANGUAGES[0]))?.into_values().collect();
    let mut files = BTreeMap::new();
    let mut all_orders = String::new();
    for found in &workspace.lessons {
        let is_shown = |name: &str| pages.contains(&format!("generated/{}/{name}", found.name));
        let built = found.built.as_ref();
        let lesson = built.ok_or_else(|| found.failed(NOT_BUILT))?;
        let trace = lesson.trace()?;
        let failed = |reason: String| lesson.failed(&reason);
        let orders = Description::of(&trace, Promises::WorkerCore).map_err(failed)?;
        let picture = Picture::of(&trace);
        let draw = |width: f64| svg::draw(&picture, &lesson.name, width);
        let summary = orders.summary(&lesson.name) + "\n";
        all_orders += &summary;
        let output = Snapshot::Output.accepted(found);
        let output = output.map_err(|reason| found.failed(&reason))?;
        let output = output.ok_or_else(|| {
            found.failed(&format!(
                "it has no accepted output; accept it with `cargo xtask run-all {} --accept`",
                found.name
            ))
        })?;
        let likely = [orders.likely_pairs(usize::MAX), orders.missing_lines()].concat();
        let mut show = |name: &str, content: String| {
            if is_shown(name) {
                files.insert(folder.join(&lesson.name).join(name), content);
            }
        };
        show("output.txt", output);
        show("guaranteed.txt", text(&orders.guaranteed_pairs(usize::MAX)));
        show("likely.txt", text(&likely));
        show("luck.txt", text(&orders.incomparable_lines()));
        show("orders.txt", summary);
        show("normal-form.txt", two_outputs(&orders));
        show("timeline.svg", draw(svg::WIDE));
        show("timeline-narrow.svg", draw(svg::NARROW));
        if is_shown("explorer.js") {
            for (name, content) in explorers(workspace, found, &trace, is_shown)? {
                show(&name, content);
            }
        }
    }
    files.insert(folder.join("orders.txt"), all_orders);
    for measured in read(&docs.join("measured.tsv"))?.values() {
        let figures = measured.lines().map(figure).collect();
        files.insert(folder.join("measured.txt"), figures);
    }
    Ok(files)
}

/// The explorers of a lesson that the pages show: its own, and those of the *try it*s
/// that take a guarantee away, which is what the reader is challenged to do in both.
fn explorers(
    workspace: &Workspace,
    lesson: &Lesson,
    trace: &Trace,
    is_shown: impl Fn(&str) -> bool,
) -> Result<Vec<(String, String)>, Failure> {
    let failed = |reason: String| lesson.failed(&reason);
    let source = lesson.source().map_err(|error| failed(error.to_string()))?;
    let explorer = Explorer::of(trace).map_err(failed)?;
    let mut files = Vec::new();
    let mut challenges = Vec::from_iter(explorer.arranged_by_the_sleeps());
    for number in 1.. {
        let diff = format!("docs/try/{}-{number}.diff", lesson.name);
        let diff = workspace.root.join(diff);
        let name = format!("explorer-{number}.js");
        if !diff.exists() {
            break;
        }
        if !is_shown(&name) {
            continue;
        }
        let library = workspace.library.as_ref();
        let library = library.ok_or_else(|| failed("worker-core is not built".to_owned()))?;
        let (source, trace) = changed(lesson, library, &diff)?;
        let its = Explorer::of(&trace).map_err(failed)?;
        let lost = explorer.lost_in(&its);
        let its_challenges: Vec<_> = lost.iter().filter_map(|it| its.challenge(it)).collect();
        let json = its.json(&source, &its_challenges, &[]);
        files.push((name, for_a_page(&json)));
        challenges.extend(lost);
    }
    let challenges = challenges.iter().filter_map(|it| explorer.challenge(it));
    let challenges: Vec<_> = challenges.collect();
    let json = explorer.json(&source, &challenges, &explorer.questions());
    files.push(("explorer.js".to_owned(), for_a_page(&json)));
    Ok(files)
}

/// A script that hands this to the element that has asked for it. A page that is opened
/// from a disk can load nothing else.
fn for_a_page(json: &str) -> String {
    format!("document.currentScript.parentElement.show({json});\n")
}

/// A figure that `cargo xtask bench` has kept, for the pages to include by its name.
fn figure(line: &str) -> String {
    let mut fields = line.split('\t');
    let name = fields.next().unwrap_or_default();
    let short = |field: &str| match field.parse::<f64>() {
        Ok(small) if small < 0.1 => format!("{small:.3}"),
        Ok(number) => format!("{number:.2}"),
        Err(_) => field.to_owned(),
    };
    let fields: Vec<_> = fields.map(short).collect();
    let words = match &fields[..] {
        [median, least, most] if least != most => format!("{median} ({least}–{most})"),
        _ => fields.first().cloned().unwrap_or_default(),
    };
    format!("ANCHOR: {name}\n{words}\nANCHOR_END: {name}\n")
}

fn text(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The first two outputs that a lesson can have, one below the other.
fn two_outputs(orders: &Description) -> String {
    let outputs = orders.with_the_sleeps.outputs(&orders.normal_order);
    let texts = outputs.take(2).map(|it| orders.happens_before.output(&it));
    texts.collect::<Vec<_>>().join("\n")
}

/// The files below a folder and what is in them, as on a system whose lines end in one
/// character.
fn read(folder: &Path) -> Result<BTreeMap<PathBuf, String>, Failure> {
    let mut texts = BTreeMap::new();
    for file in files(folder) {
        let file = file?;
        let content = fs::read(&file).map_err(|error| cannot(&file, "be read", &error))?;
        let text = String::from_utf8_lossy(&content).replace("\r\n", "\n");
        texts.insert(file, text);
    }
    Ok(texts)
}

/// Writes a file, in a folder of its own if need be.
fn write(file: &Path, content: &str) -> Result<(), Failure> {
    let folder = file.parent().unwrap_or(file);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(file, content));
    written.map_err(|error| cannot(file, "be written", &error))
}

/// Has mdBook build the book in each language, and puts beside them what they share.
fn build(docs: &Path, target: &Path, open: bool) -> Result<(), Failure> {
    let version = Command::new("mdbook").arg("--version").output();
    let found = match &version {
        Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Err(_) => "no mdbook".to_owned(),
    };
    if found != format!("mdbook v{MDBOOK}") {
        return Err(format!(
            "the book is built with mdbook {MDBOOK}, and there is {found} on the PATH; install it \
             with `cargo install mdbook --locked --version {MDBOOK}`"
        )
        .into());
    }
    for shared in SHARED {
        for (file, content) in read(&docs.join(shared))? {
            write(
                &target.join(file.strip_prefix(docs).unwrap_or(&file)),
                &content,
            )?;
        }
    }
    for language in LANGUAGES.iter().rev() {
        let mut mdbook = Command::new("mdbook");
        mdbook.arg("build").arg(docs.join(language));
        if open && *language == LANGUAGES[0] {
            mdbook.arg("--open");
        }
        let output = mdbook.output();
        let output = output.map_err(|error| format!("mdbook cannot be run: {error}"))?;
        // It warns of what it leaves out of a page, and ends well all the same.
        let words = String::from_utf8_lossy(&output.stderr);
        let complains = ["WARN", "ERROR"].iter().any(|word| words.contains(word));
        if !output.status.success() || complains {
            let words = words.trim_end();
            return Err(format!("mdbook cannot build docs/{language}:\n{words}").into());
        }
    }
    cli::print(format!("{}\n", target.join("index.html").display()))
}

fn cannot(path: &Path, what: &str, error: &io::Error) -> Failure {
    Failure::Failed(format!("{} cannot {what}: {error}", path.display()))
}
