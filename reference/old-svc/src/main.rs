// SPDX-License-Identifier: Apache-2.0

//! The axum service with the generation before: OpenTelemetry 0.31 and tracing-opentelemetry 0.32.

use harness::{ledger, Args};
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

    let name = "axum-031";
    let provider = {
        let _context = runtime.enter();
        telemetry_031::start(name, &args, &[("tower_http", telemetry_031::LevelFilter::DEBUG)])
    };
    runtime.block_on(async {
        let mix = axum_app::mix(&args);
        let router = axum_app::routes(&mix, "request").layer(TraceLayer::new_for_http());
        axum_app::serve(args, mix, router).await;
        // The exporter needs the runtime until its end.
        tokio::task::spawn_blocking(move || provider.shutdown())
            .await
            .expect("the pool")
            .expect("all spans sent");
    });
}
