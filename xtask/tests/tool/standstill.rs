//! Lessons in which simulated time stands still, and one that only computes for long.

use std::fs;

use crate::{
    repository::root,
    tool::{Report, report},
    workspace::Workspace,
};

/// A workspace in which a lesson of this name can use worker-core.
fn workspace(name: &str, lesson: &str) -> Workspace {
    let core = root().join("crates/worker-core");
    let manifest = format!(
        "[package.metadata.lesson]\nchapter = 1\n\n[dependencies]\nworker-core = {{ path = {core:?} }}\n"
    );
    let main = format!(
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
    );
    let workspace = Workspace::new(name).package(name, &manifest, &main);
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    workspace.write("Cargo.lock", &lock);
    workspace
}

fn orders(workspace: &Workspace, lesson: &str) -> Report {
    report(workspace.xtask().args(["orders", lesson]))
}

const LAST: &str = "; it goes on only when every thread sleeps, joins or has ended, so let none wait \
                    for a lock or a message of one that does, nor sleep with anything but \
                    `worker_core::sleep`\n";

#[test]
fn a_lock_that_is_held_across_a_sleep_is_told_by_where_the_threads_are() {
    let body = "
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
    let workspace = workspace("held-lock", body);
    let words = format!(
        "simulated time stands still at 1 s: worker `2` has neither slept, joined nor ended since 1 s \
         (main.rs:21); the main thread joins worker `1` since 0 s (main.rs:26); worker `1` sleeps \
         since 0 s (main.rs:18){LAST}"
    );
    let report = orders(&workspace, "held-lock");
    assert_eq!(report.status, Some(1), "{report}");
    let begin = "error: lesson `held-lock` on the simulated clock: ";
    assert_eq!(report.stderr, format!("{begin}{words}"), "{report}");

    let report = workspace.run_all(&["--simulated"]);
    assert_eq!(report.status, Some(1), "{report}");
    assert!(report.stdout.contains(&words), "{report}");
    assert!(
        report.stdout.contains("\nsub thread start  2\n"),
        "{report}"
    );
}

#[test]
fn a_deadlock_is_told_by_where_the_threads_are() {
    let body = "
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
    let report = orders(&workspace("deadlock", body), "deadlock");
    assert_eq!(report.status, Some(1), "{report}");
    let words = "simulated time stands still at 1 s: worker `1` has neither slept, joined nor ended \
                 since 1 s (main.rs:19); worker `2` has neither slept, joined nor ended since 1 s \
                 (main.rs:19)";
    assert!(
        report.stderr.contains(&format!("{words}{LAST}")),
        "{report}"
    );
}

#[test]
fn a_sleep_that_the_simulated_clock_does_not_know_of_is_told_with_the_worker() {
    let body = "
        main_thread.start(Worker::new(\"1\", || std::thread::sleep(SECOND)))?;
        main_thread.start(Worker::new(\"2\", || sleep(SECOND)))?;
        main_thread.print(\"main thread end\")";
    let workspace = workspace("another-sleep", body);
    let words = " s of real time or more while simulated time stands still, and no order knows of it; \
                 what sleeps, has to sleep with `worker_core::sleep`\n";
    // A busy machine leaves less of the second to be seen.
    let is_told = |text: &str, begin: &str| {
        let told = text.split_once(&format!("{begin}worker `1` spends "));
        let told = told.and_then(|(_, rest)| rest.split_once(words));
        told.is_some_and(|(seconds, _)| seconds.parse::<f64>().is_ok())
    };
    for command in ["orders", "timeline"] {
        let report = report(workspace.xtask().args([command, "another-sleep"]));
        assert_eq!(report.status, Some(0), "{report}");
        let is_told = is_told(&report.stderr, "note: lesson `another-sleep`: ");
        assert!(is_told, "{report}");
    }
    // By the sleeps that are known, its end races with the main thread.
    let report = workspace.run_all(&["--accept"]);
    assert!(is_told(&report.stdout, "\n  note: "), "{report}");
    assert_eq!(report.status, Some(1), "{report}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_lesson_that_computes_for_long_does_not_stand_still() {
    let body = "
        let begun = Instant::now();
        let first = std::env::current_exe().unwrap().with_extension(\"ran\");
        // The other runs would only take time.
        let is_first = std::fs::File::create_new(first).is_ok();
        while is_first && begun.elapsed() < SECOND * 5 {
            compute_a_little();
        }
        main_thread.print(\"main thread end\")";
    let workspace = workspace("computes", body);
    workspace.forget("target/debug/computes.ran");
    let report = orders(&workspace, "computes");
    assert_eq!(report.status, Some(0), "{report}");
}

#[test]
fn a_lesson_that_waits_for_a_flag_without_end_is_told_at_the_time_limit() {
    let body = "
        main_thread.start(Worker::new(\"1\", || loop { compute_a_little(); }))?;
        Ok(())";
    let report = workspace("spins", body).run_all(&["--simulated", "--timeout", "5"]);
    assert_eq!(report.status, Some(1), "{report}");
    let words = "it still ran at the time limit of 5 s and was killed\n  simulated time had come to \
                 0 s: worker `1` has neither slept, joined nor ended since 0 s\n";
    assert!(report.stdout.contains(words), "{report}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_trace_that_has_no_room_is_told_of_its_folder_and_not_of_a_variable() {
    let body = "
        main_thread.print(\"main thread end\")";
    let workspace = workspace("no-room", body);
    // What is written to this file finds no room.
    let full = "
            let trace = std::env::var(\"LESSON_TRACE\").unwrap();
            std::fs::remove_file(&trace).unwrap();
            std::os::unix::fs::symlink(\"/dev/full\", &trace).unwrap();
            let status = run(lesson);";
    let main = fs::read_to_string(workspace.path("crates/no-room/src/main.rs")).unwrap();
    let main = main.replace("let status = run(lesson);", full);
    workspace.write("crates/no-room/src/main.rs", &main);
    let report = workspace.run_all(&[]);
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
