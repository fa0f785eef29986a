// SPDX-License-Identifier: Apache-2.0

//! Spans as OpenTelemetry exports them.

use opentelemetry::{trace::TracerProvider as _, Value};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tracing::Dispatch;
use tracing_subscriber::{prelude::*, Registry};

/// Keeps the spans that are made in it. A span stays with it on whatever thread it is used.
pub struct Spans {
    exporter: InMemorySpanExporter,
    subscriber: Dispatch,
}

impl Spans {
    pub fn new() -> Self {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        Spans {
            exporter,
            subscriber: Registry::default().with(layer).into(),
        }
    }

    pub fn make<T>(&self, make: impl FnOnce() -> T) -> T {
        tracing::dispatcher::with_default(&self.subscriber, make)
    }

    /// The attribute of the one span of that name, if it has it. Any other type than a whole number is a fault.
    pub fn get(&self, span: &str, attribute: &str) -> Option<i64> {
        let ended = self.exporter.get_finished_spans().unwrap();
        let named: Vec<_> = ended.iter().filter(|ended| ended.name == span).collect();
        assert_eq!(named.len(), 1, "spans {span}");
        let found = named[0].attributes.iter().find(|found| found.key.as_str() == attribute)?;
        match found.value {
            Value::I64(value) => Some(value),
            ref other => panic!("{attribute} is {other:?}"),
        }
    }

    pub fn number(&self, span: &str, attribute: &str) -> i64 {
        self.get(span, attribute).unwrap_or_else(|| panic!("{span} has no {attribute}"))
    }
}
