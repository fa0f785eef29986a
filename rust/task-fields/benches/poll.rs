// SPDX-License-Identifier: Apache-2.0

//! What a measured future costs beside one that is only instrumented: for each poll, and for a span from its making to its end.
//! The future is polled by hand, without an executor, so the difference is all there is to see.

#![allow(clippy::incompatible_msrv)] // that is the crate's; a benchmark needs the compiler that criterion needs

use std::future::Future;
use std::hint::black_box;
use std::pin::{pin, Pin};
use std::task::{Context, Poll, Waker};

use criterion::{criterion_group, criterion_main, Criterion};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use task_fields::{task_span, MeasureExt};
use tracing::{Dispatch, Instrument, Span};
use tracing_subscriber::{prelude::*, Registry};

/// Is woken during each poll and never ready.
struct Busy;

impl Future for Busy {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

fn polls(c: &mut Criterion, name: &str, future: impl Future<Output = ()>) {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    c.bench_function(name, |b| b.iter(|| black_box(future.as_mut().poll(&mut context)).is_pending()));
}

fn spans(c: &mut Criterion, name: &str, run: impl Fn(Span)) {
    c.bench_function(name, |b| b.iter(|| run(task_span!("GET /orders/{id}", otel.kind = "server"))));
}

/// Polls it once, which makes it ready.
fn once(future: impl Future<Output = ()>) {
    let _ready = black_box(pin!(future).poll(&mut Context::from_waker(Waker::noop())));
}

fn per_poll(c: &mut Criterion) {
    polls(c, "poll/bare", Busy);
    polls(c, "poll/span disabled/instrument", Busy.instrument(Span::none()));
    polls(c, "poll/span disabled/measured", Busy.measured(Span::none()));
    for (name, subscriber) in subscribers() {
        tracing::dispatcher::with_default(&subscriber, || {
            let span = || task_span!("GET /orders/{id}");
            polls(c, &format!("poll/{name}/instrument"), Busy.instrument(span()));
            polls(c, &format!("poll/{name}/measured"), Busy.measured(span()));
        });
    }
}

fn per_span(c: &mut Criterion) {
    for (name, subscriber) in subscribers() {
        tracing::dispatcher::with_default(&subscriber, || {
            spans(c, &format!("span/{name}/instrument"), |span| once(async {}.instrument(span)));
            spans(c, &format!("span/{name}/measured"), |span| once(async {}.measured(span)));
        });
    }
}

fn subscribers() -> [(&'static str, Dispatch); 2] {
    let tracer = SdkTracerProvider::builder().build().tracer("bench"); // without an exporter: that would cost the same for both
    let layer = tracing_opentelemetry::layer().with_tracer(tracer);
    [
        ("registry", Registry::default().into()),
        ("tracing-opentelemetry", Registry::default().with(layer).into()),
    ]
}

criterion_group!(benches, per_poll, per_span);
criterion_main!(benches);
