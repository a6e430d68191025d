//! Chapter 1 in plain Rust: a scope waits for the threads that start inside of it.
//!
//! Run it with `cargo run -p threads --example std_scope`.

use std::{thread, time::Duration};

const WORKERS: u32 = 5;
const WORK: Duration = Duration::from_secs(3);

fn main() {
    println!("main thread start");
    let names: Vec<String> = (0..WORKERS).map(|n| format!("thread {n}")).collect();
    thread::scope(|scope| {
        for name in &names {
            scope.spawn(move || work(name));
        }
        println!("main thread end");
    });
}

fn work(name: &str) {
    println!("sub thread start  {name}");
    thread::sleep(WORK);
    println!("sub thread end  {name}");
}
