//! Adding a lesson, by the steps of the README.

#[cfg(unix)]
use crate::{book::faults_of_try_its, commands::commands_of};
use crate::{
    book::{RULES, assert_none},
    repository::{lessons, read, root},
    tool::report,
    workspace::Workspace,
};

const MAIN: &str = r#"//! Chapter 5: a greeting.

use std::process::ExitCode;

use worker_core::{Error, MainThread, Worker};

fn main() -> ExitCode {
    worker_core::run(lesson)
}

fn lesson(main_thread: &MainThread) -> Result<(), Error> {
    let worker = main_thread.start(Worker::new("1", || {}))?;
    worker.join()?;
    main_thread.print("main thread end")
}
"#;

const PYTHON: &str = r#"import threading

worker = threading.Thread(target=lambda: print("sub thread start  1\nsub thread end  1"))
worker.start()
worker.join()
print("main thread end")
"#;

const PAGE: &str = "\
# A greeting

```python
{{#include ../python/greeting.py}}
```

```rust,ignore
{{#include ../../crates/greeting/src/main.rs}}
```

`cargo run -p greeting` prints

```text
{{#include ../generated/greeting/output.txt}}
```

<order-explorer lesson=\"greeting\" src=\"../generated/greeting/explorer.js\">
</order-explorer>

```diff
{{#include ../try/greeting-1.diff}}
```

```console
{{#include ../try/greeting-1.console}}
```
";

/// The files of the new lesson; they are those that the README names.
const FILES: [(&str, &str); 6] = [
    ("crates/greeting/src/main.rs", MAIN),
    ("docs/python/greeting.py", PYTHON),
    ("docs/en/greeting.md", PAGE),
    ("docs/ko/greeting.md", PAGE),
    (
        "docs/try/greeting-1.diff",
        "--- a/crates/greeting/src/main.rs\n+++ b/crates/greeting/src/main.rs\n@@ -1,1 +1,0 @@\n\
         -    worker.join()?;\n",
    ),
    (
        "docs/try/greeting-1.console",
        "$ cargo xtask orders greeting | tail -1\n\
         greeting: 2 orders with its sleeps, 2 by start and join alone\n",
    ),
];

/// What the README says of how to add a lesson.
fn steps() -> String {
    let readme = read(&root().join("README.md"));
    let (_, steps) = readme.split_once("## Adding a lesson\n").unwrap();
    let (steps, _) = steps.split_once("\n## ").unwrap();
    steps.replace("LESSON", "greeting")
}

/// A copy of this repository with a lesson more.
fn with_another_lesson(name: &str) -> Workspace {
    let workspace = Workspace::copy(name);
    let steps = steps();
    workspace.write("crates/greeting/Cargo.toml", &manifest(&steps));
    let names_it = |file: &str| assert!(steps.contains(&format!("`{file}`")), "{file}: {steps}");
    for (file, text) in FILES {
        names_it(file);
        workspace.write(file, text);
    }
    for file in ["docs/en/SUMMARY.md", "docs/ko/SUMMARY.md"] {
        names_it(file);
        workspace.write(
            file,
            &(read(&root().join(file)) + "- [A greeting](greeting.md)\n"),
        );
    }
    let head = "| --- | --- | --- |\n";
    let row = "| 5 | `cargo run -p greeting` | [a greeting](crates/greeting/src/main.rs) |\n";
    let readme = read(&root().join("README.md"));
    workspace.write("README.md", &readme.replace(head, &format!("{head}{row}")));
    workspace
}

/// Another lesson's manifest, with what the README changes in it.
fn manifest(steps: &str) -> String {
    let lesson = lessons(root()).remove(0);
    let other = read(&root().join("crates").join(&lesson).join("Cargo.toml"));
    let block = steps.split("```").nth(1).unwrap();
    let block: Vec<_> = block.lines().skip(1).map(str::trim_start).collect();
    let block = block.join("\n");
    let chapter = |text: &str| {
        let mut lines = text.lines();
        lines
            .find(|line| line.starts_with("chapter = "))
            .unwrap()
            .to_owned()
    };
    let manifest = other
        .replace(&format!("name = \"{lesson}\""), "name = \"greeting\"")
        .replace(&chapter(&other), &chapter(&block));
    assert!(manifest.contains(&block), "{block} is not in {manifest}");
    manifest
}

fn faults(workspace: &Workspace) -> Vec<String> {
    let rules = RULES.iter();
    rules.flat_map(|rule| rule(&workspace.path(""))).collect()
}

#[test]
fn a_lesson_that_is_added_by_the_steps_of_the_readme_passes_every_check() {
    let workspace = with_another_lesson("adding");
    let xtask = |line: &str| report(workspace.xtask().args(line.split(' ')));
    // The first shows what there is to accept, and the last ends with 1 where there is
    // no mdBook, but not before it has written what the pages show.
    for command in steps().split('`') {
        if let Some(line) = command.strip_prefix("cargo xtask ") {
            xtask(line);
        }
    }
    let ran = xtask("run-all --simulated");
    assert_eq!(ran.status, Some(0), "{ran}");
    assert!(
        ran.of("greeting").contains("\ngreeting passed in "),
        "{ran}"
    );
    assert_none(&faults(&workspace));
    #[cfg(unix)]
    {
        assert_none(&faults_of_try_its(&workspace, &["greeting".to_owned()]));
        for command in commands_of(PAGE) {
            let report = report(&mut workspace.shell(&command));
            assert_eq!(report.status, Some(0), "{command}: {report}");
        }
    }
}

#[test]
fn what_is_missing_of_a_new_lesson_is_named() {
    let workspace = with_another_lesson("adding-half");
    for (file, words) in [
        (
            "docs/python/greeting.py",
            "docs/python/greeting.py is missing: lesson `greeting` needs",
        ),
        (
            "docs/ko/greeting.md",
            "docs/ko/greeting.md is missing: docs/en has this page",
        ),
        (
            "docs/en/greeting.md",
            "docs/en/greeting.md is missing: docs/ko has this page",
        ),
        (
            "docs/try/greeting-1.console",
            "docs/ko/greeting.md leads to ../try/greeting-1.console: ",
        ),
    ] {
        let text = read(&workspace.path(file));
        workspace.forget(file);
        let found = faults(&workspace);
        assert!(
            found.iter().any(|fault| fault.starts_with(words)),
            "{words}: {found:?}"
        );
        workspace.write(file, &text);
    }
    for (file, words) in [
        (
            "docs/ko/SUMMARY.md",
            "docs/ko/SUMMARY.md does not list greeting.md",
        ),
        (
            "README.md",
            "README.md has no `cargo run -p greeting` in its table",
        ),
    ] {
        workspace.write(file, &read(&root().join(file)));
        let found = faults(&workspace);
        assert!(
            found.iter().any(|fault| fault.starts_with(words)),
            "{words}: {found:?}"
        );
    }
}
