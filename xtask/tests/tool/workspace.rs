//! Small workspaces of lessons for the tool to run on.

use std::{
    collections::{BTreeSet, HashMap},
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, Once},
};

const MANIFEST: &str = "\
[workspace]
resolver = \"3\"
members = [\"crates/*\"]

[profile.dev]
debug = false
incremental = false
";

/// A workspace below the target folder. Its build stays there for the next run, and so
/// do those of its sources that are the same then: cargo need not build them again.
pub struct Workspace {
    root: PathBuf,
    written: Mutex<BTreeSet<PathBuf>>,
    swept: Once,
}

impl Workspace {
    pub fn new(name: &str) -> Workspace {
        let workspace = Workspace {
            root: Path::new(env!("CARGO_TARGET_TMPDIR")).join(name),
            written: Mutex::default(),
            swept: Once::new(),
        };
        workspace.write("Cargo.toml", MANIFEST);
        workspace
    }

    /// Adds a lesson that does not need worker-core.
    pub fn lesson(self, name: &str, chapter: u32, body: &str) -> Workspace {
        self.package(
            name,
            &format!("[package.metadata.lesson]\nchapter = {chapter}\n"),
            &main(body),
        )
    }

    /// Adds a package with this in its manifest and this as its `main.rs`.
    pub fn package(self, name: &str, manifest: &str, main: &str) -> Workspace {
        let package = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n\n{manifest}");
        self.write(&format!("crates/{name}/Cargo.toml"), &package);
        self.write(&format!("crates/{name}/src/main.rs"), main);
        self
    }

    /// Accepts an output of a lesson in a folder of `crates`, and the guarantees of
    /// a lesson that [`main`]'s `say` has said it.
    pub fn snapshot(self, folder: &str, content: &str) -> Workspace {
        self.accept(folder, "output", content);
        self.accept(folder, "guarantees", &guarantees(content));
        self
    }

    /// Accepts a snapshot of this name in a folder of `crates`.
    pub fn accept(&self, folder: &str, name: &str, content: &str) {
        self.write(
            &format!("crates/{folder}/snapshots/{name}.snap"),
            &format!("---\nsource: a test\n---\n{content}"),
        );
    }

    /// The accepted snapshot of a lesson without its head, if there is one.
    pub fn accepted(&self, lesson: &str) -> Option<String> {
        content(&self.root.join(snapshot_path(lesson)))
    }

    /// The snapshot of a lesson that waits for a review, if there is one.
    pub fn pending(&self, lesson: &str) -> Option<String> {
        content(&self.root.join(snapshot_path(lesson) + ".new"))
    }

    /// Removes a file that an earlier run may have left.
    pub fn forget(&self, path: &str) {
        let _ = fs::remove_file(self.root.join(path));
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub fn write(&self, path: &str, content: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if !fs::read(&path).is_ok_and(|old| old == content.as_bytes()) {
            fs::write(&path, content).unwrap();
        }
        self.written.lock().unwrap().insert(path);
    }

    /// Removes what an earlier run has left, before the first command of this one.
    fn sweep(&self) {
        self.swept.call_once(|| {
            for folder in ["crates", "docs", ".config"] {
                remove_others(&self.path(folder), &self.written.lock().unwrap());
            }
        });
    }

    /// A line of a shell in this workspace.
    #[cfg(unix)]
    pub fn shell(&self, line: &str) -> Command {
        self.sweep();
        let mut shell = shell(&self.root, line);
        shell.env("CARGO_TARGET_DIR", self.root.join("target"));
        shell
    }

    pub fn run_all(&self, arguments: &[&str]) -> Report {
        report(self.xtask().arg("run-all").args(arguments))
    }

    /// The tool in this workspace, in an environment that tells it nothing.
    pub fn xtask(&self) -> Command {
        self.xtask_in("")
    }

    /// The tool in a folder of this workspace.
    pub fn xtask_in(&self, folder: &str) -> Command {
        self.sweep();
        let mut xtask = xtask_in(&self.root.join(folder));
        // Another workspace has programs of the same names.
        xtask.env("CARGO_TARGET_DIR", self.root.join("target"));
        xtask
    }
}

/// Removes the files below a folder that are none of these, and folders without a file.
fn remove_others(folder: &Path, files: &BTreeSet<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            remove_others(&path, files);
            // Nothing happens to a folder that is not empty.
            let _ = fs::remove_dir(&path);
        } else if !files.contains(&path) {
            fs::remove_file(&path).unwrap();
        }
    }
}

fn snapshot_path(folder: &str) -> String {
    format!("crates/{folder}/snapshots/output.snap")
}

/// The `main.rs` of a lesson that does not need worker-core. In its body, `say` prints
/// and writes to the trace as if the main thread had printed it; `trace`, `trace_of`
/// and `trace_at` write an event of the main thread, of another, or of another time.
pub fn main(body: &str) -> String {
    format!(
        "#![allow(dead_code, unused_imports, unreachable_code)]
        use std::{{env, fs::File, io::Write}};

        fn trace(event: &str) {{
            trace_of(0, event);
        }}

        fn trace_of(thread: usize, event: &str) {{
            trace_at(0, thread, event);
        }}

        fn trace_at(seconds: u64, thread: usize, event: &str) {{
            if let Some(path) = env::var_os(\"LESSON_TRACE\") {{
                let file = File::options().append(true).create(true).open(path);
                let time = seconds * 1_000_000_000;
                writeln!(file.unwrap(), \"{{time}}\\t0\\t{{thread}}\\t-\\t{{event}}\").unwrap();
            }}
        }}

        fn say(text: &str) {{
            print!(\"{{text}}\");
            for line in text.lines() {{
                trace(&format!(\"line\\t{{line}}\"));
            }}
        }}

        fn main() {{
            {body}
            trace(\"exit\");
        }}
        "
    )
}

/// The guarantees of lines that come one after another.
pub fn guarantees(output: &str) -> String {
    let mut seen = HashMap::<&str, usize>::new();
    let mut names: Vec<_> = output
        .lines()
        .map(|line| {
            let seen = seen.entry(line).or_default();
            *seen += 1;
            match *seen {
                1 if line.starts_with("sub thread ") => format!("the main thread's `{line}`"),
                1 => format!("`{line}`"),
                seen => format!("no. {seen} of `{line}`"),
            }
        })
        .collect();
    names.push("the end of the program".to_owned());
    let pairs = names.windows(2).enumerate().map(|(n, pair)| {
        let is_last = n + 2 == names.len();
        let promise = if is_last { "end" } else { "program order" };
        format!("{} → {}: {promise}\n", pair[0], pair[1])
    });
    pairs.collect()
}

/// What a snapshot holds below its head.
pub fn content(snapshot: &Path) -> Option<String> {
    let text = fs::read_to_string(snapshot).ok()?;
    let (_, content) = text.strip_prefix("---\n")?.split_once("---\n")?;
    Some(content.to_owned())
}

/// The folder of the lessons themselves.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The tool on the lessons themselves.
pub fn xtask() -> Command {
    xtask_in(root())
}

/// A line of a shell as a reader types it in this folder, with the tool and cargo of
/// this test. A lesson that it runs by itself takes no time.
#[cfg(unix)]
pub fn shell(folder: &Path, line: &str) -> Command {
    let line = line
        .replace("cargo xtask ", "\"$XTASK\" ")
        .replace("cargo ", "\"$CARGO\" --quiet ");
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &line])
        .current_dir(folder)
        .stdin(Stdio::null())
        .env("XTASK", env!("CARGO_BIN_EXE_xtask"))
        .env("CARGO", env!("CARGO"))
        .env("LESSON_CLOCK", "simulated")
        .env_remove("CI");
    shell
}

/// The tool in this folder, in an environment that tells it nothing.
pub fn xtask_in(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .env("CARGO_NET_OFFLINE", "true");
    for (variable, _) in env::vars_os() {
        let name = variable.to_string_lossy();
        let told = [
            "CARGO_BUILD_TARGET",
            "CI",
            "NO_COLOR",
            "CLICOLOR",
            "CLICOLOR_FORCE",
            "CARGO_TERM_COLOR",
        ];
        if name.starts_with("INSTA_") || told.contains(&&*name) {
            command.env_remove(variable);
        }
    }
    command
}

/// Whether a text is what a page shows of it, where `...` stands for any lines, and
/// where no time is told from another.
pub fn is_shown(text: &str, shown: &str) -> bool {
    let timeless = |text: &str| {
        let mut timeless = String::new();
        for word in text.split_inclusive(' ') {
            let is_time = word.contains('.') && word.trim().parse::<f64>().is_ok();
            timeless.push_str(if is_time { "TIME " } else { word });
        }
        timeless
    };
    let (text, shown) = (timeless(text), timeless(shown));
    let mut rest = text.as_str();
    for (number, part) in shown.split("...\n").enumerate() {
        let at = if number == 0 {
            rest.starts_with(part).then_some(0)
        } else {
            rest.find(part)
        };
        let Some(at) = at else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty() || shown.ends_with("...\n")
}

/// What the tool said.
pub struct Report {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

pub fn report(command: &mut Command) -> Report {
    let output = command.output().unwrap();
    Report {
        status: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Report {
    /// The part of the report that speaks of this lesson.
    pub fn of(&self, lesson: &str) -> &str {
        let title = format!(": {lesson}\n");
        let start = self
            .stdout
            .find(&title)
            .unwrap_or_else(|| panic!("{lesson}: {self}"));
        let part = &self.stdout[start..];
        let end = part.find("\n\nchapter ").or_else(|| part.rfind("\n\n"));
        &part[..end.unwrap_or(part.len())]
    }

    pub fn last_line(&self) -> &str {
        self.stdout.lines().last().unwrap_or_default()
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}\n{}\n{}", self.status, self.stdout, self.stderr)
    }
}
