// SPDX-License-Identifier: Apache-2.0

//! axum with tower-http's TraceLayer: on two workers, or on one thread with `--current-thread`.

use std::future::IntoFuture;

use axum::{routing::get, Router};
use harness::{handlers, ledger, load, Args};
use tower_http::trace::TraceLayer;

fn main() {
    let args = Args::parse();
    let runtime = if args.current_thread {
        tokio::runtime::Builder::new_current_thread().enable_all().build()
    } else {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
    }
    .expect("a runtime");
    ledger::shared_by(if args.current_thread { 1 } else { 2 });

    let name = if args.current_thread { "axum-current" } else { "axum" };
    let provider = {
        let _context = runtime.enter();
        telemetry::start(name, &args, &[("tower_http", telemetry::LevelFilter::DEBUG)])
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
    let mix = handlers::mix(args.healthy, args.current_thread);
    let mut router = Router::new();
    for &(operation, _) in &mix {
        router = router.route(&format!("/{operation}"), get(move || handlers::serve(operation, "request")));
    }
    let listener = tokio::net::TcpListener::bind("localhost:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = axum::serve(listener, router.layer(TraceLayer::new_for_http())).into_future();
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
