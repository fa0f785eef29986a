// SPDX-License-Identifier: Apache-2.0

//! What the source document's programs share: spans by OpenTelemetry's plain API, which know neither busy nor idle time.

use opentelemetry::{
    trace::{Span, Tracer},
    KeyValue,
};

/// A span of this name around a future, by this tracer. None of its spans can have a finding, as nothing is known but its ends.
pub async fn traced<T>(tracer: &'static str, name: &'static str, future: impl std::future::Future<Output = T>) -> T {
    let mut span = opentelemetry::global::tracer(tracer).start(name);
    span.set_attribute(KeyValue::new("truth.finding", "none"));
    let result = future.await;
    span.end();
    result
}
