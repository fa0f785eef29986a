//! Tasks that a thread spawns which is none of the runtime's.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::measure::{self, Chunk, Effort, Sample, Tally};
use crate::runtimes::{self, Root, Run};
use crate::threads::watched;

const TASKS: usize = 200;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;
/// Spawns a task from any thread.
type Spawn = Arc<dyn Fn(Task) + Send + Sync>;

/// While the worker is in a task, another thread spawns 200. The first sample is what a spawn costs that thread; the second one what a
/// task costs the worker from then on.
fn burst(run: Run, spawn: &Spawn) -> (Sample, Sample) {
    let begun = Arc::new(AtomicBool::new(false));
    let full = Arc::new(AtomicBool::new(false));
    let left = Arc::new(AtomicUsize::new(TASKS));
    let timed = Arc::new(Mutex::new(None::<Chunk>));
    let (done, ended) = smol::channel::bounded(1);
    let outside = thread::spawn({
        let (begun, full, timed, spawn) = (begun.clone(), full.clone(), timed.clone(), spawn.clone());
        move || {
            while !begun.load(SeqCst) {
                std::hint::spin_loop();
            }
            let chunk = Chunk::start();
            for _ in 0..TASKS {
                let (left, timed, done) = (left.clone(), timed.clone(), done.clone());
                spawn(Box::pin(async move {
                    if left.fetch_sub(1, SeqCst) == 1 {
                        let chunk = timed.lock().expect("no panic").take().expect("the root task started it");
                        done.try_send(chunk.stop(TASKS)).expect("room");
                    }
                }));
            }
            let sample = chunk.stop(TASKS);
            full.store(true, SeqCst);
            sample
        }
    });
    let root: Root = Box::pin(async move {
        begun.store(true, SeqCst);
        while !full.load(SeqCst) {
            std::hint::spin_loop();
        }
        *timed.lock().expect("no panic") = Some(Chunk::start());
        ended.recv().await.expect("the last task ends")
    });
    let drained = run(root);
    (outside.join().expect("the thread ends"), drained)
}

fn bursts(name: &str, effort: Effort, run: Run, spawn: Spawn, print: &mut dyn FnMut(Value)) {
    let (mut spawns, mut drains) = (Tally::new(effort), Tally::new(effort));
    while !drains.done() {
        let (spawned, drained) = burst(run, &spawn);
        spawns.add(spawned);
        drains.add(drained);
    }
    print(spawns.report(
        &format!("{name}/outside_spawn"),
        "200 spawns by a thread outside while the worker is in a task: per spawn",
    ));
    print(drains.report(&format!("{name}/drain"), "200 tasks that were spawned from outside: per task"));
}

/// From a spawn outside until the task runs, on workers that sleep.
fn first_poll(spawn: &Spawn) -> f64 {
    measure::spin(Duration::from_micros(100));
    let (ran, runs) = (Arc::new(AtomicUsize::new(0)), Instant::now());
    let start = runs.elapsed().as_nanos();
    spawn(Box::pin({
        let ran = ran.clone();
        async move { ran.store(runs.elapsed().as_nanos() as usize, SeqCst) }
    }));
    while ran.load(SeqCst) == 0 {
        std::hint::spin_loop();
    }
    (ran.load(SeqCst) as u128 - start) as f64
}

const FIRST_POLL: &str = "from a spawn outside until the task runs, on workers that have slept for 100 us";

pub fn all(effort: Effort, print: &mut dyn FnMut(Value)) {
    if measure::cpus() < 2 {
        return;
    }
    let tokio = |handle: tokio::runtime::Handle| -> Spawn {
        Arc::new(move |task| {
            handle.spawn(task);
        })
    };
    let executor: Spawn = Arc::new(|task| runtimes::EXECUTOR.spawn(task).detach());
    runtimes::with_tokio(1, |rt| {
        bursts(
            "tokio",
            effort,
            &|root| runtimes::on_tokio(rt, root),
            tokio(rt.handle().clone()),
            print,
        );
        let spawn = tokio(rt.handle().clone());
        print(watched(effort, || first_poll(&spawn)).report("tokio/first_poll", FIRST_POLL));
    });
    runtimes::with_current_thread(|rt| {
        bursts(
            "current_thread",
            effort,
            &|root| runtimes::on_tokio(rt, root),
            tokio(rt.handle().clone()),
            print,
        );
    });
    bursts("executor", effort, &runtimes::on_executor, executor.clone(), print);
    runtimes::with_runners(1, || {
        print(watched(effort, || first_poll(&executor)).report("executor/first_poll", FIRST_POLL))
    });
}
