// SPDX-License-Identifier: Apache-2.0

//! actix-web with tracing-actix-web: two workers, each a thread with a runtime of its own. Futures may stay on their thread here, so a
//! handler can hold an entered guard over an await.

use std::time::Duration;

use actix_web::{web, App, HttpServer};
use harness::{
    handlers::{self, spin},
    ledger, load,
    measured::run,
    task_span,
    truth::{declare, known, Earns},
    Args,
};
use tokio::time::sleep;
use tracing::Span;
use tracing_actix_web::TracingLogger;

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let args = Args::parse();
    ledger::a_runtime_each();
    let provider = telemetry::start("actix", &args, &[]);

    let mut mix = handlers::mix(args.healthy, true);
    let tokio_s_own = mix.clone();
    mix.push(("web_block", 4));
    if !args.healthy {
        mix.push(("guarded", 4));
    }
    let server = HttpServer::new(move || {
        let mut app = App::new()
            .wrap(TracingLogger::default())
            .route("/guarded", web::get().to(guarded))
            .route("/web_block", web::get().to(web_block));
        for &(operation, _) in &tokio_s_own {
            app = app.route(
                &format!("/{operation}"),
                web::get().to(move || handlers::serve(operation, "GET /block_bare")),
            );
        }
        app
    })
    .workers(2)
    .shutdown_timeout(1)
    .bind("localhost:0")?;
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    std::thread::spawn(move || {
        load::http(address, &mix, &args);
        drop(handle.stop(true)); // the command is sent by the call
    });
    server.await?;
    web::block(move || provider.shutdown())
        .await
        .expect("the pool")
        .expect("all spans sent");
    Ok(())
}

/// Holds an entered guard over an await: the span counts as running while other tasks of its thread run, and their spans become its
/// children.
async fn guarded() -> &'static str {
    let span = known(tracing::info_span!("guarded"), Earns::Guard);
    let _guard = span.enter();
    sleep(Duration::from_millis(30)).await;
    "ok"
}

/// Computes on the blocking pool, as actix-web recommends.
async fn web_block() -> &'static str {
    run(known(task_span!("web_block"), Earns::Nothing), async {
        let parent = Span::current();
        let closure = move || {
            let span = parent.in_scope(|| declare(tracing::info_span!("render"), Earns::Nothing));
            span.in_scope(|| spin(Duration::from_millis(15)));
        };
        web::block(closure).await.expect("the closure");
    })
    .await;
    "ok"
}
