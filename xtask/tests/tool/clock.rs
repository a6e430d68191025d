//! The simulated clock, and lessons in which it stands still or seems to.

use std::sync::LazyLock;

use crate::{
    repository::{read, root},
    tool::{Report, report},
    workspace::Workspace,
};

/// The lessons, in a workspace in which worker-core is built for them once.
static LESSONS: LazyLock<Workspace> = LazyLock::new(|| {
    let core = root().join("crates/worker-core");
    let manifest = format!(
        "[package.metadata.lesson]\nchapter = 1\n\n[dependencies]\nworker-core = {{ path = {core:?} }}\n"
    );
    let workspace = Workspace::new("clock");
    workspace.write("Cargo.lock", &read(&root().join("Cargo.lock")));
    let lessons = [
        ("held-lock", main(HELD_LOCK)),
        ("deadlock", main(DEADLOCK)),
        ("another-sleep", main(ANOTHER_SLEEP)),
        ("computes", main(COMPUTES)),
        ("spins", main(SPINS)),
        ("no-room", main(END).replace("let status", NO_ROOM)),
    ];
    let lessons = lessons.into_iter();
    lessons.fold(workspace, |workspace, (name, main)| {
        workspace.package(name, &manifest, &main)
    })
});

/// The `main.rs` of a lesson that does this.
fn main(lesson: &str) -> String {
    format!(
        "#![allow(dead_code, unused_imports)]
        use std::{{process::ExitCode, sync::{{Arc, Mutex}}, time::{{Duration, Instant}}}};
        use worker_core::{{Error, MainThread, Worker, run, sleep}};

        const SECOND: Duration = Duration::from_secs(1);

        fn main() -> ExitCode {{
            let status = run(lesson);
            status
        }}

        fn lesson(main_thread: &MainThread) -> Result<(), Error> {{
            {lesson}
        }}

        /// As one does that often waits for the processor. No test needs more of it.
        fn compute_a_little() {{
            let begun = Instant::now();
            while begun.elapsed() < SECOND / 100 {{}}
            std::thread::sleep(SECOND / 10);
        }}
        "
    )
}

fn orders(lesson: &str) -> Report {
    report(LESSONS.xtask().args(["orders", lesson]))
}

const LAST: &str = "; it goes on only when every thread sleeps, joins or has ended, so let none wait \
                    for a lock or a message of one that does, nor sleep with anything but \
                    `worker_core::sleep`\n";

const HELD_LOCK: &str = "
        let lock = Arc::new(Mutex::new(()));
        let (first, second) = (Arc::clone(&lock), lock);
        let holds = Worker::new(\"1\", move || {
            let _held = first.lock();
            sleep(SECOND * 3);
        });
        let waits = Worker::new(\"2\", move || {
            sleep(SECOND);
            let _held = second.lock();
        });
        let holds = main_thread.start(holds)?;
        main_thread.start(waits)?;
        holds.join().map(drop)";

/// What is said of it, on either way to it.
fn held_lock() -> String {
    format!(
        "simulated time stands still at 1 s: worker `2` has neither slept, joined nor ended since 1 s \
         (last seen in main.rs:21); the main thread joins worker `1` since 0 s (main.rs:26); worker `1` sleeps \
         since 0 s (main.rs:18){LAST}"
    )
}

#[test]
fn a_lock_that_is_held_across_a_sleep_is_told_by_where_the_threads_are() {
    let report = orders("held-lock");
    assert_eq!(report.status, Some(1), "{report}");
    let begin = "error: lesson `held-lock` on the simulated clock: ";
    let words = held_lock();
    assert_eq!(report.stderr, format!("{begin}{words}"), "{report}");
}

#[test]
fn what_was_printed_before_time_stood_still_is_shown() {
    let report = LESSONS.run_all(&["held-lock", "--simulated"]);
    assert_eq!(report.status, Some(1), "{report}");
    assert!(report.stdout.contains(&held_lock()), "{report}");
    let line = "\nsub thread start  2\n";
    assert!(report.stdout.contains(line), "{report}");
}

const DEADLOCK: &str = "
        let locks = [Arc::new(Mutex::new(())), Arc::new(Mutex::new(()))];
        for (name, first, second) in [(\"1\", 0, 1), (\"2\", 1, 0)] {
            let (first, second) = (Arc::clone(&locks[first]), Arc::clone(&locks[second]));
            main_thread.start(Worker::new(name, move || {
                let _first = first.lock();
                sleep(SECOND);
                let _second = second.lock();
            }))?;
        }
        Ok(())";

#[test]
fn a_deadlock_is_told_by_where_the_threads_are() {
    let report = orders("deadlock");
    assert_eq!(report.status, Some(1), "{report}");
    let words = "simulated time stands still at 1 s: worker `1` has neither slept, joined nor ended \
                 since 1 s (last seen in main.rs:19); worker `2` has neither slept, joined nor ended since 1 s \
                 (last seen in main.rs:19)";
    assert!(
        report.stderr.contains(&format!("{words}{LAST}")),
        "{report}"
    );
}

const ANOTHER_SLEEP: &str = "
        main_thread.start(Worker::new(\"1\", || std::thread::sleep(SECOND)))?;
        main_thread.start(Worker::new(\"2\", || sleep(SECOND)))?;
        main_thread.print(\"main thread end\")";

/// Whether the sleep of its worker is told behind this.
fn tells_another_sleep(text: &str, begin: &str) -> bool {
    let words = " s of real time or more while simulated time stands still, and no order knows of it; \
                 if that is a sleep, let it be `worker_core::sleep`\n";
    // A busy machine leaves less of the second to be seen.
    let told = text.split_once(&format!("{begin}worker `1` spends "));
    let told = told.and_then(|(_, rest)| rest.split_once(words));
    told.is_some_and(|(seconds, _)| seconds.parse::<f64>().is_ok())
}

#[test]
fn a_sleep_that_the_simulated_clock_does_not_know_of_is_told_with_the_worker() {
    for command in ["orders", "timeline"] {
        let report = report(LESSONS.xtask().args([command, "another-sleep"]));
        assert_eq!(report.status, Some(0), "{report}");
        let is_told = tells_another_sleep(&report.stderr, "note: lesson `another-sleep`: ");
        assert!(is_told, "{report}");
    }
}

#[test]
fn a_sleep_that_the_simulated_clock_does_not_know_of_is_told_before_what_it_made_fail() {
    // By the sleeps that are known, its end races with the main thread.
    let report = LESSONS.run_all(&["another-sleep", "--accept"]);
    assert!(
        tells_another_sleep(&report.stdout, "\n  note: "),
        "{report}"
    );
    let (_, said) = report.stdout.split_once("another-sleep failed").unwrap();
    assert_eq!(said.find('\n'), said.find("\n  note: "), "{report}");
    assert_eq!(report.status, Some(1), "{report}");
}

const COMPUTES: &str = "
        let begun = Instant::now();
        let first = std::env::current_exe().unwrap().with_extension(\"ran\");
        // The other runs would only take time.
        let is_first = std::fs::File::create_new(first).is_ok();
        while is_first && begun.elapsed() < SECOND * 5 {
            compute_a_little();
        }
        main_thread.print(\"main thread end\")";

#[cfg(target_os = "linux")]
#[test]
fn a_lesson_that_computes_for_long_does_not_stand_still() {
    LESSONS.forget("target/debug/computes.ran");
    let report = orders("computes");
    assert_eq!(report.status, Some(0), "{report}");
}

const SPINS: &str = "
        main_thread.start(Worker::new(\"1\", || loop { compute_a_little(); }))?;
        Ok(())";

#[test]
fn a_lesson_that_waits_for_a_flag_without_end_is_told_at_the_time_limit() {
    let report = LESSONS.run_all(&["spins", "--simulated", "--timeout", "5"]);
    assert_eq!(report.status, Some(1), "{report}");
    let words = "it still ran at the time limit of 5 s and was killed\n  simulated time had come to \
                 0 s: worker `1` has neither slept, joined nor ended since 0 s\n";
    assert!(report.stdout.contains(words), "{report}");
}

const END: &str = "
        main_thread.print(\"main thread end\")";

/// Before it runs, what is written to its trace finds no room any more.
const NO_ROOM: &str = "
            let trace = std::env::var(\"LESSON_TRACE\").unwrap();
            std::fs::remove_file(&trace).unwrap();
            std::os::unix::fs::symlink(\"/dev/full\", &trace).unwrap();
            let status";

#[cfg(target_os = "linux")]
#[test]
fn a_trace_that_has_no_room_is_told_of_its_folder_and_not_of_a_variable() {
    let report = LESSONS.run_all(&["no-room"]);
    assert_eq!(report.status, Some(1), "{report}");
    let folder = std::env::temp_dir();
    let words = format!(
        "\n  its trace cannot be written to the folder for temporary files, `{}`: No space left on \
         device (os error 28); make room there, or name another folder in TMPDIR\n",
        folder.display()
    );
    assert!(report.stdout.contains(&words), "{report}");
    assert!(!report.stdout.contains("LESSON_TRACE"), "{report}");
    assert!(!report.stdout.contains("standard error"), "{report}");
}
