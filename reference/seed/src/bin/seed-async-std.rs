// SPDX-License-Identifier: Apache-2.0

//! The document's programs on async-std: `traced_spawn`, `traced_stream` and the file tool, by the plain API.

use std::time::Duration;

use async_std::{io::prelude::BufReadExt, io::BufReader, stream::StreamExt, task};
use harness::Args;
use opentelemetry::{
    trace::{Span, Tracer},
    KeyValue,
};
use seed::traced;

fn main() {
    let args = Args::parse();
    let provider = telemetry::provider("seed-async-std", &args);
    opentelemetry::global::set_tracer_provider(provider.clone());
    let end = std::time::Instant::now() + args.duration;
    task::block_on(async {
        while std::time::Instant::now() < end {
            let background = traced_spawn("background_task", task::sleep(Duration::from_secs(1)));
            let file = traced_spawn("file_processing", process_file());
            traced_stream().await;
            background.await;
            file.await;
        }
    });
    provider.shutdown().expect("all spans sent");
}

fn traced_spawn(name: &'static str, future: impl std::future::Future<Output = ()> + Send + 'static) -> task::JoinHandle<()> {
    task::spawn(traced("async-std", name, future))
}

async fn traced_stream() {
    let mut span = opentelemetry::global::tracer("async-std-stream").start("stream_processing");
    span.set_attribute(KeyValue::new("truth.finding", "none"));
    let mut ticks = async_std::stream::interval(Duration::from_millis(100)).take(10).enumerate();
    while let Some((index, ())) = ticks.next().await {
        span.add_event(format!("item_{index}"), vec![KeyValue::new("index", index as i64)]);
    }
    span.end();
}

async fn process_file() {
    let file = async_std::fs::File::open("/proc/self/maps").await.expect("a file of every Linux");
    let mut lines = BufReader::new(file).lines();
    while let Some(Ok(line)) = lines.next().await {
        std::hint::black_box(line.len());
    }
}
