// SPDX-License-Identifier: Apache-2.0

//! The ledger of long polls: whose, on which thread, from when to when. A span that ends looks up for how much of its time all workers
//! were inside the long polls of others.

use std::{
    borrow::Cow,
    collections::VecDeque,
    sync::{
        atomic::{AtomicUsize, Ordering},
        Mutex,
    },
    thread::ThreadId,
};

use crate::{clock, cpu, truth};

struct LongPoll {
    id: u64,
    operation: Cow<'static, str>,
    trace: u128, // of the span that polls: it does not hold up itself
    thread: ThreadId,
    start: u64,
    end: u64, // u64::MAX: goes on
}

static LEDGER: Mutex<(u64, VecDeque<LongPoll>)> = Mutex::new((0, VecDeque::new()));
const KEPT: usize = 512; // several seconds of them

/// How many workers share the tasks. 0: each thread has its own.
static WORKERS: AtomicUsize = AtomicUsize::new(1);

/// The runtime has so many workers, and any of them may run any task.
pub fn shared_by(workers: usize) {
    WORKERS.store(workers, Ordering::Relaxed);
}

/// Each thread has a runtime of its own.
pub fn a_runtime_each() {
    WORKERS.store(0, Ordering::Relaxed);
}

/// Whether any worker may run any task.
pub fn is_shared() -> bool {
    WORKERS.load(Ordering::Relaxed) > 0
}

/// Runs what holds the worker on purpose, and enters it.
pub fn long_poll<R>(operation: impl Into<Cow<'static, str>>, run: impl FnOnce() -> R) -> R {
    cpu::this_is_a_worker();
    let id = {
        let mut ledger = LEDGER.lock().unwrap();
        ledger.0 += 1;
        let id = ledger.0;
        if ledger.1.len() == KEPT {
            ledger.1.pop_front();
        }
        ledger.1.push_back(LongPoll {
            id,
            operation: operation.into(),
            trace: truth::current_trace(),
            thread: std::thread::current().id(),
            start: clock::now(),
            end: u64::MAX,
        });
        id
    };
    let result = run();
    let end = clock::now();
    let mut ledger = LEDGER.lock().unwrap();
    if let Some(poll) = ledger.1.iter_mut().rev().find(|poll| poll.id == id) {
        poll.end = end;
    }
    result
}

/// What held a span up: for how long all workers were in others' long polls, and the operation with most of that time.
#[derive(Debug)]
pub struct HeldUp {
    pub nanos: u64,
    pub by: String,
    pub times: Vec<(u64, u64)>,
}

/// Of a span of this trace between these times, that ends on the calling thread.
pub fn held_up(trace: u128, start: u64, end: u64) -> Option<HeldUp> {
    let workers = WORKERS.load(Ordering::Relaxed);
    let here = std::thread::current().id();
    let ledger = LEDGER.lock().unwrap();
    let polls: Vec<(u64, u64, &str)> = ledger
        .1
        .iter()
        .filter(|p| p.start < end && p.end > start && p.trace != trace && (workers > 0 || p.thread == here))
        .map(|p| (p.start.max(start), p.end.min(end), p.operation.as_ref()))
        .collect();
    all_inside(&polls, workers.max(1))
}

/// A thread is in one long poll at a time, so as many polls at once are as many threads.
fn all_inside(polls: &[(u64, u64, &str)], workers: usize) -> Option<HeldUp> {
    let mut times: Vec<u64> = polls.iter().flat_map(|p| [p.0, p.1]).collect();
    times.sort_unstable();
    times.dedup();
    let mut held = Vec::new();
    let mut shares: Vec<(&str, u64)> = Vec::new();
    for pair in times.windows(2) {
        let inside: Vec<&str> = polls.iter().filter(|p| p.0 <= pair[0] && p.1 >= pair[1]).map(|p| p.2).collect();
        if inside.len() < workers {
            continue;
        }
        let length = pair[1] - pair[0];
        held.push((pair[0], pair[1]));
        for operation in inside {
            match shares.iter_mut().find(|s| s.0 == operation) {
                Some(share) => share.1 += length,
                None => shares.push((operation, length)),
            }
        }
    }
    let by = shares.into_iter().max_by_key(|s| s.1)?.0.to_owned();
    Some(HeldUp {
        nanos: held.iter().map(|time| time.1 - time.0).sum(),
        by,
        times: held,
    })
}

#[cfg(test)]
mod tests {
    use super::all_inside;

    #[test]
    fn one_worker_is_held_up_by_each() {
        let held = all_inside(&[(0, 10, "a"), (20, 50, "b")], 1).unwrap();
        assert_eq!((held.nanos, held.by.as_str()), (40, "b"));
    }

    #[test]
    fn two_workers_are_held_up_only_together() {
        let held = all_inside(&[(0, 10, "a"), (5, 30, "b"), (25, 28, "c")], 2).unwrap();
        assert_eq!((held.nanos, held.by.as_str()), (8, "b"));
        assert!(all_inside(&[(0, 10, "a")], 2).is_none());
    }
}
