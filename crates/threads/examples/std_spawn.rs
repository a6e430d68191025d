//! Chapter 1 in plain Rust: threads that the end of the program would cut off.
//!
//! Run it with `cargo run -p threads --example std_spawn`.

use std::{thread, time::Duration};

const WORKERS: u32 = 5;
const WORK: Duration = Duration::from_secs(3);

fn main() {
    println!("main thread start");
    let mut handles = Vec::new();
    for n in 0..WORKERS {
        handles.push(thread::spawn(move || {
            println!("sub thread start  thread {n}");
            thread::sleep(WORK);
            println!("sub thread end  thread {n}");
        }));
    }
    println!("main thread end");

    // Nobody else waits for them.
    for handle in handles {
        handle.join().unwrap();
    }
}
