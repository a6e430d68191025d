//! Chapter 4 with a channel: the results come in the order in which they are ready.
//!
//! Run it with `cargo run -p join-loop --example crossbeam_channel`.

use std::{thread, time::Duration};

use crossbeam::channel;

const WORKERS: u32 = 3;
const WORK: Duration = Duration::from_secs(5);

fn main() {
    println!("main thread start");

    let (sender, receiver) = channel::unbounded();
    for n in 0..WORKERS {
        let sender = sender.clone();
        thread::spawn(move || {
            println!("sub thread start  {n}");
            thread::sleep(WORK);
            println!("sub thread end  {n}");
            sender.send(n * n).unwrap();
        });
    }
    // The receiver waits for as long as there is a sender, this one too.
    drop(sender);
    let mut sum = 0;
    for square in receiver {
        sum += square;
    }

    println!("main thread post job");
    assert_eq!(sum, 5);
    println!("main thread end");
}
