// SPDX-License-Identifier: Apache-2.0

//! axum with tower-http's TraceLayer: on two workers, or on one thread with `--current-thread`.

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

    let name = if args.current_thread { "axum-current" } else { "axum" };
    let provider = {
        let _context = runtime.enter();
        telemetry::start(name, &args, &[("tower_http", telemetry::LevelFilter::DEBUG)])
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
