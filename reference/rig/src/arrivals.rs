// SPDX-License-Identifier: Apache-2.0

//! How requests come to the runtime. In an open loop they come at their times, whatever becomes of those before, from a thread that is none
//! of the runtime's: as the models have it. When each really came is recorded, and the models play those times.

use std::thread;

use crate::{
    clock, machine,
    plan::Plan,
    record,
    runtimes::Runtime,
    task::{task, OfRequest, Shared},
};

/// From now to the first request, if that comes at once: until then the thread of the arrivals has started.
const START: u64 = 2_000_000;

pub fn from_a_thread<R: Runtime>(plan: &'static Plan, runtime: &'static R, shared: &'static Shared<R>) {
    let origin = clock::now() + START;
    let arrivals = move || {
        machine::no_timer_slack();
        for (i, request) in plan.requests.iter().enumerate() {
            clock::sleep_until(origin + request.at);
            runtime.spawn_request(request.core, record::request(i, task::<R, OfRequest>(request.steps, shared)));
        }
    };
    let thread = thread::Builder::new().name(machine::ARRIVALS.into()).spawn(arrivals);
    thread
        .expect("a thread for the arrivals")
        .join()
        .expect("the arrivals come to their end");
    record::wait();
}

/// The futures of requests run in block_on, one after the other, on the main thread: what they spawn is spawned from there.
pub fn block_on<R: Runtime>(plan: &'static Plan, runtime: &'static R, shared: &'static Shared<R>) {
    let origin = clock::now() + START;
    for (i, request) in plan.requests.iter().enumerate() {
        clock::sleep_until(origin + request.at);
        runtime.block_on(record::request(i, task::<R, OfRequest>(request.steps, shared)));
    }
}
