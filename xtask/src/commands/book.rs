//! `cargo xtask book`: what the book shows of the lessons, and the book itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use xtask::order::{
    description::Description, explorer::Explorer, happens_before::Promises, trace::Trace,
};

use crate::{
    cli::{self, Failure, in_ci, relative},
    lesson::{
        changed::ChangedLesson,
        snapshot::Snapshot,
        workspace::{Lesson, Workspace},
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
    let all: BTreeSet<_> = generated.keys().chain(found.keys()).collect();
    let mut stale = all
        .into_iter()
        .filter(|file| generated.get(*file) != found.get(*file));
    if check || in_ci() {
        if let Some(file) = stale.next() {
            return Err(Failure::Failed(format!(
                "{} is out of date; run `cargo xtask book`, read how it has changed, and commit it",
                relative(file, &workspace.root)
            )));
        }
        if check {
            return Ok(ExitCode::SUCCESS);
        }
    }
    for file in stale {
        let written = match generated.get(file) {
            Some(content) => write(file, content.as_bytes()),
            None => fs::remove_file(file),
        };
        written.map_err(|error| cannot(file, "be written", &error))?;
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
        let lesson = found.built().map_err(|reason| found.failed(&reason))?;
        let trace = lesson.trace()?;
        let failed = |reason: String| lesson.failed(&reason);
        let orders = Description::of(&trace, Promises::WorkerCore).map_err(failed)?;
        let picture = Picture::of(&trace);
        let draw = |width: f64| svg::draw(&picture, &lesson.name, width);
        let summary = orders.summary(&lesson.name) + "\n";
        all_orders += &summary;
        let output = Snapshot::Output.accepted(found).map_err(failed)?;
        let output = output.ok_or_else(|| {
            lesson
                .failed("it has no accepted output; accept it with `cargo xtask run-all --accept`")
        })?;
        let likely = [orders.likely_pairs(usize::MAX), orders.missing_lines()].concat();
        let mut contents = vec![
            ("output.txt".to_owned(), output),
            (
                "guaranteed.txt".to_owned(),
                text(&orders.guaranteed_pairs(usize::MAX)),
            ),
            ("likely.txt".to_owned(), text(&likely)),
            ("luck.txt".to_owned(), text(&orders.incomparable_lines())),
            ("orders.txt".to_owned(), summary),
            ("normal-form.txt".to_owned(), two_outputs(&orders)),
            ("timeline.svg".to_owned(), draw(svg::WIDE)),
            ("timeline-narrow.svg".to_owned(), draw(svg::NARROW)),
        ];
        if is_shown("explorer.js") {
            contents.extend(explorers(workspace, found, &trace, is_shown)?);
        }
        contents.retain(|(name, _)| is_shown(name));
        let contents = contents.into_iter();
        files.extend(
            contents.map(|(name, content)| (folder.join(&lesson.name).join(name), content)),
        );
    }
    files.insert(folder.join("orders.txt"), all_orders);
    let measured = docs.join("measured.tsv");
    if measured.exists() {
        let text = fs::read_to_string(&measured);
        let text = text.map_err(|error| cannot(&measured, "be read", &error))?;
        let figures = text.lines().map(figure).collect();
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
        let changed = ChangedLesson::of(lesson, library, &diff)?;
        let its = Explorer::of(&changed.trace).map_err(failed)?;
        let lost = explorer.lost_in(&its);
        let its_challenges: Vec<_> = lost.iter().filter_map(|it| its.challenge(it)).collect();
        let json = its.json(&changed.source, &its_challenges, &[]);
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

/// The first two outputs that a lesson can have, one below the other; nothing if there is
/// only one.
fn two_outputs(orders: &Description) -> String {
    let mut outputs = orders.with_the_sleeps.outputs(&orders.normal_order);
    let (Some(one), Some(other)) = (outputs.next(), outputs.next()) else {
        return String::new();
    };
    let line = |&line: &usize| orders.happens_before.lines[line].text.clone();
    let [one, other] =
        [one, other].map(|output| text(&output.iter().map(line).collect::<Vec<_>>()));
    format!("{one}\n{other}")
}

/// The files below a folder and what is in them, as on a system whose lines end in one
/// character.
fn read(folder: &Path) -> Result<BTreeMap<PathBuf, String>, Failure> {
    let read = |file: PathBuf| {
        let content = fs::read(&file).map_err(|error| cannot(&file, "be read", &error))?;
        let text = String::from_utf8_lossy(&content).replace("\r\n", "\n");
        Ok((file, text))
    };
    files(folder)?.into_iter().map(read).collect()
}

/// The files below a folder, if there is one; or the file of this name. What a system
/// hides there is its own.
fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !path.is_dir() {
        let is_there = path.exists() && !name.starts_with('.');
        return Ok(Vec::from_iter(is_there.then(|| path.to_owned())));
    }
    let mut all = Vec::new();
    let failed = |error| cannot(path, "be read", &error);
    for entry in fs::read_dir(path).map_err(failed)? {
        all.extend(files(&entry.map_err(failed)?.path())?);
    }
    Ok(all)
}

/// Writes a file, in a folder of its own if need be.
fn write(file: &Path, content: &[u8]) -> io::Result<()> {
    fs::create_dir_all(file.parent().unwrap_or(file))?;
    fs::write(file, content)
}

/// Has mdBook build the book in each language, and puts beside them what they share.
fn build(docs: &Path, target: &Path, open: bool) -> Result<(), Failure> {
    let version = Command::new("mdbook").arg("--version").output();
    let found = match &version {
        Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Err(_) => "no mdbook".to_owned(),
    };
    if found != format!("mdbook v{MDBOOK}") {
        return Err(Failure::Failed(format!(
            "the book is built with mdbook {MDBOOK}, and there is {found} on the PATH; install it \
             with `cargo install mdbook --locked --version {MDBOOK}`"
        )));
    }
    for shared in SHARED {
        for file in files(&docs.join(shared))? {
            let copy = target.join(file.strip_prefix(docs).unwrap_or(&file));
            let copied = fs::read(&file).and_then(|content| write(&copy, &content));
            copied.map_err(|error| cannot(&copy, "be written", &error))?;
        }
    }
    for language in LANGUAGES.iter().rev() {
        let mut mdbook = Command::new("mdbook");
        mdbook.arg("build").arg(docs.join(language));
        if open && *language == LANGUAGES[0] {
            mdbook.arg("--open");
        }
        let output = mdbook
            .output()
            .map_err(|error| Failure::Failed(format!("mdbook cannot be run: {error}")))?;
        // It warns of what it leaves out of a page, and ends well all the same.
        let words = String::from_utf8_lossy(&output.stderr);
        let complains = ["WARN", "ERROR"].iter().any(|word| words.contains(word));
        if !output.status.success() || complains {
            return Err(Failure::Failed(format!(
                "mdbook cannot build docs/{language}:\n{}",
                words.trim_end()
            )));
        }
    }
    cli::print(format!("{}\n", target.join("index.html").display()))
}

fn cannot(path: &Path, what: &str, error: &io::Error) -> Failure {
    Failure::Failed(format!("{} cannot {what}: {error}", path.display()))
}
