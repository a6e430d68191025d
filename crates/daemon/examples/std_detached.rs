//! Chapter 2 in plain Rust: every thread is a daemon.
//!
//! Run it with `cargo run -p daemon --example std_detached`.

use std::{thread, time::Duration};

const WORKERS: u32 = 5;
const WORK: Duration = Duration::from_secs(3);

fn main() {
    println!("main thread start");
    for n in 0..WORKERS {
        thread::spawn(move || {
            println!("sub thread start  thread {n}");
            thread::sleep(WORK);
            println!("sub thread end  thread {n}");
        });
    }
    println!("main thread end");
}
