//! The pools for blocking code: what it costs a task to hand over a job.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::measure::{self, Chunk, Effort, Machine, Sample, Tally};
use crate::runtimes::{self, Root};
use crate::threads::STRETCH;

const NEW_THREADS: usize = 60;
const IDLE: usize = 40;

/// Holds jobs until it opens.
#[derive(Default)]
struct Gate {
    running: AtomicUsize,
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn hold(&self) {
        self.running.fetch_add(1, SeqCst);
        let mut open = self.open.lock().expect("no panic");
        while !*open {
            open = self.opened.wait(open).expect("no panic");
        }
    }

    fn open(&self) {
        *self.open.lock().expect("no panic") = true;
        self.opened.notify_all();
    }
}

/// A root task has one sample; these have as many as jobs, and put them here.
type Figures = Arc<Mutex<Vec<Sample>>>;

const PLAYED: Sample = Sample { ns: 0.0, quiet: true };

/// Jobs, each of which finds all threads of the pool busy: each call creates a thread.
async fn growing<J: Future>(submit: fn(Box<dyn FnOnce() + Send>) -> J, figures: Figures) -> Sample {
    let gate = Arc::new(Gate::default());
    let mut jobs = Vec::new();
    for i in 0..NEW_THREADS {
        let gate = gate.clone();
        let held = gate.clone();
        let chunk = Chunk::start();
        jobs.push(submit(Box::new(move || held.hold())));
        figures.lock().expect("no panic").push(chunk.stop(1));
        while gate.running.load(SeqCst) <= i {
            std::hint::spin_loop();
        }
        measure::spin(Duration::from_micros(50));
    }
    gate.open();
    for j in jobs {
        j.await;
    }
    PLAYED
}

/// Jobs that find an idle thread, which has slept for 50 us or more.
async fn handing<J: Future>(submit: fn(Box<dyn FnOnce() + Send>) -> J, figures: Figures) -> Sample {
    for _ in 0..IDLE {
        measure::spin(Duration::from_micros(50));
        let chunk = Chunk::start();
        let job = submit(Box::new(|| ()));
        figures.lock().expect("no panic").push(chunk.stop(1));
        job.await;
    }
    PLAYED
}

/// Such jobs, from the call until the task that awaits the job goes on.
async fn rounds<J: Future>(submit: fn(Box<dyn FnOnce() + Send>) -> J, figures: Figures) -> Sample {
    for _ in 0..IDLE {
        measure::spin(Duration::from_micros(50));
        let start = Instant::now();
        submit(Box::new(|| ())).await;
        let ns = start.elapsed().as_nanos() as f64;
        figures.lock().expect("no panic").push(Sample { ns, quiet: true });
    }
    PLAYED
}

/// Jobs for a pool that has no thread to spare and may not create any.
async fn queueing(figures: Figures) -> Sample {
    let gate = Arc::new(Gate::default());
    let held = gate.clone();
    let mut jobs = vec![tokio::task::spawn_blocking(move || held.hold())];
    while gate.running.load(SeqCst) == 0 {
        std::hint::spin_loop();
    }
    let chunk = Chunk::start();
    for _ in 0..IDLE {
        jobs.push(tokio::task::spawn_blocking(|| ()));
    }
    figures.lock().expect("no panic").push(chunk.stop(IDLE));
    gate.open();
    for j in jobs {
        j.await.expect("the job ends");
    }
    PLAYED
}

fn tokio_job(job: Box<dyn FnOnce() + Send>) -> tokio::task::JoinHandle<()> {
    tokio::task::spawn_blocking(job)
}

fn smol_job(job: Box<dyn FnOnce() + Send>) -> smol::Task<()> {
    smol::unblock(job)
}

/// Plays a root task whose jobs wake or create threads, while nobody else uses the machine: a CPU that is busy takes a thread more cheaply
/// than one that sleeps.
fn tally(effort: Effort, again: bool, mut play: impl FnMut(Figures)) -> Tally {
    let mut tally = Tally::new(effort);
    loop {
        let figures = Figures::default();
        let machine = Machine::watch();
        let start = Instant::now();
        loop {
            play(figures.clone());
            if !again || start.elapsed() >= STRETCH {
                break;
            }
        }
        measure::spin(STRETCH.saturating_sub(start.elapsed()));
        let quiet = machine.was_quiet();
        for sample in figures.lock().expect("no panic").iter() {
            tally.add(Sample {
                quiet: quiet && sample.quiet,
                ..*sample
            });
        }
        if !again || tally.done() {
            return tally;
        }
    }
}

const GROWS: &str = "the call that hands over a job while all threads are busy, and creates a thread";
const HANDS: &str = "the call that hands over a job to a thread that has slept for 50 us or more";
const ROUND: &str = "from that call until the task that awaits the job goes on";

pub fn all(effort: Effort, print: &mut dyn FnMut(Value)) {
    if measure::cpus() < 2 {
        return;
    }
    let grown = tally(effort, true, |figures| {
        runtimes::with_tokio(1, |rt| runtimes::on_tokio(rt, Box::pin(growing(tokio_job, figures))));
    });
    print(grown.report("tokio/pool_grow", GROWS));
    runtimes::with_tokio(1, |rt| {
        let handed = tally(effort, true, |figures| {
            runtimes::on_tokio(rt, Box::pin(handing(tokio_job, figures)));
        });
        print(handed.report("tokio/pool_hand", HANDS));
        let went_on = tally(effort, true, |figures| {
            runtimes::on_tokio(rt, Box::pin(rounds(tokio_job, figures)));
        });
        print(went_on.report("tokio/pool_round", ROUND));
    });
    let rt = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(1)
        .build()
        .expect("a runtime");
    let queued = tally(effort, true, |figures| {
        let root: Root = Box::pin(queueing(figures));
        runtimes::on_tokio(&rt, root);
    });
    print(queued.report(
        "tokio/pool_queue",
        "the call that queues a job for a pool which has no thread left: per job",
    ));
    drop(rt);

    // This pool belongs to the process, and its threads stay for a while: it grows once.
    let grown = tally(effort, false, |figures| {
        runtimes::on_executor(Box::pin(growing(smol_job, figures)));
    });
    print(grown.report("executor/pool_grow", GROWS));
    let handed = tally(effort, true, |figures| {
        runtimes::on_executor(Box::pin(handing(smol_job, figures)));
    });
    print(handed.report("executor/pool_hand", HANDS));
    let went_on = tally(effort, true, |figures| {
        runtimes::on_executor(Box::pin(rounds(smol_job, figures)));
    });
    print(went_on.report("executor/pool_round", ROUND));
}
