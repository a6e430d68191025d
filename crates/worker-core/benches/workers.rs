//! What a worker costs inside of one process: `cargo bench -p worker-core`.

#[allow(dead_code)]
#[path = "../examples/many.rs"]
mod many;

use std::{io, process};

use divan::{Bencher, counter::ItemsCount};

/// How many workers there are at a time.
const WORKERS: [usize; 4] = [1, 100, 1_000, 10_000];

/// How long each number of them is measured.
const SECONDS: f64 = 2.0;

fn main() {
    divan::main();
}

#[divan::bench(args = WORKERS, max_time = SECONDS)]
fn by_worker_core(bencher: Bencher<'_, '_>, workers: usize) {
    measure(bencher, workers, many::worker_core);
}

#[divan::bench(args = WORKERS, max_time = SECONDS)]
fn by_std_with_the_same_wait(bencher: Bencher<'_, '_>, workers: usize) {
    measure(bencher, workers, many::spawn);
}

#[divan::bench(args = WORKERS, max_time = SECONDS)]
fn by_std_scope_without_a_wait(bencher: Bencher<'_, '_>, workers: usize) {
    measure(bencher, workers, many::scope);
}

#[divan::bench(args = WORKERS, max_time = SECONDS)]
fn with_a_sleep_on_the_simulated_clock(bencher: Bencher<'_, '_>, workers: usize) {
    measure(bencher, workers, many::simulated);
}

#[divan::bench(args = WORKERS, max_time = SECONDS)]
fn by_std_all_alive_at_once(bencher: Bencher<'_, '_>, workers: usize) {
    measure(bencher, workers, many::alive);
}

fn measure(bencher: Bencher<'_, '_>, workers: usize, way: fn(usize, io::Sink) -> io::Result<()>) {
    bencher.counter(ItemsCount::new(workers)).bench(|| {
        if let Err(reason) = way(workers, io::sink()) {
            eprintln!("error: {workers} workers at a time: {reason}; raise the limit on threads");
            process::exit(1);
        }
    });
}
