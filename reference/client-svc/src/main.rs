// SPDX-License-Identifier: Apache-2.0

//! A service that asks others: an HTTP server through reqwest, and a database through sqlx. What is slow there is no fault of this service.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener},
    thread,
    time::Duration,
};

use axum::{extract::State, routing::get, Router};
use harness::{
    ledger,
    measured::run,
    task_span,
    truth::{known, Earns},
    Args,
};
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use tower_http::trace::TraceLayer;

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
        telemetry::start(
            "client",
            &args,
            &[
                ("tower_http", telemetry::LevelFilter::DEBUG),
                ("sqlx", telemetry::LevelFilter::WARN),
            ],
        )
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

#[derive(Clone)]
struct Others {
    http: reqwest::Client,
    url: String,
    database: SqlitePool,
}

async fn serve(args: Args) {
    let mut mix = axum_app::mix(&args);
    let others = Others {
        http: reqwest::Client::new(),
        url: format!("http://{}", slow_server()),
        database: SqlitePoolOptions::new()
            .max_connections(2)
            .connect("sqlite::memory:")
            .await
            .expect("a database"),
    };
    let asking = Router::new()
        .route("/calls", get(calls))
        .route("/query", get(query))
        .route("/slow_query", get(slow_query))
        .with_state(others);
    let router = axum_app::routes(&mix, "request").merge(asking).layer(TraceLayer::new_for_http());
    mix.extend([("calls", 10), ("query", 10), ("slow_query", 4)]);
    axum_app::serve(args, mix, router).await;
}

/// Asks a server that takes 4 ms.
async fn calls(State(others): State<Others>) -> &'static str {
    run(known(task_span!("calls"), Earns::Nothing), async {
        if let Ok(response) = others.http.get(&others.url).send().await {
            let _ = response.bytes().await;
        }
    })
    .await;
    "ok"
}

/// A query of microseconds, on sqlx's own thread.
async fn query(State(others): State<Others>) -> &'static str {
    run(known(task_span!("query"), Earns::Nothing), async {
        let _ = sqlx::query("SELECT 1").execute(&others.database).await;
    })
    .await;
    "ok"
}

/// A query of several milliseconds: the thread of its connection computes, and no worker.
async fn slow_query(State(others): State<Others>) -> &'static str {
    run(known(task_span!("slow_query"), Earns::Nothing), async {
        let count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) SELECT count(*) FROM n";
        let _ = sqlx::query(count).execute(&others.database).await;
    })
    .await;
    "ok"
}

/// Answers every request after 4 ms, on threads of its own.
fn slow_server() -> SocketAddr {
    let listener = TcpListener::bind("localhost:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { continue };
            thread::spawn(move || {
                let Ok(mut answers) = stream.try_clone() else { return };
                for line in BufReader::new(stream).lines() {
                    let Ok(line) = line else { return };
                    if line.is_empty() {
                        thread::sleep(Duration::from_millis(4));
                        if answers.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").is_err() {
                            return;
                        }
                    }
                }
            });
        }
    });
    address
}
