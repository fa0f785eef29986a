// SPDX-License-Identifier: Apache-2.0

//! The document's programs on smol: `smol_traced_task`, the minimal application and the command line tool, by the plain API.

use std::{sync::Arc, time::Duration};

use harness::Args;
use seed::traced;
use smol::{Executor, Timer};

fn main() {
    let args = Args::parse();
    let provider = telemetry::provider("seed-smol", &args);
    opentelemetry::global::set_tracer_provider(provider.clone());
    let executor = Arc::new(Executor::new());
    let end = std::time::Instant::now() + args.duration;
    smol::block_on(executor.run(async {
        while std::time::Instant::now() < end {
            let sleep = |time| async move {
                Timer::after(time).await;
            };
            smol_traced_task(&executor, "main_task", sleep(Duration::from_secs(1))).await;
            traced("minimal", "work", sleep(Duration::from_millis(100))).await;
            traced("cli", "main", async {}).await;
        }
    }));
    provider.shutdown().expect("all spans sent");
}

async fn smol_traced_task(
    executor: &Executor<'static>,
    name: &'static str,
    future: impl std::future::Future<Output = ()> + Send + 'static,
) {
    traced("smol", name, executor.spawn(future)).await;
}
