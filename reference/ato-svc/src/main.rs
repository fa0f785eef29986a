// SPDX-License-Identifier: Apache-2.0

//! axum with axum-tracing-opentelemetry, on two workers whose threads have a name of the service's own.

use axum_tracing_opentelemetry::middleware::{OtelAxumLayer, OtelInResponseLayer};
use harness::{ledger, Args};

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
        let mix = axum_app::mix(&args);
        let router = axum_app::routes(&mix, "GET /block_bare")
            .layer(OtelInResponseLayer)
            .layer(OtelAxumLayer::default());
        axum_app::serve(args, mix, router).await;
        // The exporter needs the runtime until its end.
        tokio::task::spawn_blocking(move || provider.shutdown())
            .await
            .expect("the pool")
            .expect("all spans sent");
    });
}
