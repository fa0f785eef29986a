//! Workers that look for tasks at others.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::measure::{self, Chunk, Effort, Sample, Tally};
use crate::runtimes;
use crate::threads::watched;

/// No part of a steal takes longer, unless a thread lacks a CPU.
const LONG: Duration = Duration::from_millis(50);

fn until(flag: &AtomicBool) -> bool {
    let start = Instant::now();
    while !flag.load(SeqCst) {
        if start.elapsed() > LONG {
            return false;
        }
        std::hint::spin_loop();
    }
    true
}

/// The first worker queues tasks and keeps them from running; the second one ends a task, and steals half of them. The sample is the time
/// between that task's end and the first stolen task.
async fn steal(queued: usize) -> Sample {
    let missed = Sample { ns: 0.0, quiet: false };
    let [awake, full, stolen, over] = std::array::from_fn(|_| Arc::new(AtomicBool::new(false)));
    let timed = Arc::new(Mutex::new(None::<Chunk>));
    let sample = Arc::new(Mutex::new(missed));
    let thief = tokio::spawn({
        let (awake, full, timed) = (awake.clone(), full.clone(), timed.clone());
        async move {
            awake.store(true, SeqCst);
            if until(&full) {
                *timed.lock().expect("no panic") = Some(Chunk::start());
            }
        }
    });
    // The newest task is in a slot that nobody steals from: this one drives the thief's task out of it.
    let mut handles = vec![thief, tokio::spawn(async {})];
    if !until(&awake) {
        full.store(true, SeqCst);
        return missed;
    }
    for _ in 0..queued {
        let (stolen, timed, sample, over) = (stolen.clone(), timed.clone(), sample.clone(), over.clone());
        handles.push(tokio::spawn(async move {
            if over.load(SeqCst) {
                return;
            }
            if let Some(chunk) = timed.lock().expect("no panic").take() {
                *sample.lock().expect("no panic") = chunk.stop(1);
                stolen.store(true, SeqCst);
            }
        }));
    }
    full.store(true, SeqCst);
    let seen = until(&stolen);
    over.store(true, SeqCst);
    for h in handles {
        h.await.expect("the task ends");
    }
    let sample = *sample.lock().expect("no panic");
    if seen {
        sample
    } else {
        missed
    }
}

/// The CPU time of the workers for each task that another thread spawns, while all of them sleep.
fn cycle(spawn: &dyn Fn()) -> f64 {
    let of_workers = || measure::cpu_time(libc::CLOCK_PROCESS_CPUTIME_ID) - measure::cpu_time(libc::CLOCK_THREAD_CPUTIME_ID);
    let before = of_workers();
    for _ in 0..20 {
        spawn();
        measure::spin(Duration::from_micros(100));
    }
    of_workers().saturating_sub(before).as_nanos() as f64 / 20.0
}

pub fn all(effort: Effort, print: &mut dyn FnMut(Value)) {
    if measure::cpus() < 2 {
        return;
    }
    runtimes::with_tokio(2, |rt| {
        for (queued, takes) in [(2, 1), (128, 64)] {
            let mut tally = Tally::new(effort);
            while !tally.done() {
                tally.add(runtimes::on_tokio(rt, Box::pin(steal(queued))));
            }
            let how = format!("from the end of a task until the first of {takes} stolen tasks runs");
            print(tally.report(&format!("tokio/steal_{takes}"), &how));
        }
    });
    let how = |workers: usize| format!("CPU time of {workers} workers that sleep, for each task spawned outside");
    for workers in [4, 36] {
        let cycles = runtimes::with_tokio(workers, |rt| watched(effort, || cycle(&|| drop(rt.spawn(async {})))));
        print(cycles.report(&format!("tokio/cycle_{workers}"), &how(workers)));
        let cycles = runtimes::with_runners(workers, || {
            watched(effort, || cycle(&|| runtimes::EXECUTOR.spawn(async {}).detach()))
        });
        print(cycles.report(&format!("executor/cycle_{workers}"), &how(workers)));
    }
}
