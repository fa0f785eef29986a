// SPDX-License-Identifier: Apache-2.0

//! axum with axum-tracing-opentelemetry, on two workers whose threads have a name of the service's own.

use std::future::IntoFuture;

use axum::{routing::get, Router};
use axum_tracing_opentelemetry::middleware::{OtelAxumLayer, OtelInResponseLayer};
use harness::{handlers, ledger, load, Args};

fn main() {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("api-worker")
        .enable_all()
        .build()
        .expect("a runtime");
    ledger::shared_by(2);
    let provider = {
        let _context = runtime.enter();
        telemetry::start("ato", &args, &[("otel::tracing", telemetry::LevelFilter::TRACE)])
    };
    runtime.block_on(async {
        serve(args).await;
        // The exporter needs the runtime until its end.
        tokio::task::spawn_blocking(move || provider.shutdown())
            .await
            .expect("the pool")
            .expect("all spans sent");
    });
}

async fn serve(args: Args) {
    let mix = handlers::mix(args.healthy, false);
    let mut router = Router::new();
    for &(operation, _) in &mix {
        router = router.route(&format!("/{operation}"), get(move || handlers::serve(operation, "GET /block_bare")));
    }
    let router = router.layer(OtelInResponseLayer).layer(OtelAxumLayer::default());
    let listener = tokio::net::TcpListener::bind("localhost:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = axum::serve(listener, router).into_future();
    let (over, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        load::http(address, &mix, args.clients, args.duration);
        let _ = over.send(());
    });
    tokio::select! {
        result = tokio::spawn(server) => panic!("the server ended: {result:?}"),
        _ = end => (),
    }
}
