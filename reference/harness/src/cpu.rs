// SPDX-License-Identifier: Apache-2.0

//! For how long the workers were ready to run and had no CPU, as Linux counts it (the second number of schedstat).
//!
//! A thread reads the counters every 2 ms, so that a span that ends finds those of its start. Its end is read afresh: one `pread` for
//! each worker. The sum over all workers says too much for a span that one of them ran, and up to 2 ms too much at its start: spans are
//! rather put apart than judged wrongly.

use std::{
    collections::VecDeque,
    fs::File,
    os::unix::fs::FileExt,
    sync::{Mutex, Once, RwLock},
    time::Duration,
};

use crate::{clock, lack};

struct Worker {
    schedstat: File,
    before: u64, // what it had waited when it was found
}

static WORKERS: RwLock<Vec<Worker>> = RwLock::new(Vec::new());

/// When, and the sum of all workers. Nobody reads a file while it is locked: a thread that lost its CPU there would hold up the workers.
static SAMPLES: Mutex<VecDeque<(u64, u64)>> = Mutex::new(VecDeque::new());
const KEPT: usize = 8192; // 16 s

thread_local! {
    static KNOWN: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// The calling thread is a worker. Costs nothing the second time.
pub fn this_is_a_worker() {
    if KNOWN.replace(true) {
        return;
    }
    if lack::is_measured() {
        lack::this_is_a_worker();
        return;
    }
    let Ok(schedstat) = File::open("/proc/thread-self/schedstat") else {
        return;
    };
    let before = waited(&schedstat);
    WORKERS.write().unwrap().push(Worker { schedstat, before });
    static SAMPLER: Once = Once::new();
    SAMPLER.call_once(|| {
        std::thread::Builder::new()
            .name("truth-cpu".into())
            .spawn(sample)
            .expect("a thread for the counters");
    });
}

/// Whether the calling thread is known as one.
pub fn is_worker() -> bool {
    KNOWN.get()
}

/// How long workers have waited for a CPU since then.
pub fn wait_since(start: u64) -> u64 {
    let now = sum();
    let samples = SAMPLES.lock().unwrap();
    let after = samples.partition_point(|&(time, _)| time <= start);
    let then = if after > 0 { samples[after - 1].1 } else { 0 };
    now.saturating_sub(then)
}

fn sum() -> u64 {
    WORKERS
        .read()
        .unwrap()
        .iter()
        .map(|w| waited(&w.schedstat).saturating_sub(w.before))
        .sum()
}

fn sample() {
    loop {
        let sum = sum();
        let time = clock::now(); // not before the sum: it must hold nothing of what came later
        let mut samples = SAMPLES.lock().unwrap();
        if samples.len() == KEPT {
            samples.pop_front();
        }
        samples.push_back((time, sum));
        drop(samples);
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn waited(schedstat: &File) -> u64 {
    let mut text = [0; 64];
    let length = schedstat.read_at(&mut text, 0).unwrap_or(0);
    let text = std::str::from_utf8(&text[..length]).unwrap_or("");
    text.split_ascii_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
}
