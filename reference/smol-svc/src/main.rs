// SPDX-License-Identifier: Apache-2.0

//! smol with tracing: requests are tasks on its global executor, which has one thread. A thread of the service's own runs a local executor,
//! whose tasks hold an entered guard over an await.

use std::{sync::mpsc, thread, time::Duration};

use harness::{
    ledger,
    portable::{self, Runtime},
    truth::{declare, Earns},
    Args,
};
use smol::Timer;

fn main() {
    let args = Args::parse();
    ledger::shared_by(1);
    let provider = smol::block_on(async { telemetry::start("smol", &args, &[]) });
    let runtime = Runtime {
        sleep: |time| {
            Box::pin(async move {
                Timer::after(time).await;
            })
        },
        yield_now: || Box::pin(smol::future::yield_now()),
        spawn: |task| {
            let (end, ended) = smol::channel::bounded(1);
            smol::spawn(async move {
                task.await;
                let _ = end.send(()).await;
            })
            .detach();
            Box::pin(async move {
                let _ = ended.recv().await;
            })
        },
        unblock: |closure| Box::pin(smol::unblock(closure)),
    };
    let (stop, stopped) = mpsc::channel::<()>();
    let guards = (!args.healthy).then(|| {
        thread::Builder::new()
            .name("local".into())
            .spawn(move || local(stopped))
            .expect("a thread")
    });
    runtime.load(&portable::mix(args.healthy), &args);
    drop(stop);
    guards.map(thread::JoinHandle::join);
    provider.shutdown().expect("all spans sent");
}

/// Tasks that stay on this thread: each second one holds a guard over its sleep.
fn local(stopped: mpsc::Receiver<()>) {
    let executor = smol::LocalExecutor::new();
    smol::block_on(executor.run(async {
        while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
            let guarded = executor.spawn(async {
                let span = declare(tracing::info_span!("guarded"), Earns::Guard);
                let _guard = span.enter();
                Timer::after(Duration::from_millis(30)).await;
            });
            executor
                .spawn(async {
                    let span = declare(tracing::info_span!("beside"), Earns::Nothing);
                    tracing::Instrument::instrument(Timer::after(Duration::from_millis(10)), span).await;
                })
                .await;
            guarded.await;
            Timer::after(Duration::from_millis(50)).await;
        }
    }));
}
