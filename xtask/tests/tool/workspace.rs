//! Small workspaces of lessons for the tool to run on.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{LazyLock, Mutex, Once},
};

use crate::{
    repository::{files, read, root},
    tool::{Report, command, report, xtask_in},
};

const MANIFEST: &str = "\
[workspace]
resolver = \"3\"
members = [\"crates/*\"]
";

/// The packages that worker-core is not made with unless it is tested.
const FOR_TESTS_OF_WORKER_CORE: [&str; 4] = ["crossbeam-utils", "divan", "loom", "proptest"];

/// The lessons as they are. What is true of them here is true of them in this repository,
/// where cargo takes longer to start.
pub static LESSONS: LazyLock<Workspace> = LazyLock::new(|| Workspace::copy("lessons"));

/// A workspace below the target folder. Its build stays there for the next run, and so
/// do those of its sources that are the same then: cargo need not build them again.
pub struct Workspace {
    root: PathBuf,
    written: Mutex<BTreeSet<PathBuf>>,
    swept: Once,
}

impl Workspace {
    pub fn new(name: &str) -> Workspace {
        let workspace = Workspace::empty(name);
        workspace.write("Cargo.toml", MANIFEST);
        workspace
    }

    /// A copy of this repository but for the tool and what only tests of worker-core use:
    /// cargo would look at all of it each time that it is started.
    pub fn copy(name: &str) -> Workspace {
        let workspace = Workspace::empty(name);
        let manifest = read(&root().join("Cargo.toml"));
        workspace.write("Cargo.toml", &manifest.replace(", \"xtask\"", ""));
        for file in ["Cargo.lock", "README.md"] {
            workspace.write(file, &read(&root().join(file)));
        }
        for folder in ["crates", "docs"] {
            for file in files(&root().join(folder)) {
                let path = file.strip_prefix(root()).unwrap();
                let mut text = read(&file);
                for package in FOR_TESTS_OF_WORKER_CORE {
                    text = text.replace(&format!("\n{package}.workspace = true\n"), "\n");
                }
                workspace.write(path.to_str().unwrap(), &text);
            }
        }
        workspace
    }

    fn empty(name: &str) -> Workspace {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        // Where there is none, cargo cannot keep what it has asked the compiler.
        fs::create_dir_all(root.join("target")).unwrap();
        Workspace {
            root,
            written: Mutex::default(),
            swept: Once::new(),
        }
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
        self.prepared(crate::tool::shell(&self.root, line))
    }

    pub fn run_all(&self, arguments: &[&str]) -> Report {
        report(self.xtask().arg("run-all").args(arguments))
    }

    /// Cargo in this workspace.
    pub fn cargo(&self) -> Command {
        self.prepared(command(env!("CARGO"), &self.root))
    }

    /// The tool in this workspace, in an environment that tells it nothing.
    pub fn xtask(&self) -> Command {
        self.xtask_in("")
    }

    /// The tool in a folder of this workspace.
    pub fn xtask_in(&self, folder: &str) -> Command {
        self.prepared(xtask_in(&self.root.join(folder)))
    }

    /// A command that may build what is in this workspace, where its build stays, as
    /// quickly as can be, and though the compiler warns.
    fn prepared(&self, mut command: Command) -> Command {
        self.sweep();
        let target = self.root.join("target");
        command
            .env("CARGO_TARGET_DIR", &target)
            .env("CARGO_BUILD_BUILD_DIR", &target)
            .env_remove("RUSTFLAGS")
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "false");
        command
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
