//! Which part of the sources may name which.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use crate::{
    book::assert_none,
    repository::{files, read, root},
};

/// The parts of the tool: each may name those behind it.
const LAYERS: [&str; 5] = ["main", "commands", "timeline", "lesson", "order"];

/// What the engine has to do without. How wide a text is takes no terminal.
const IMPURE: [&str; 8] = [
    "std::env",
    "std::fs",
    "std::process",
    "std::io::stdin",
    "std::io::stdout",
    "std::io::stderr",
    "std::io::IsTerminal",
    "console",
];

#[test]
fn a_part_of_the_tool_names_only_those_behind_it() {
    let sources = Sources::of(root(), "xtask/src");
    assert_none(&sources.wrong_ways());
}

#[test]
fn the_engine_knows_no_file_process_or_terminal() {
    let sources = Sources::of(root(), "xtask/src");
    assert_none(&sources.impure());
}

#[test]
fn no_files_name_one_another_in_a_circle() {
    for folder in ["xtask/src", "crates/worker-core/src"] {
        assert_none(&Sources::of(root(), folder).circles());
    }
}

#[test]
fn a_name_that_breaks_a_rule_is_found_with_its_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in [
        ("main.rs", "mod cli;\nuse cli::Failure;\nfn main() {}\n"),
        ("cli.rs", "pub struct Failure;\n"),
        ("lesson/mod.rs", "mod built;\nmod report;\n"),
        (
            "lesson/built.rs",
            "// crate::commands::in_words\nuse crate::{\n    cli::Failure,\n    commands::{self, book as it},\n    \
             lesson::report::Report,\n};\n",
        ),
        (
            "lesson/report.rs",
            "fn f() {\n    super::built::f();\n}\n\n#[cfg(test)]\nmod tests {\n    use crate::cli;\n    use crate::main;\n}\n",
        ),
        (
            "order/count.rs",
            "use std::{collections::HashMap, io::{self, Write, stdout}};\nuse console::{measure_text_width, style};\n\
             use crate::cli::print;\n",
        ),
        ("commands/book.rs", "use xtask::order::count;\n"),
        ("other.rs", "use crate::order::count;\n"),
    ] {
        let path = folder.path().join("src").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let sources = Sources::of(folder.path(), "src");
    let way = "main → commands → timeline → lesson → order, and all but order may name cli";
    assert_eq!(
        sources.wrong_ways(),
        [
            format!("src/lesson/built.rs:4 names `crate::commands`: {way}"),
            format!("src/lesson/built.rs:4 names `crate::commands::book`: {way}"),
            format!("src/order/count.rs:3 names `crate::cli::print`: {way}"),
            format!("src/other.rs:1 names `crate::order::count`: {way}"),
        ]
    );
    assert_eq!(
        sources.impure(),
        [
            "src/order/count.rs:1 names `std::io::stdout`: order has no files, processes or terminal",
            "src/order/count.rs:2 names `console::style`: order has no files, processes or terminal",
        ]
    );
    assert_eq!(
        sources.circles(),
        [
            "a circle: src/lesson/built.rs:5 names `crate::lesson::report::Report`, \
             src/lesson/report.rs:2 names `super::built::f`; move what both need to a file of its own"
        ]
    );
}

/// The sources of a package by their modules, the root of which is "main".
struct Sources(BTreeMap<String, Source>);

struct Source {
    /// Where it is, from the root of the repository.
    file: String,
    /// Its text without comments and tests.
    code: String,
}

/// A path in a source.
struct Name {
    line: usize,
    path: String,
}

impl Sources {
    fn of(root: &Path, folder: &str) -> Sources {
        let sources = files(&root.join(folder)).into_iter().map(|path| {
            let file = path.strip_prefix(root.join(folder)).unwrap();
            let source = Source {
                file: format!("{folder}/{}", file.to_str().unwrap().replace('\\', "/")),
                code: code(&read(&path)),
            };
            (module(file), source)
        });
        let sources = Sources(sources.collect());
        assert!(sources.0.len() > 1, "{folder} is empty");
        sources
    }

    /// The module that a path in `module` leads to, or to something in it.
    fn target(&self, module: &str, path: &str) -> &str {
        let mut parts: Vec<_> = match path.split_once("::").unwrap() {
            ("super", _) => module.split("::").collect(),
            _ => Vec::new(),
        };
        for part in path.split("::") {
            match part {
                "crate" | "xtask" => {}
                "super" => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        let lengths = (1..=parts.len()).rev();
        let target = lengths.map(|length| self.0.get_key_value(&parts[..length].join("::")));
        target.flatten().next().map_or("main", |(module, _)| module)
    }

    /// What a module names in its own package, and where that leads.
    fn names(&self, module: &str) -> Vec<(Name, &str)> {
        let code = &self.0[module].code;
        let names = ["crate", "xtask", "super"].map(|root| names(code, root));
        let names = names.into_iter().flatten();
        let names = names.map(|name| {
            let target = self.target(module, &name.path);
            (name, target)
        });
        names.collect()
    }

    fn wrong_ways(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (module, source) in &self.0 {
            for (name, target) in self.names(module) {
                if !may_name(part(module), part(target)) {
                    faults.push(format!(
                        "{}:{} names `{}`: {}, and all but order may name cli",
                        source.file,
                        name.line,
                        name.path,
                        LAYERS.join(" → ")
                    ));
                }
            }
        }
        faults
    }

    fn impure(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (module, source) in &self.0 {
            if part(module) != "order" {
                continue;
            }
            for name in ["std", "console"]
                .map(|root| names(&source.code, root))
                .into_iter()
                .flatten()
            {
                let path = format!("{}::", name.path);
                let mut impure = IMPURE.iter();
                if path != "console::measure_text_width::"
                    && impure.any(|impure| path.starts_with(&format!("{impure}::")))
                {
                    faults.push(format!(
                        "{}:{} names `{}`: order has no files, processes or terminal",
                        source.file, name.line, name.path
                    ));
                }
            }
        }
        faults
    }

    /// Each circle once, from its first file on. The root is in none: it declares the
    /// others, and shows some of what is in them under a name of its own.
    fn circles(&self) -> Vec<String> {
        let mut circles = Vec::new();
        let mut done = BTreeSet::new();
        for module in self.0.keys().filter(|module| *module != "main") {
            self.follow(module, &mut Vec::new(), &mut done, &mut circles);
        }
        circles
    }

    fn follow<'a>(
        &'a self,
        module: &'a str,
        way: &mut Vec<(&'a str, String)>,
        done: &mut BTreeSet<&'a str>,
        circles: &mut Vec<String>,
    ) {
        if done.contains(module) || module == "main" {
            return;
        }
        let mut targets = BTreeSet::from([module]);
        for (name, target) in self.names(module) {
            if !targets.insert(target) {
                continue;
            }
            let words = format!(
                "{}:{} names `{}`",
                self.0[module].file, name.line, name.path
            );
            way.push((module, words));
            if let Some(start) = way.iter().position(|(module, _)| *module == target) {
                let words: Vec<_> = way[start..].iter().map(|(_, words)| &**words).collect();
                circles.push(format!(
                    "a circle: {}; move what both need to a file of its own",
                    words.join(", ")
                ));
            } else {
                self.follow(target, way, done, circles);
            }
            way.pop();
        }
        done.insert(module);
    }
}

fn may_name(from: &str, to: &str) -> bool {
    let layer = |part: &str| LAYERS.iter().position(|layer| *layer == part);
    match (from, to) {
        _ if from == to => true,
        ("order", "cli") => false,
        (_, "cli") => layer(from).is_some(),
        _ => layer(from)
            .zip(layer(to))
            .is_some_and(|(from, to)| from < to),
    }
}

/// The folder that a module is in, or the file beside the folders.
fn part(module: &str) -> &str {
    module.split("::").next().unwrap()
}

/// The module that a file is.
fn module(file: &Path) -> String {
    let mut parts = PathBuf::from(file).with_extension("");
    if parts.ends_with("mod") {
        parts.pop();
    }
    let parts: Vec<_> = parts.iter().map(|part| part.to_str().unwrap()).collect();
    match parts.join("::").as_str() {
        "lib" => "main".to_owned(),
        module => module.to_owned(),
    }
}

/// A source with empty lines in the place of its comments and its tests, which end as
/// `cargo fmt` has them end.
fn code(source: &str) -> String {
    let mut code = String::new();
    let mut in_tests = false;
    for line in source.lines() {
        in_tests |= line.starts_with("#[cfg(test)]") || line.starts_with("#[cfg(all(test");
        if !in_tests && !line.trim_start().starts_with("//") {
            code += line;
        }
        code.push('\n');
        let is_nested = line.is_empty() || line.starts_with(' ');
        in_tests &= is_nested || !line.ends_with(['}', ';']);
    }
    code
}

/// The paths in a source that begin with `root`, those of a group each for itself.
fn names(code: &str, root: &str) -> Vec<Name> {
    let mut names = Vec::new();
    for (start, _) in code.match_indices(&format!("{root}::")) {
        if !code[..start]
            .ends_with(|before: char| before.is_alphanumeric() || "_:".contains(before))
        {
            names.extend(group(code, start));
        }
    }
    names
}

/// The path that starts here, or all of its group.
fn group(code: &str, start: usize) -> Vec<Name> {
    let mut names = Vec::new();
    let mut line = code[..start].matches('\n').count() + 1;
    let mut open = Vec::new();
    let mut path = String::new();
    let mut add = |line: usize, path: &str| {
        let path = path.trim_end_matches("::self").to_owned();
        // Behind the last comma of a group comes nothing.
        if !path.ends_with("::") {
            names.push(Name { line, path });
        }
    };
    let mut rest = code[start..].chars().peekable();
    while let Some(sign) = rest.next() {
        match sign {
            '{' if path.ends_with("::") => open.push(path.clone()),
            ',' | '}' if !open.is_empty() => {
                if !path.is_empty() {
                    add(line, &path);
                }
                path = match sign {
                    ',' => open.last().unwrap().clone(),
                    _ => String::new(),
                };
                if sign == '}' {
                    open.pop();
                }
                if open.is_empty() {
                    return names;
                }
            }
            '\n' => line += 1,
            // What it is called here, ` as name`, is none of its path.
            ' ' if !path.is_empty() && !path.ends_with("::") => {
                while rest.next_if(|sign| !",}\n;".contains(*sign)).is_some() {}
                if open.is_empty() {
                    break;
                }
            }
            ' ' => {}
            _ if sign.is_alphanumeric() || "_:*".contains(sign) => path.push(sign),
            _ => break,
        }
    }
    add(line, &path);
    names
}
