//! Measures what the primitives of the async runtimes cost on this machine, and prints a line of JSON for each:
//!
//!     {"name": "tokio/spawn", "unit": "ns", "median": 92.1, "low": 91.7, "high": 92.6, "sigma": 0.02, "kept": 200, "thrown": 3, "how": ...}
//!
//! internal/calibrate makes a profile for the models from these lines. A figure without a median could not be taken.

mod loops;
mod measure;
mod outside;
mod pool;
mod runtimes;
mod steal;
mod threads;
mod timers;

use std::env;
use std::time::Duration;

use measure::{Effort, Sample, Tally};
use runtimes::{AsyncStd, Executor, Root, Smol, Tokio};
use serde_json::Value;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let milliseconds = match arguments.first().map(String::as_str) {
        Some("exit") => return, // the process whose start is measured
        Some(n) => n.parse().expect("want the milliseconds for each figure"),
        None => 300,
    };
    // Before any thread: these threads come with the first task of a process.
    env::set_var("SMOL_THREADS", "1");
    env::set_var("ASYNC_STD_THREAD_COUNT", "1");
    let effort = Effort {
        chunks: 300,
        longest: Duration::from_millis(milliseconds),
    };
    measure::spin(Duration::from_millis(200)); // the CPU's clock rises first

    // Whatever starts threads that stay comes last.
    on_one_worker(effort);
    on_two_workers(effort);
    steal::all(effort, &mut print);
    outside::all(effort, &mut print);
    timers::all(effort, &mut print);
    threads::all(effort, &mut print);
    pool::all(effort, &mut print);
    with_global_executors(effort);
}

fn print(line: Value) {
    println!("{line}");
}

/// Takes a figure of each loop.
fn play(runtime: &str, loops: &[loops::Loop], effort: Effort, run: &dyn Fn(Root) -> Sample) {
    for l in loops {
        let mut tally = Tally::new(effort);
        run((l.root)()); // warms up
        while !tally.done() {
            tally.add(run((l.root)()));
        }
        print(tally.report(&format!("{runtime}/{}", l.name), l.how));
    }
}

fn on_one_worker(effort: Effort) {
    runtimes::with_tokio(1, |rt| {
        play("tokio", &loops::on_one::<Tokio>(), effort, &|root| runtimes::on_tokio(rt, root))
    });
    runtimes::with_current_thread(|rt| {
        play("current_thread", &loops::on_one::<Tokio>(), effort, &|root| {
            runtimes::on_tokio(rt, root)
        })
    });
    play("executor", &loops::on_one::<Executor>(), effort, &runtimes::on_executor);
}

fn on_two_workers(effort: Effort) {
    if measure::cpus() < 2 {
        return;
    }
    runtimes::with_tokio(2, |rt| {
        play("tokio2", &loops::on_two::<Tokio>(), effort, &|root| runtimes::on_tokio(rt, root))
    });
    runtimes::with_runners(1, || {
        play("executor2", &loops::on_two::<Executor>(), effort, &runtimes::on_executor)
    });
}

/// The executors that belong to a process, whose threads never end.
fn with_global_executors(effort: Effort) {
    play("smol", &loops::on_one::<Smol>(), effort, &runtimes::on_smol);
    play("async_std", &loops::on_one::<AsyncStd>(), effort, &runtimes::on_async_std);
}
