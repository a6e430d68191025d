//! Chapter 4 in plain Rust: a list of handles gives the results in the order of the
//! joins.
//!
//! Run it with `cargo run -p join-loop --example std_vec`.

use std::{
    thread::{self, JoinHandle},
    time::Duration,
};

const WORKERS: u32 = 3;
const WORK: Duration = Duration::from_secs(5);

fn main() {
    println!("main thread start");

    let mut handles: Vec<JoinHandle<u32>> = Vec::new();
    for n in 0..WORKERS {
        handles.push(thread::spawn(move || {
            println!("sub thread start  {n}");
            thread::sleep(WORK);
            println!("sub thread end  {n}");
            n * n
        }));
    }
    let mut squares = Vec::new();
    for handle in handles {
        squares.push(handle.join().unwrap());
    }

    println!("main thread post job");
    assert_eq!(squares, [0, 1, 4]);
    println!("main thread end");
}
