// SPDX-License-Identifier: Apache-2.0

//! async-std with tracing: requests are tasks on its executor, of two threads.

use harness::{
    ledger,
    portable::{self, Runtime},
    Args,
};

fn main() {
    let args = Args::parse();
    std::env::set_var("ASYNC_STD_THREAD_COUNT", "2");
    ledger::shared_by(2);
    let provider = telemetry::start("async-std", &args, &[]);
    let runtime = Runtime {
        sleep: |time| Box::pin(async_std::task::sleep(time)),
        yield_now: || Box::pin(async_std::task::yield_now()),
        spawn: |task| Box::pin(async_std::task::spawn(task)),
        unblock: |closure| Box::pin(async_std::task::spawn_blocking(closure)),
    };
    runtime.load(&portable::mix(args.healthy), &args);
    provider.shutdown().expect("all spans sent");
}
