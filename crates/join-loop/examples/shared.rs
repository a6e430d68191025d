//! Chapter 4 with one value for all: the threads share it behind a lock.
//!
//! Run it with `cargo run -p join-loop --example shared`.

use std::{
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

const WORKERS: u32 = 3;
const WORK: Duration = Duration::from_secs(5);

fn main() {
    println!("main thread start");

    let sum = Arc::new(Mutex::new(0));
    let mut handles = Vec::new();
    for n in 0..WORKERS {
        let sum = Arc::clone(&sum);
        handles.push(thread::spawn(move || {
            println!("sub thread start  {n}");
            thread::sleep(WORK);
            *sum.lock().unwrap() += n * n;
            println!("sub thread end  {n}");
        }));
    }
    for handle in handles {
        handle.join().unwrap();
    }

    println!("main thread post job");
    assert_eq!(*sum.lock().unwrap(), 5);
    println!("main thread end");
}
