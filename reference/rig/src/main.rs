// SPDX-License-Identifier: Apache-2.0

//! Plays a plan on a real runtime: requests that arrive at given times and do given steps, with each duration drawn already. The models
//! play the same requests, so what differs is the model's error.
//!
//! ```text
//! plan (JSON lines) --> arrivals, a thread --spawn--> tasks on Tokio, smol or async-std --> requests, polls, counters (JSON)
//!                                                          |
//!                                                       Recorded: when woken, polled, on which thread
//! ```
//!
//! `rig PLAN` reads the plan and prints the result. One process plays one plan: async-std and smol have one executor to a process.
//! The first line of a plan is about the runtime, each further line is a request; see plan.rs.

mod arrivals;
mod clock;
mod machine;
mod plan;
mod quota;
mod record;
mod report;
mod runtimes;
mod socket;
mod task;

use std::time::Duration;

use runtimes::{AsyncStd, Runtime, Smol, SmolMain, Tokio, TokioPerCore};

fn main() {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("rig: missing the path of a plan");
        std::process::exit(2);
    };
    let plan = std::fs::read_to_string(&path)
        .map_err(|e| e.to_string())
        .and_then(|text| plan::parse(&text));
    let plan: &'static plan::Plan = match plan {
        Ok(plan) => Box::leak(Box::new(plan)),
        Err(mistake) => {
            eprintln!("rig: {path}: {mistake}");
            std::process::exit(2);
        }
    };
    // Before any thread of a runtime exists: the settings that crates read from the environment.
    std::env::set_var("SMOL_THREADS", plan.workers.to_string());
    std::env::set_var("ASYNC_STD_THREAD_COUNT", plan.workers.to_string());
    if plan.max_blocking_threads > 0 {
        std::env::set_var("BLOCKING_MAX_THREADS", plan.max_blocking_threads.to_string());
    }
    clock::start();
    record::start(plan);
    match plan.runtime.as_str() {
        "tokio" | "current_thread" => play::<Tokio>(plan),
        "tokio_per_core" => play::<TokioPerCore>(plan),
        "smol_main" => play::<SmolMain>(plan),
        "smol" => play::<Smol>(plan),
        "async_std" => play::<AsyncStd>(plan),
        other => {
            eprintln!(
                "rig: {path}: runtime {other:?} is not allowed; want tokio, current_thread, tokio_per_core, smol, smol_main or async_std"
            );
            std::process::exit(2);
        }
    }
}

/// What a runtime gets to start its threads and let them sleep.
const START: Duration = Duration::from_millis(30);

fn play<R: Runtime>(plan: &'static plan::Plan) {
    let runtime: &'static R = Box::leak(Box::new(R::start(plan)));
    let shared: &'static task::Shared<R> = Box::leak(Box::new(task::Shared::new(plan)));
    std::thread::sleep(START);
    while !runtime.asleep() {
        std::thread::sleep(START);
    }
    let period_began = quota::leave();
    let before = runtime.counters();
    let machine = machine::Machine::watch();
    if plan.block_on {
        arrivals::block_on(plan, runtime, shared);
    } else {
        arrivals::from_a_thread(plan, runtime, shared);
    }
    let seen = machine.seen();
    record::settle();
    let mut counters = runtime.counters();
    for (name, count) in &mut counters {
        *count -= before[name];
    }
    report::print(plan, counters, &seen, period_began);
}
