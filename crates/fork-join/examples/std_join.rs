//! Chapter 3 in plain Rust: a join gives back what the thread has worked out.
//!
//! Run it with `cargo run -p fork-join --example std_join`.

use std::{
    ops::RangeInclusive,
    thread::{self, Builder, JoinHandle},
    time::Duration,
};

const WORK: Duration = Duration::from_secs(5);

fn main() {
    println!("main thread start");

    let first = start("1", 1..=50);
    let second = start("2", 51..=100);

    let sum = first.join().unwrap() + second.join().unwrap();

    println!("main thread post job");
    assert_eq!(sum, 5050);
    println!("main thread end");
}

fn start(name: &str, numbers: RangeInclusive<u32>) -> JoinHandle<u32> {
    let add = move || {
        let thread = thread::current();
        let name = thread.name().unwrap_or("without a name");
        println!("sub thread start  {name}");
        thread::sleep(WORK);
        println!("sub thread end  {name}");
        numbers.sum()
    };
    Builder::new().name(name.to_owned()).spawn(add).unwrap()
}
