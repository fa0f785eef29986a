// SPDX-License-Identifier: Apache-2.0

//! The document's programs on Tokio: `spawn_traced` with its task, and the API gateway.

use std::{future::IntoFuture, time::Duration};

use axum::{routing::get, Router};
use harness::{load, Args};
use tracing::{info, info_span, instrument, Instrument};

fn main() {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("otlp-worker")
        .thread_stack_size(3 * 1024 * 1024)
        .max_blocking_threads(512)
        .enable_all()
        .build()
        .expect("a runtime");
    let provider = {
        let _context = runtime.enter();
        telemetry::start("seed-tokio", &args, &[])
    };
    runtime.block_on(async {
        let task = spawn_traced("background_work", async {
            info!("Starting background work");
            tokio::time::sleep(Duration::from_secs(1)).await;
            info!("Background work completed");
        });
        gateway(args).await;
        task.await.expect("the task");
    });
    provider.shutdown().expect("all spans sent");
}

fn spawn_traced<T: Send + 'static>(
    name: &'static str,
    future: impl std::future::Future<Output = T> + Send + 'static,
) -> tokio::task::JoinHandle<T> {
    tokio::spawn(future.instrument(info_span!("task", task.name = name)))
}

#[instrument]
async fn handler() -> &'static str {
    "OK"
}

async fn gateway(args: Args) {
    let listener = tokio::net::TcpListener::bind("localhost:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = axum::serve(listener, Router::new().route("/", get(handler))).into_future();
    let (over, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        load::http(address, &[("", 1)], &args);
        let _ = over.send(());
    });
    tokio::select! {
        result = tokio::spawn(server) => panic!("the server ended: {result:?}"),
        _ = end => (),
    }
}
