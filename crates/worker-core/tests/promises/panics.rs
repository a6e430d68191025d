//! What a panic looks like from outside the program.

use std::{
    env,
    path::Path,
    process::{Command, Output},
};

use crate::output;

/// Builds the example `panic`, along with the workspace so that no dependency is
/// built twice, and runs it.
fn panic_example(arguments: &[&str]) -> Output {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let build = Command::new(env!("CARGO"))
        .args("build --quiet --workspace --example panic --target-dir".split(' '))
        .arg(target)
        .env_remove("CARGO_BUILD_TARGET")
        .status();
    assert!(build.unwrap().success(), "`panic` does not build");
    let path = target
        .join("debug/examples")
        .join(format!("panic{}", env::consts::EXE_SUFFIX));
    let mut example = Command::new(path);
    output(example.args(arguments).env("RUST_BACKTRACE", "1"))
}

#[test]
fn a_panic_is_one_line_that_names_the_worker_whether_or_not_it_is_joined() {
    for arguments in [&[][..], &["join"]] {
        let output = panic_example(arguments);
        assert_eq!(output.status.code(), Some(1));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(
            stderr.starts_with("error: worker `1` panicked at "),
            "{stderr}"
        );
        assert!(stderr.contains("panic.rs:"), "{stderr}");
        assert!(stderr.ends_with(": the disk, is full\n"), "{stderr}");

        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(!stdout.contains("sub thread end  1"), "{stdout}");
        assert!(stdout.contains("sub thread end  2"), "{stdout}");
        assert!(!stdout.contains("main thread post job"), "{stdout}");
        assert_eq!(
            stdout.contains("main thread end"),
            arguments.is_empty(),
            "{stdout}"
        );
    }
}
