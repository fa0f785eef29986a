// SPDX-License-Identifier: Apache-2.0

//! The document's mixed application: a Tokio runtime and a smol executor in one process. Each light task starts a thread that runs the
//! executor until the task is done.

use std::{sync::Arc, thread, time::Duration};

use harness::{
    ledger,
    truth::{declare, known, Earns},
    Args,
};
use smol::Executor;
use tracing::{info_span, Instrument};

fn main() {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    ledger::shared_by(2);
    let provider = {
        let _context = runtime.enter();
        telemetry::start("seed-mixed", &args, &[])
    };
    let executor = Arc::new(Executor::new());
    let end = std::time::Instant::now() + args.duration;
    runtime.block_on(async {
        while std::time::Instant::now() < end {
            let heavy = tokio::spawn(async {
                let work = tokio::time::sleep(Duration::from_millis(20));
                let span = known(info_span!("high_performance"), Earns::Nothing);
                work.instrument(span).await;
            });
            let light = spawn_lightweight(executor.clone());
            heavy.await.expect("the task");
            tokio::task::spawn_blocking(move || light.join())
                .await
                .expect("the pool")
                .expect("the light task");
        }
    });
    provider.shutdown().expect("all spans sent");
}

fn spawn_lightweight(executor: Arc<Executor<'static>>) -> thread::JoinHandle<()> {
    thread::Builder::new()
        .name("smol-light".into())
        .spawn(move || {
            let task = async {
                smol::Timer::after(Duration::from_millis(10)).await;
            };
            let span = declare(info_span!("lightweight"), Earns::Nothing);
            smol::block_on(executor.run(task.instrument(span)));
        })
        .expect("a thread")
}
