//! Chapter 4 with one value for all, in a scope: a lock, and no `Arc`.
//!
//! Run it with `cargo run -p join-loop --example shared_scope`.

use std::{sync::Mutex, thread, time::Duration};

const WORKERS: u32 = 3;
const WORK: Duration = Duration::from_secs(5);

fn main() {
    println!("main thread start");

    let sum = Mutex::new(0);
    thread::scope(|scope| {
        for n in 0..WORKERS {
            let sum = &sum;
            scope.spawn(move || {
                println!("sub thread start  {n}");
                thread::sleep(WORK);
                *sum.lock().unwrap() += n * n;
                println!("sub thread end  {n}");
            });
        }
    });

    println!("main thread post job");
    assert_eq!(*sum.lock().unwrap(), 5);
    println!("main thread end");
}
