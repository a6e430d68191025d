//! What is measured, beside what, and what it must reach.

use std::{
    fs,
    hint::black_box,
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use worker_core::{
    Clock,
    lines::{END, MAIN, START},
    trace::{Event, EventKind, VARIABLE},
};
use xtask::order::{
    happens_before::{HappensBefore, Promises},
    normal_form::normal_form,
    trace::Trace,
};

#[cfg(unix)]
use crate::watch::watch;
use crate::{
    PYTHON, Place, Row,
    rounds::{Program, ratios, rounds},
};

type Part = (&'static str, fn(&Place) -> Result<Vec<Row>, String>);

pub const PARTS: &[Part] = &[
    ("workers", workers),
    ("lessons", lessons),
    ("simulated", simulated),
    ("first-run", first_run),
    ("tests", tests),
    ("normal-form", normal_forms),
    ("orders", orders),
    ("large", large),
    ("watch", watch),
    ("size", size),
];

/// How many workers there are at a time.
const WORKERS: [usize; 4] = [1, 100, 1_000, 10_000];

/// Starting and joining workers, so many at a time, in all ways.
fn workers(place: &Place) -> Result<Vec<Row>, String> {
    let build = "build --release --package worker-core --example many";
    cargo(&place.root, build)?;
    let many = place.target.join("release/examples/many");
    let way = |way: &str, workers: &str| Program::new(way, &many, &[way, workers]);
    let mut rows = Vec::new();
    for workers in WORKERS {
        let at_a_time = &workers.to_string();
        let script = "crates/worker-core/examples/many.py";
        let mut programs = [
            way("worker-core", at_a_time),
            way("spawn", at_a_time),
            way("scope", at_a_time),
            Program::new(script, PYTHON, &[script, at_a_time]).folder(&place.root),
            way("simulated", at_a_time),
            way("alive", at_a_time),
        ];
        // Of what takes less time there is time for more.
        let number = if workers < 10_000 { 25 } else { 9 };
        let seconds = rounds(number, &mut programs, Program::time)?;
        let [ours, spawn, scope, python, simulated, alive] = &seconds[..] else {
            unreachable!("as many as there are programs")
        };
        let what = format!("start and join workers, {workers} at a time");
        let asleep = format!("the same with a 3 s sleep, simulated, {workers}");
        let row = |name: &str, what: &str, beside, a: &[f64], b: &[f64]| {
            Row::ratio(format!("{name}-{workers}"), what, beside, ratios(a, b))
        };
        let no_sleep = "std, same wait, no sleep";
        rows.extend([
            row("spawn", &what, "std, same wait", ours, spawn).at_most(1.1),
            row("scope", &what, "std, scoped, no wait", ours, scope),
            row("python", &what, "CPython", ours, python).at_most(1.0),
            row("simulated", &asleep, no_sleep, simulated, spawn).at_most(1.5),
            row("alive", &asleep, "std, all alive at once", simulated, alive),
        ]);
    }

    // The programs start 10,000 and 2,000 in all.
    let mut two = ["10000", "100"].map(|workers| way("worker-core", workers));
    let seconds = rounds(9, &mut two, Program::time)?;
    let growth = ratios(&seconds[0], &seconds[1]);
    let growth = growth.iter().map(|ratio| ratio * 2_000.0 / 10_000.0);
    let what = "one of 10000 workers";
    rows.push(Row::ratio("growth", what, "one of 100", growth.collect()).at_most(1.5));

    let mut two = ["simulated", "alive"].map(|name| way(name, "10000"));
    let kib = rounds(3, &mut two, Program::peak)?;
    let what = "peak memory, 10000 asleep, simulated";
    let figures = ratios(&kib[0], &kib[1]);
    rows.push(Row::ratio(
        "alive-memory",
        what,
        "std, all alive at once",
        figures,
    ));
    Ok(rows)
}

/// The lessons beside the Python programs of their chapters, and run-all beside the
/// longest of them.
fn lessons(place: &Place) -> Result<Vec<Row>, String> {
    cargo(&place.root, "build --workspace --bins")?;
    let names = lesson_names(place)?;
    let mut programs = vec![run_all(place, &[])];
    let mut sleeps = Vec::new();
    for name in &names {
        let program = place.target.join("debug").join(name);
        let script = format!("docs/python/{name}.py");
        sleeps.push(sleep_of(place, name)?);
        programs.push(Program::new(name, program, &[]));
        programs.push(Program::new(&script, PYTHON, &[&script]).folder(&place.root));
    }
    let seconds = rounds(3, &mut programs, Program::time)?;
    let kib = rounds(1, &mut programs[1..], Program::peak)?;
    let mut rows = Vec::new();
    for (number, (name, sleep)) in names.iter().zip(&sleeps).enumerate() {
        let beyond =
            |seconds: &[f64]| -> Vec<f64> { seconds.iter().map(|time| time - sleep).collect() };
        let (ours, python) = (&seconds[1 + 2 * number], &seconds[2 + 2 * number]);
        let time = ratios(&beyond(ours), &beyond(python));
        let memory = ratios(&kib[2 * number], &kib[2 * number + 1]);
        let row = |name: String, what: &str, figures| {
            let what = format!("{what} of lesson `{}`", names[number]);
            Row::ratio(name, what, "its program in Python", figures)
        };
        rows.push(row(format!("time-{name}"), "time beyond the sleeps", time).at_most(0.1));
        rows.push(row(format!("memory-{name}"), "peak memory", memory).at_most(0.2));
    }
    let longest = (0..seconds[0].len()).map(|round| {
        let lessons = seconds[1..].iter().step_by(2).map(|seconds| seconds[round]);
        lessons.fold(0.0, f64::max)
    });
    let longest: Vec<f64> = longest.collect();
    let run_all = ratios(&seconds[0], &longest);
    rows.push(Row::ratio("run-all", "run-all", "the longest lesson", run_all).at_most(1.04));
    Ok(rows)
}

/// The lessons are those of the book, which has a program in Python for each.
fn lesson_names(place: &Place) -> Result<Vec<String>, String> {
    let folder = place.root.join("crates");
    let read = || {
        let mut crates = fs::read_dir(&folder)?.collect::<io::Result<Vec<_>>>()?;
        crates.retain(|it| it.path().join("snapshots").exists());
        let name = |it: &fs::DirEntry| it.file_name().into_string().ok();
        let mut names: Vec<_> = crates.iter().filter_map(name).collect();
        names.sort();
        Ok(names)
    };
    read().map_err(|error: io::Error| format!("{} cannot be read: {error}", folder.display()))
}

/// How long a lesson sleeps, in seconds: that is when it ends on the simulated clock.
fn sleep_of(place: &Place, lesson: &str) -> Result<f64, String> {
    let trace = place.scratch.join("trace");
    prepare(&place.scratch)?;
    Program::new(lesson, place.target.join("debug").join(lesson), &[])
        .env(Clock::VARIABLE, Clock::Simulated.name())
        .env(VARIABLE, &trace)
        .time()?;
    let text = fs::read_to_string(&trace).unwrap_or_default();
    let trace = Trace::parse(&text)
        .map_err(|reason| format!("lesson `{lesson}` cannot be measured: {reason}"))?;
    Ok(trace.exit_time().as_secs_f64())
}

/// Run-all on the simulated clock beside what cargo itself takes.
fn simulated(place: &Place) -> Result<Vec<Row>, String> {
    cargo(&place.root, "build --package worker-core --example many")?;
    let nothing = "run --quiet --package worker-core --example many spawn 0";
    let nothing: Vec<_> = nothing.split(' ').collect();
    let seconds = rounds(
        15,
        &mut [
            run_all(place, &["--simulated"]),
            Program::new("`cargo run` of nothing", "cargo", &nothing).folder(&place.root),
        ],
        Program::time,
    )?;
    let figures = ratios(&seconds[0], &seconds[1]);
    let beside = "`cargo run`, doing nothing";
    Ok(vec![
        Row::ratio("run-all-simulated", "run-all --simulated", beside, figures).at_most(3.0),
    ])
}

/// The first run-all beside compiling the two packages that it has to have.
fn first_run(place: &Place) -> Result<Vec<Row>, String> {
    cargo(&place.root, "build --workspace --bins")?;
    let mut longest = 0.0_f64;
    for name in lesson_names(place)? {
        longest = longest.max(sleep_of(place, &name)?);
    }
    let target = place.scratch.join("first-run");
    let two = ["build", "--package", "crossbeam", "--package", "insta"];
    let seconds = rounds(
        3,
        &mut [
            (
                run_all(place, &[]).env("CARGO_TARGET_DIR", &target),
                longest,
            ),
            (
                Program::new("cargo build", "cargo", &two)
                    .folder(&place.root)
                    .env("CARGO_TARGET_DIR", &target),
                0.0,
            ),
        ],
        |(program, sleeps)| {
            let _ = fs::remove_dir_all(&target);
            Ok(program.time()? - *sleeps)
        },
    )?;
    let what = "first run-all, less the longest lesson's sleeps";
    let figures = ratios(&seconds[0], &seconds[1]);
    let beside = "compiling crossbeam and insta";
    Ok(vec![
        Row::ratio("first-run", what, beside, figures).at_most(1.6),
    ])
}

fn tests(place: &Place) -> Result<Vec<Row>, String> {
    let tests = Program::new("cargo test", "cargo", &["test", "--workspace"]).folder(&place.root);
    let seconds = rounds(3, &mut [tests, run_all(place, &[])], Program::time)?;
    let figures = ratios(&seconds[0], &seconds[1]);
    Ok(vec![
        Row::ratio("tests", "cargo test --workspace", "run-all", figures).at_most(5.0),
    ])
}

/// The normal form of an output, whose order is known, beside sorting its lines.
fn normal_forms(_: &Place) -> Result<Vec<Row>, String> {
    const SIZES: [usize; 2] = [1_000, 10_000];
    type Work = fn(&HappensBefore, &[usize]) -> String;
    let normal: Work = |order, output| order.output(&normal_form(order, output));
    let sorted: Work = |order, output| {
        let output = order.output(output);
        let mut lines: Vec<_> = output.lines().collect();
        lines.sort();
        lines.join("\n")
    };
    let mut orders = Vec::new();
    for size in SIZES {
        let order = HappensBefore::of(&Trace::parse(&trace(size / 2))?, Promises::WorkerCore);
        let printed = order.printed();
        orders.push((order, printed));
    }
    let mut work: Vec<_> = orders
        .iter()
        .flat_map(|order| [(normal, order), (sorted, order)])
        .collect();
    let seconds = rounds(15, &mut work, |(work, (order, output))| {
        let start = Instant::now();
        black_box(work(order, output));
        Ok(start.elapsed().as_secs_f64())
    })?;
    let mut rows = Vec::new();
    for (size, seconds) in SIZES.into_iter().zip(seconds.chunks(2)) {
        let what = format!("normal form of {size} lines");
        let figures = ratios(&seconds[0], &seconds[1]);
        let name = format!("normal-form-{size}");
        rows.push(Row::ratio(name, what, "sorting them", figures).at_most(3.0));
    }
    let growth = ratios(
        &ratios(&seconds[2], &seconds[0]),
        &ratios(&seconds[3], &seconds[1]),
    );
    let what = "its growth from 1000 to 10000 lines";
    rows.push(Row::ratio("normal-form-growth", what, "that of sorting", growth).at_most(1.0));
    Ok(rows)
}

/// The trace of a lesson that starts so many workers, which end in no order.
fn trace(workers: usize) -> String {
    let mut trace = String::new();
    let mut add = |thread: usize, kind: EventKind| {
        let event = Event {
            time: Duration::ZERO,
            elapsed: Duration::ZERO,
            thread,
            place: None,
            kind,
        };
        trace += &format!("{event}\n");
    };
    for worker in 1..=workers {
        let name = format!("thread {worker}");
        add(
            0,
            EventKind::Start {
                worker,
                daemon: false,
                name,
            },
        );
        add(worker, EventKind::Line(format!("{START}thread {worker}")));
        add(0, EventKind::Started(worker));
    }
    add(0, EventKind::End);
    // It shares no factor with a power of ten, so every worker ends once.
    for worker in (0..workers).map(|place| 1 + place * 7_919 % workers) {
        add(worker, EventKind::Line(format!("{END}thread {worker}")));
        add(worker, EventKind::End);
    }
    add(0, EventKind::Exit);
    trace
}

/// Counting the orders of a lesson, and listing many of them.
fn orders(place: &Place) -> Result<Vec<Row>, String> {
    let folder = place.scratch.join("crowd");
    write_lesson(place, &folder)?;
    let program = |workers: u32, limit: &str| {
        in_crowd(&folder, &["orders", "crowd", "--limit", limit])
            .env("WORKERS", workers.to_string())
    };
    let counts = [2, 5, 10, 20];
    let seconds = rounds(
        5,
        &mut counts.map(|workers| program(workers, "0")),
        Program::time,
    )?;
    let mut rows = Vec::new();
    for (workers, seconds) in counts.into_iter().zip(seconds) {
        let row = Row {
            unit: "s",
            ..Row::ratio(
                format!("orders-{workers}"),
                format!("orders of {workers} workers, counted"),
                "",
                seconds,
            )
        };
        rows.push(if workers == 20 { row.at_most(1.0) } else { row });
    }
    let kib = rounds(
        3,
        &mut [program(20, "100000"), program(20, "10")],
        Program::peak,
    )?;
    let figures = ratios(&kib[0], &kib[1]);
    rows.push(
        Row::ratio(
            "orders-memory",
            "peak memory, 100000 orders listed",
            "10 listed",
            figures,
        )
        .at_most(1.1),
    );
    Ok(rows)
}

/// What the commands take for a lesson of many workers, beside that lesson alone, and how
/// their own work grows with it.
fn large(place: &Place) -> Result<Vec<Row>, String> {
    const COMMANDS: [&str; 3] = ["orders", "check", "timeline"];
    const SIZES: [usize; 2] = [1_000, 10_000];
    let folder = place.scratch.join("crowd");
    write_lesson(place, &folder)?;
    cargo(&folder, "build --target-dir target")?;
    let mut programs = Vec::new();
    for workers in SIZES {
        let output = folder.join(format!("target/{workers}.txt"));
        let lines = |begin: &str| -> String {
            let lines = (0..workers).map(|n| format!("{begin}thread {n}\n"));
            lines.collect()
        };
        let (starts, ends) = (lines(START), lines(END));
        let text = format!("{MAIN}start\n{starts}{MAIN}end\n{ends}");
        fs::write(&output, text).map_err(|error| cannot_write(&output, &error))?;
        let lesson = Program::new("the lesson", folder.join("target/debug/crowd"), &[])
            .env(Clock::VARIABLE, Clock::Simulated.name())
            .env(VARIABLE, folder.join("target/trace"));
        let all = [
            lesson,
            in_crowd(&folder, &["orders", "crowd", "--limit", "0"]),
            in_crowd(&folder, &["check", "crowd", &output.display().to_string()]),
            in_crowd(&folder, &["timeline", "crowd"]),
        ];
        programs.extend(all.map(|program| program.env("WORKERS", workers.to_string())));
    }
    let measured = rounds(5, &mut programs, Program::time_and_own_work)?;
    let one = |program: usize, which: usize| -> Vec<f64> {
        measured[program].iter().map(|both| both[which]).collect()
    };
    let seconds = |program| one(program, 0);
    let work = |program| one(program, 1);
    let (small, large) = (0, 1 + COMMANDS.len());
    let mut rows = Vec::new();
    for (number, command) in (1..).zip(COMMANDS) {
        for (workers, alone) in SIZES.into_iter().zip([small, large]) {
            rows.push(Row::ratio(
                format!("large-{command}-{workers}"),
                format!("{command} of a lesson of {workers} workers"),
                "the lesson alone, simulated",
                ratios(&seconds(alone + number), &seconds(alone)),
            ));
        }
        let growth = Row::ratio(
            format!("large-{command}-growth"),
            format!("own processor time of {command}, {} workers", SIZES[1]),
            &format!("{} workers", SIZES[0]),
            ratios(&work(large + number), &work(small + number)),
        );
        rows.push(growth.at_most(12.0));
    }
    Ok(rows)
}

/// The tool, where `write_lesson` has written.
fn in_crowd(folder: &Path, arguments: &[&str]) -> Program {
    Program::new(arguments[0], env!("CARGO_BIN_EXE_xtask"), arguments)
        .folder(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
}

/// A lesson of as many workers as the variable `WORKERS` says.
pub const LESSON: &str = "\
    use std::{env, process::ExitCode, time::Duration};\n\
    use worker_core::{Worker, sleep};\n\
    fn main() -> ExitCode {\n\
        let workers = env::var(\"WORKERS\").ok().and_then(|number| number.parse().ok());\n\
        worker_core::run(|main_thread| {\n\
            main_thread.print(\"main thread start\")?;\n\
            for n in 0..workers.unwrap_or(1) {\n\
                let work = || sleep(Duration::from_secs(3));\n\
                main_thread.start(Worker::new(format!(\"thread {n}\"), work))?;\n\
            }\n\
            main_thread.print(\"main thread end\")\n\
        })\n\
    }\n";

/// Makes a package of it, in a workspace of its own.
pub fn write_lesson(place: &Place, folder: &Path) -> Result<(), String> {
    let worker_core = place.root.join("crates/worker-core");
    let manifest = format!(
        "[package]\nname = \"crowd\"\nedition = \"2024\"\n\n\
         [package.metadata.lesson]\nchapter = 1\n\n\
         [dependencies]\nworker-core = {{ path = {worker_core:?} }}\n\n[workspace]\n"
    );
    prepare(&folder.join("src"))?;
    for (file, content) in [("Cargo.toml", manifest.as_str()), ("src/main.rs", LESSON)] {
        let file = folder.join(file);
        let same = fs::read_to_string(&file).is_ok_and(|text| text == content);
        if !same {
            fs::write(&file, content).map_err(|error| cannot_write(&file, &error))?;
        }
    }
    let lock = folder.join("Cargo.lock");
    fs::copy(place.root.join("Cargo.lock"), &lock).map_err(|error| cannot_write(&lock, &error))?;
    Ok(())
}

/// Nothing: on Windows `watch` has no screen.
#[cfg(windows)]
fn watch(_: &Place) -> Result<Vec<Row>, String> {
    Ok(from_a_save_to_the_screen(Vec::new()))
}

/// What a save takes in `watch`, beside rustlings' watch.
pub fn from_a_save_to_the_screen(figures: Vec<f64>) -> Vec<Row> {
    let what = "from a save to the screen of `watch`";
    vec![Row::ratio("watch", what, "rustlings' watch", figures).at_most(1.0)]
}

/// The lessons' programs beside the smallest that there is.
fn size(place: &Place) -> Result<Vec<Row>, String> {
    cargo(&place.root, "build --release --workspace --bins")?;
    prepare(&place.scratch)?;
    let source = place.scratch.join("nothing.rs");
    fs::write(&source, "fn main() {}").map_err(|error| cannot_write(&source, &error))?;
    let nothing = place.scratch.join("nothing");
    let mut rustc = Command::new("rustc");
    run(rustc
        .args(["-O", "-C", "strip=debuginfo"])
        .arg(&source)
        .arg("-o")
        .arg(&nothing))?;
    let bytes = |program: PathBuf| match fs::metadata(&program) {
        Ok(metadata) => Ok(metadata.len() as f64),
        Err(error) => Err(format!("{} cannot be read: {error}", program.display())),
    };
    let nothing = bytes(nothing)?;
    let mut rows = Vec::new();
    for name in lesson_names(place)? {
        let figures = vec![bytes(place.target.join("release").join(&name))? / nothing];
        let what = format!("size of lesson `{name}`, optimized");
        rows.push(Row::ratio(
            format!("size-{name}"),
            what,
            "a program that does nothing",
            figures,
        ));
    }
    Ok(rows)
}

/// `cargo xtask run-all`, as one types it.
fn run_all(place: &Place, arguments: &[&str]) -> Program {
    let arguments = [&["xtask", "run-all"], arguments].concat();
    Program::new("run-all", "cargo", &arguments).folder(&place.root)
}

fn cargo(folder: &Path, arguments: &str) -> Result<(), String> {
    let mut cargo = Command::new("cargo");
    run(cargo
        .current_dir(folder)
        .arg("--quiet")
        .args(arguments.split(' ')))
}

pub fn run(command: &mut Command) -> Result<(), String> {
    let status = command.stdin(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?} ended with {status}; see above")),
        Err(error) => Err(format!("{command:?} cannot be run: {error}")),
    }
}

fn prepare(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))
}

fn cannot_write(path: &Path, error: &io::Error) -> String {
    format!("{} cannot be written: {error}", path.display())
}
