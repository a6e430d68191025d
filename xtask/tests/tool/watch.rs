//! The tool in a terminal: what its screen shows after a save, what the keys do, and that
//! the terminal is left as it was.

#![cfg(unix)]

use std::{
    fs::{self, File},
    io::{Read, Write},
    os::{
        fd::AsFd,
        unix::{fs::OpenOptionsExt, net::UnixListener, process::ExitStatusExt},
    },
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use pty_process::{
    Size,
    blocking::{Command as PtyCommand, Pty, open},
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::OFlags,
    process::{Pid, Signal, kill_process},
    pty::ptsname,
    termios::{Action, Termios, tcflow, tcgetattr},
};

use crate::workspace::{Workspace, main};

/// More than any machine takes for what a test waits for.
const LIMIT: Duration = Duration::from_secs(120);

/// It is never done, and never stands still, but leaves the processor to others.
const WITHOUT_END: &str = r#"say("main thread start\n"); loop { trace("sleep"); trace("wake"); std::thread::sleep(std::time::Duration::from_millis(1)); }"#;

/// A terminal, and what runs in it.
pub struct Session {
    pty: Pty,
    /// The terminal as what runs in it has it. Its settings live as long as this is open.
    terminal: File,
    child: Child,
    /// All that has been written to it.
    written: Vec<u8>,
    screen: vt100::Parser,
    before: Termios,
}

impl Session {
    /// The tool, watching.
    fn watch(workspace: &Workspace, arguments: &[&str]) -> Session {
        let mut xtask = workspace.xtask();
        xtask.arg("watch").args(arguments);
        Session::start(&xtask, 24, 80)
    }

    pub fn start(command: &Command, rows: u16, columns: u16) -> Session {
        let (pty, pts) = open().unwrap();
        pty.resize(Size::new(rows, columns)).unwrap();
        let terminal = ptsname(&pty, Vec::new()).unwrap();
        let terminal = File::options()
            .read(true)
            .custom_flags(OFlags::NOCTTY.bits().cast_signed())
            .open(terminal.to_str().unwrap())
            .unwrap();
        let before = tcgetattr(&terminal).unwrap();
        let mut in_pty = PtyCommand::new(command.get_program())
            .args(command.get_args())
            .current_dir(command.get_current_dir().unwrap())
            .env("TERM", "xterm-256color");
        for (name, value) in command.get_envs() {
            in_pty = match value {
                Some(value) => in_pty.env(name, value),
                None => in_pty.env_remove(name),
            };
        }
        Session {
            child: in_pty.spawn(pts).unwrap(),
            pty,
            terminal,
            written: Vec::new(),
            screen: vt100::Parser::new(rows, columns, 0),
            before,
        }
    }

    /// Reads what comes next from the terminal, and returns whether something did.
    fn read(&mut self, limit: Duration) -> bool {
        if !is_ready(&self.pty, limit) {
            return false;
        }
        let mut bytes = [0; 4096];
        let count = (&self.pty).read(&mut bytes).unwrap();
        self.screen.process(&bytes[..count]);
        self.written.extend(&bytes[..count]);
        count > 0
    }

    /// Waits until the screen is such, and returns it.
    fn until(&mut self, what: &str, is_such: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let screen = self.screen.screen().contents();
            if self.is_drawn() && is_such(&screen) {
                return screen;
            }
            let left = LIMIT.saturating_sub(start.elapsed());
            assert!(self.read(left), "no {what} in\n{screen}");
        }
    }

    /// Whether what the tool draws has come to its last line.
    fn is_drawn(&self) -> bool {
        let screen = self.screen.screen();
        let (row, _) = screen.cursor_position();
        !screen.alternate_screen() || row + 1 == screen.size().0
    }

    /// Waits until the screen has these words.
    pub fn shows(&mut self, words: &str) -> String {
        self.until(words, |screen| screen.contains(words))
    }

    fn press(&mut self, keys: &str) {
        (&self.pty).write_all(keys.as_bytes()).unwrap();
    }

    fn resize(&mut self, rows: u16, columns: u16) {
        self.screen.screen_mut().set_size(rows, columns);
        self.pty.resize(Size::new(rows, columns)).unwrap();
    }

    fn is_as_before(&self) -> bool {
        let text = |settings: &Termios| format!("{settings:?}");
        let shows_the_shell =
            !self.screen.screen().alternate_screen() && !self.screen.screen().hide_cursor();
        shows_the_shell && text(&tcgetattr(&self.terminal).unwrap()) == text(&self.before)
    }

    /// Waits for the end of what runs in the terminal.
    fn end_of_child(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < LIMIT, "it lives on");
            self.read(Duration::from_millis(10));
        }
    }

    /// Waits for the end of what runs in the terminal, which then is as before.
    pub fn end(mut self) -> ExitStatus {
        let status = self.end_of_child();
        while self.read(Duration::ZERO) {}
        assert!(self.is_as_before(), "{}", self.screen.screen().contents());
        status
    }
}

/// Whether there is something to read within this time, or nothing more to come.
fn is_ready(file: &impl AsFd, limit: Duration) -> bool {
    let mut ready = [PollFd::new(file, PollFlags::IN)];
    let limit = Timespec::try_from(limit).unwrap();
    poll(&mut ready, Some(&limit)).unwrap();
    !ready[0].revents().is_empty()
}

/// Saves a lesson's program.
fn save(workspace: &Workspace, lesson: &str, body: &str) {
    replace(&source(workspace, lesson), &main(body));
}

/// Saves what a lesson of [`with_word`] says, which takes no compiler.
fn save_word(workspace: &Workspace, lesson: &str, word: &str) {
    replace(&workspace.path(&word_file(lesson)), word);
}

/// Saves a file as an editor does that writes a new one first: at once.
fn replace(file: &Path, text: &str) {
    let new = file.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(&new, file).unwrap();
}

fn source(workspace: &Workspace, lesson: &str) -> PathBuf {
    workspace.path(&format!("crates/{lesson}/src/main.rs"))
}

/// Saves a program without end, and waits until it runs.
fn save_and_await_endless(workspace: &Workspace) {
    let begun = workspace.path("target/begun");
    let _ = fs::remove_file(&begun);
    let body = format!("File::create({begun:?}).unwrap(); {WITHOUT_END}");
    save(workspace, "good", &body);
    await_file(&begun);
}

/// Waits until a lesson has made a file.
fn await_file(file: &Path) {
    let start = Instant::now();
    while !file.exists() {
        assert!(start.elapsed() < LIMIT, "it does not run");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A lesson that says `one`, and is accepted.
fn one_lesson(test: &str) -> Workspace {
    with_word(Workspace::new(test), "good", "one").snapshot("good", "main thread one\n")
}

/// Adds a lesson that says what stands in a file beside its source.
fn with_word(workspace: Workspace, lesson: &str, word: &str) -> Workspace {
    let file = word_file(lesson);
    workspace.write(&file, word);
    let read = format!(
        "std::fs::read_to_string({:?}).unwrap()",
        workspace.path(&file)
    );
    let body = format!("say(&format!(\"main thread {{}}\\n\", {read}));");
    workspace.lesson(lesson, 1, &body)
}

fn word_file(lesson: &str) -> String {
    format!("crates/{lesson}/src/word.toml")
}

fn says(word: &str) -> String {
    format!("say(\"main thread {word}\\n\");")
}

#[test]
fn each_way_to_save_is_seen_and_the_verdict_stands_first() {
    let workspace = one_lesson("watch-saves");
    let mut session = Session::watch(&workspace, &["good"]);
    let screen = session.shows("good passed in ");
    assert!(screen.starts_with("good passed in "), "{screen}");
    for words in [
        "orders: 1 with its sleeps, 1 by start and join alone",
        "\nmain thread one\n",
        "main thread  ●",
        "guaranteed on every run, and why",
        "a accept  d diff  m more  o orders  p pairs",
    ] {
        assert!(screen.contains(words), "no {words:?} in\n{screen}");
    }

    save(&workspace, "good", &says("two"));
    let screen = session.shows("\nmain thread two\n");
    assert!(screen.starts_with("good failed in "), "{screen}");
    assert!(screen.contains("its normal form differs from"), "{screen}");

    // As an editor does that empties the file and fills it.
    fs::write(source(&workspace, "good"), main(&says("one"))).unwrap();
    session.shows("good passed in ");

    // And twice in a row.
    save(&workspace, "good", &says("three"));
    save(&workspace, "good", &says("four"));
    session.shows("\nmain thread four\n");
    session.press("q");
    assert_eq!(session.end().code(), Some(0));
    assert_eq!(workspace.pending("good"), None);
}

#[test]
fn a_lesson_that_does_not_build_keeps_what_it_was_before_below_the_compilers_words() {
    let workspace = one_lesson("watch-error");
    let mut session = Session::watch(&workspace, &["good"]);
    session.shows("good passed in ");
    save(&workspace, "good", "let one: u32 = \"one\";");
    session.resize(60, 100);
    let screen = session.shows("before that:");
    assert!(screen.starts_with("good does not build"), "{screen}");
    let error = screen.find("error[E0308]: mismatched types").unwrap();
    assert!(
        error < screen.find("\nmain thread one\n").unwrap(),
        "{screen}"
    );
    save(&workspace, "good", &says("one"));
    session.shows("good passed in ");
    session.press("q");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn a_difference_is_accepted_only_by_a_second_key() {
    let workspace = one_lesson("watch-accept");
    save_word(&workspace, "good", "two");
    let mut session = Session::watch(&workspace, &["good"]);
    session.shows("good failed in ");
    session.press("d");
    session.shows("+main thread two");
    session.press("a");
    session.shows("accept? a again: yes");
    session.press("x");
    session.shows("q quit  a accept");
    assert_eq!(workspace.accepted("good").unwrap(), "main thread one\n");
    session.press("a");
    session.shows("accept? a again: yes");
    session.press("a");
    session.shows("good accepted in ");
    assert_eq!(workspace.accepted("good").unwrap(), "main thread two\n");
    session.press("a");
    session.shows("there is nothing that can be accepted");
    session.press("q");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn a_terminal_of_ci_and_one_that_shows_only_text_have_no_keys() {
    let workspace = one_lesson("watch-ci");
    for (variable, value) in [("CI", "true"), ("TERM", "dumb")] {
        save_word(&workspace, "good", "two");
        let mut xtask = workspace.xtask();
        xtask.args(["watch", "good"]).env(variable, value);
        let mut session = Session::start(&xtask, 40, 80);
        session.shows("good failed in ");
        session.press("aaq\n");
        save_word(&workspace, "good", "one");
        session.shows("good passed in ");
        assert_eq!(workspace.accepted("good").unwrap(), "main thread one\n");
        // Ctrl-D: the end of standard input.
        session.press("\x04");
        assert_eq!(session.end().code(), Some(0));
    }
}

#[test]
fn a_terminal_that_shows_only_text_is_told_to_do_nothing_else() {
    // For so long that it would be said what goes on.
    let body =
        r#"std::thread::sleep(std::time::Duration::from_secs(1)); say("main thread one\n");"#;
    let workspace = Workspace::new("dumb").lesson("slow", 1, body);
    let mut xtask = workspace.xtask();
    xtask.args(["run-all", "slow"]).env("TERM", "dumb");
    let mut session = Session::start(&xtask, 40, 80);
    session.shows("1 of 1 lesson failed: slow");
    assert!(!session.written.contains(&b'\x1b'));
    assert_eq!(session.end().code(), Some(1));
}

#[test]
fn the_screen_is_as_large_as_the_terminal_and_says_what_is_cut() {
    let lines: String = (0..40).map(|n| format!("main thread {n}\\n")).collect();
    let body = format!("say(\"{lines}\");");
    let workspace = Workspace::new("watch-size").lesson("long", 1, &body);
    let mut session = Session::watch(&workspace, &["long"]);
    session.shows("long failed in ");
    for (rows, columns) in [(20, 60), (60, 200), (24, 80)] {
        session.resize(rows, columns);
        let screen = session.until("whole screen", |screen| {
            let last = screen.lines().last().unwrap_or_default();
            let is_whole = match columns {
                60 => last == "q quit  a accept  d diff  m more  o orders  p pairs  r  t",
                _ => last.starts_with("q quit") && last.ends_with("t real clock"),
            };
            is_whole && screen.lines().count() == usize::from(rows)
        });
        assert!(screen.starts_with("long failed in "), "{screen}");
        assert!(screen.contains("more lines of its output"), "{screen}");
        assert!(screen.contains(" more lines, with `m`"), "{screen}");
    }
    // With a key for it, all of its output is to be seen.
    for line in ["main thread 10", "main thread 30", "main thread 39"] {
        session.press("m");
        session.until(line, |screen| {
            let is_whole = !screen.contains("more lines of its output");
            is_whole && screen.contains(&format!("\n{line}\n"))
        });
    }
    session.press("q");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn a_lesson_without_end_leaves_the_keys_alive_and_makes_way_for_the_next_save() {
    let workspace = one_lesson("watch-endless");
    let mut session = Session::watch(&workspace, &["good"]);
    session.shows("good passed in ");
    save_and_await_endless(&workspace);
    session.press("a");
    session.shows("it still runs");
    let verdict = session.screen.screen().cell(0, 0).unwrap();
    assert!(
        verdict.dim(),
        "the last verdict stands as if it were of this program"
    );
    session.press("o");
    session.shows("its lines");
    save(&workspace, "good", &says("two"));
    session.shows("`main thread two`");
    session.press("q");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn what_the_compiler_warns_of_stands_above_the_output_and_why_orders_are_unknown_above_all() {
    let body = |worker: &str| {
        let start = "trace(&format!(\"start\\t{worker}\\tworker\\t{name}\"));";
        let line = "let text = format!(\"sub thread start  {name}\"); println!(\"{text}\"); \
                    trace_of(worker, &format!(\"line\\t{text}\"));";
        let end = "trace_of(worker, \"end\"); trace(&format!(\"started\\t{worker}\"));";
        format!(
            "let warned = 1; for worker in 1..20 {{ let name = {worker}; {start} {line} {end} }}"
        )
    };
    let workspace = Workspace::new("watch-warned").lesson("good", 1, &body("worker"));
    let mut session = Session::watch(&workspace, &["good"]);
    let screen = session.shows("unused variable: `warned`");
    let place = |words: &str| screen.find(words);
    assert!(
        place("unused") < place("\nsub thread start  1\n"),
        "{screen}"
    );

    save(&workspace, "good", &body("1"));
    let screen = session.shows("two of its threads print `sub thread start  1`; give");
    let place = |words: &str| screen.find(words);
    assert!(
        place("its orders are not known") < place("unused"),
        "{screen}"
    );
    session.press("o");
    let screen = session.until("orders alone", |screen| !screen.contains("unused"));
    assert_eq!(
        screen.matches("orders are not known").count(),
        1,
        "{screen}"
    );
    session.press("q");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn a_clock_that_stands_still_is_named() {
    let body = "say(\"main thread start\\n\"); std::thread::sleep(std::time::Duration::MAX);";
    let workspace = Workspace::new("watch-standstill").lesson("still", 1, body);
    let mut session = Session::watch(&workspace, &["still"]);
    let screen = session.shows("simulated time stands still at 0 s");
    assert!(screen.starts_with("still failed in "), "{screen}");
    session.press("q");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn however_it_ends_the_terminal_is_as_before_and_nothing_lives_on() {
    let workspace = Workspace::new("watch-ends").lesson("good", 1, WITHOUT_END);
    for (keys, signal) in [
        ("q", None),
        ("\x03", Some(Signal::INT)),
        ("\x1c", Some(Signal::QUIT)),
        ("", Some(Signal::TERM)),
        ("", Some(Signal::HUP)),
    ] {
        let temporary = tempfile::tempdir().unwrap();
        let mut xtask = workspace.xtask();
        xtask
            .args(["watch", "good"])
            .env("TMPDIR", temporary.path());
        let mut session = Session::start(&xtask, 24, 80);
        session.press("t");
        session.until("output", |screen| screen.contains("\nmain thread start"));
        match (keys, signal) {
            ("", Some(signal)) => {
                kill_process(Pid::from_child(&session.child), signal).unwrap();
            }
            (keys, _) => session.press(keys),
        }
        let status = session.end();
        assert_eq!(status.signal(), signal.map(Signal::as_raw), "{status}");
        let left = fs::read_dir(temporary.path()).unwrap().count();
        assert_eq!(left, 0, "{keys:?} {signal:?}");
    }
}

#[test]
fn a_signal_ends_it_though_the_terminal_takes_nothing() {
    let workspace = one_lesson("watch-stuck");
    let mut session = Session::watch(&workspace, &["good"]);
    session.shows("good passed in ");
    tcflow(&session.terminal, Action::OOff).unwrap();
    session.press("p");
    kill_process(Pid::from_child(&session.child), Signal::TERM).unwrap();
    let status = session.end_of_child();
    assert_eq!(status.signal(), Some(Signal::TERM.as_raw()), "{status}");
}

#[test]
fn a_terminal_that_is_closed_ends_it() {
    let workspace = one_lesson("watch-hangup");
    let mut session = Session::watch(&workspace, &["good"]);
    session.shows("good passed in ");
    let Session { pty, mut child, .. } = session;
    drop(pty);
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < LIMIT, "it lives on");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_suspended_watch_gives_the_terminal_back_and_takes_it_again() {
    let workspace = one_lesson("watch-suspend");
    let shell = workspace.shell(
        "set -m; cargo xtask watch good; echo suspended; read line; fg >/dev/null; echo over",
    );
    let mut session = Session::start(&shell, 24, 80);
    session.shows("good passed in ");
    session.press("\x1a");
    session.shows("suspended");
    assert!(
        session.is_as_before(),
        "{}",
        session.screen.screen().contents()
    );
    session.press("\n");
    session.shows("good passed in ");
    session.press("q");
    session.shows("over");
    assert_eq!(session.end().code(), Some(0));
}

/// The tool without a terminal.
struct Plain {
    child: Child,
    stdout: ChildStdout,
}

impl Plain {
    fn watch(workspace: &Workspace) -> Plain {
        let mut xtask = workspace.xtask();
        let mut child = xtask
            .args(["watch", "good"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        Plain { child, stdout }
    }

    /// What it prints of the next run, all of it ASCII.
    fn verdict(&mut self) -> String {
        let mut printed = String::new();
        while !printed.ends_with("by start and join alone\n\n") {
            assert!(is_ready(&self.stdout, LIMIT), "no verdict after {printed}");
            let mut byte = [0];
            let count = self.stdout.read(&mut byte).unwrap();
            assert!(count > 0, "it has ended after {printed}");
            printed.extend(byte.map(char::from));
        }
        assert_eq!(printed.matches("chapter 1: good\n").count(), 1, "{printed}");
        assert!(!printed.contains('\x1b'), "{printed:?}");
        printed
    }

    /// Ends its input, and returns what it prints then.
    pub fn end(mut self) -> String {
        drop(self.child.stdin.take());
        assert!(is_ready(&self.stdout, LIMIT), "it goes on");
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        rest
    }
}

#[test]
fn without_a_terminal_it_prints_a_verdict_a_save_until_its_input_ends() {
    let workspace = one_lesson("watch-plain");
    let mut plain = Plain::watch(&workspace);
    assert!(plain.verdict().contains("\ngood passed in "));
    // A second verdict of one save would be taken for that of the next.
    for word in ["two", "three", "four"] {
        save_word(&workspace, "good", word);
        let verdict = plain.verdict();
        assert!(
            verdict.contains(&format!("\nmain thread {word}\ngood failed in ")),
            "{verdict}"
        );
    }
    assert_eq!(plain.end(), "");
}

#[test]
fn without_keys_what_cargo_says_of_a_manifest_ends_before_the_verdict() {
    let workspace = one_lesson("watch-manifest");
    let mut watch = workspace.xtask();
    let mut session = Session::start(watch.args(["watch", "good"]).env("CI", "true"), 60, 80);
    session.shows("by start and join alone");
    let manifest = workspace.path("crates/good/Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    replace(&manifest, &format!("{text}[broken"));
    let screen = session.shows("\ngood failed");
    assert!(screen.contains("\nchapter 1: good\n"), "{screen}");
    session.press("\x04");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn what_is_saved_during_a_run_makes_one_run_more() {
    let workspace = one_lesson("watch-during");
    let mut plain = Plain::watch(&workspace);
    assert!(plain.verdict().contains("\ngood passed in "));
    save_and_await_endless(&workspace);
    for word in ["two", "one"] {
        save(&workspace, "good", &says(word));
        let verdict = plain.verdict();
        assert!(
            verdict.contains(&format!("\nmain thread {word}\n")),
            "{verdict}"
        );
    }
    assert_eq!(plain.end(), "");
}

#[test]
fn two_keys_run_it_again_on_either_clock() {
    let workspace = Workspace::new("watch-again");
    let word = workspace.path("word");
    let body = format!(
        "let word = std::fs::read_to_string({word:?}).unwrap();
        let clock = env::var(\"LESSON_CLOCK\").unwrap();
        say(&format!(\"main thread {{word}} {{clock}}\\n\"));"
    );
    let workspace = workspace.lesson("good", 1, &body);
    let write = |words: &str| workspace.write("word", words);
    write("one");
    let mut session = Session::watch(&workspace, &["good"]);
    session.shows("main thread one simulated");
    session.until("end", |screen| screen.starts_with("good failed in "));
    write("two");
    session.press("r");
    session.shows("main thread two simulated");
    write("three");
    session.press("t");
    session.shows("main thread three real");
    session.press("q");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn what_the_lesson_is_made_with_and_its_snapshots_are_watched_too() {
    let manifest = "[package.metadata.lesson]\nchapter = 1\n\n\
                    [dependencies]\nshared = { path = \"../shared\" }\n";
    let workspace = Workspace::new("watch-shared")
        .package("good", manifest, &main("say(shared::LINE);"))
        .snapshot("good", "main thread one\n");
    let package = "[package]\nname = \"shared\"\nedition = \"2024\"\n";
    workspace.write("crates/shared/Cargo.toml", package);
    let line = |word: &str| format!("pub const LINE: &str = \"main thread {word}\\n\";\n");
    workspace.write("crates/shared/src/lib.rs", &line("one"));
    let mut session = Session::watch(&workspace, &["good"]);
    session.shows("good passed in ");
    workspace.write("crates/shared/src/lib.rs", &line("two"));
    session.shows("good failed in ");
    workspace.snapshot("good", "main thread two\n");
    session.shows("good passed in ");
    session.press("q");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn the_lesson_is_shown_that_was_saved_last_if_none_is_named() {
    let workspace = with_word(one_lesson("watch-last"), "other", "other");
    let mut session = Session::watch(&workspace, &[]);
    session.shows("good passed in ");
    save_word(&workspace, "other", "else");
    session.shows("other failed in ");
    save_word(&workspace, "good", "two");
    session.shows("good failed in ");
    session.press("q");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn what_a_save_has_changed_is_said_of_a_lesson_too_that_was_not_shown_before() {
    let workspace = one_lesson("watch-unseen");
    let has_run = workspace.path("has-run");
    let _ = fs::remove_file(&has_run);
    let body = format!("File::create({has_run:?}).unwrap();");
    let workspace = with_word(workspace, "other", "one")
        .snapshot("other", "main thread one\n")
        .lesson("third", 3, &body);
    let mut session = Session::watch(&workspace, &[]);
    session.shows("good passed in ");
    // They are looked at one after another.
    await_file(&has_run);
    save(&workspace, "other", &one_worker(""));
    session.shows("orders: 1 → 2 with its sleeps, 1 → 2 by start and join alone");
    session.press("q");
    assert_eq!(session.end().code(), Some(0));
}

/// A lesson with one worker, which ends before or beside the last line.
fn one_worker(joined: &str) -> String {
    format!(
        "say(\"main thread start\\n\");
        trace(\"start\\t1\\tworker\\t1\");
        println!(\"sub thread start  1\");
        trace_of(1, \"line\\tsub thread start  1\");
        trace(\"started\\t1\");
        println!(\"sub thread end  1\");
        trace_of(1, \"line\\tsub thread end  1\");
        trace_of(1, \"end\");
        {joined}
        say(\"main thread end\\n\");
        trace(\"end\");"
    )
}

#[test]
fn what_was_gained_and_lost_is_marked_and_the_number_of_orders_is_said_once() {
    let joined = one_worker("trace(\"joined\\t1\");");
    let workspace = Workspace::new("watch-marks").lesson("good", 1, &joined);
    let mut session = Session::watch(&workspace, &["good"]);
    session.resize(60, 100);
    session.shows("good failed in ");
    session.press("aa");
    session.shows("good accepted in ");
    save(&workspace, "good", &one_worker(""));
    let screen = session.shows("good failed in ");
    for words in [
        "orders: 1 → 2 with its sleeps, 1 → 2 by start and join alone",
        "\n- `sub thread end  1`   → `main thread end`       join",
        "\n+ any order of\n+   `main thread end`\n+   `sub thread end  1`\n",
    ] {
        assert!(screen.contains(words), "no {words:?} in\n{screen}");
    }
    assert!(!screen.contains(" became "), "{screen}");
    // In a low window there is room for them alone, and with the same key for all.
    session.resize(24, 100);
    session.press("p");
    session.until("pairs alone", |screen| {
        !screen.contains("\nmain thread start\n") && screen.contains("\n+   `sub thread end  1`\n")
    });
    session.press("p");
    session.shows("\nmain thread start\n");
    // More is never the same again.
    session.press("m");
    session.until("more", |screen| {
        screen.starts_with("good failed in ") && !screen.contains("orders: 1 → 2")
    });
    session.press("q");
    assert_eq!(session.end().code(), Some(0));
}

#[test]
fn a_build_that_takes_long_says_how_long_and_what_cargo_waits_for() {
    let build = "fn main() {
        println!(\"cargo:rerun-if-env-changed=SOCKET\");
        let socket = std::env::var(\"SOCKET\").unwrap();
        let mut socket = std::os::unix::net::UnixStream::connect(socket).unwrap();
        std::io::Read::read_to_end(&mut socket, &mut Vec::new()).unwrap();
    }";
    let workspace = one_lesson("watch-blocked").package("slow", "", "fn main() {}");
    workspace.write("crates/slow/build.rs", build);
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--quiet", "--package", "slow"]);
    let mut other_build = cargo.env("SOCKET", &socket).spawn().unwrap();
    let (goes_on, _) = listener.accept().unwrap();
    let mut session = Session::watch(&workspace, &["good"]);
    let screen = session.shows("cargo: Blocking waiting for file lock");
    assert!(screen.starts_with("good  … is built and run, "), "{screen}");
    let mut xtask = workspace.xtask();
    let mut run_all = Session::start(xtask.args(["run-all", "--simulated"]), 24, 80);
    run_all.shows("s  Blocking waiting for file lock");
    drop(goes_on);
    run_all.shows("good passed in ");
    assert_eq!(run_all.end().code(), Some(0));
    session.shows("good passed in ");
    assert!(other_build.wait().unwrap().success());
    session.press("q");
    assert_eq!(session.end().code(), Some(0));
}
