//! Chapter 2 as one would write it at work: the threads are asked to stop.
//!
//! Run it with `cargo run -p daemon --example stop`.

use std::{thread, time::Duration};

use crossbeam::channel::{self, Receiver, RecvTimeoutError};

const WORKERS: u32 = 5;
const WORK: Duration = Duration::from_secs(3);

fn main() {
    println!("main thread start");
    let (stop, asked_to_stop) = channel::bounded(0);
    let mut handles = Vec::new();
    for n in 0..WORKERS {
        let asked_to_stop = asked_to_stop.clone();
        handles.push(thread::spawn(move || work(n, &asked_to_stop)));
    }
    println!("main thread end");

    // To drop the only sender ends the wait of every receiver.
    drop(stop);
    for handle in handles {
        handle.join().unwrap();
    }
}

fn work(n: u32, asked_to_stop: &Receiver<()>) {
    println!("sub thread start  thread {n}");
    while asked_to_stop.recv_timeout(WORK) == Err(RecvTimeoutError::Timeout) {
        // One whole piece of the work has its place here.
    }
    println!("sub thread end  thread {n}");
}
