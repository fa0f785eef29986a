// SPDX-License-Identifier: Apache-2.0

//! OpenTelemetry of a service: tracing-opentelemetry with its defaults, OTLP over gRPC or HTTP, batch or simple. A processor adds the
//! attributes `truth.*` to each span as it ends.

use std::time::Duration;

use harness::{
    args::{Exporter, Protocol},
    clock, cpu, ledger, measured, truth, Args,
};
use opentelemetry::{
    trace::{TraceContextExt, TracerProvider as _},
    Context, KeyValue,
};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, SimpleSpanProcessor, Span, SpanData, SpanProcessor},
    Resource,
};
pub use tracing::level_filters::LevelFilter;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, Layer};

/// Sets up the telemetry of a service and its truth. `targets` are those whose spans below INFO are wanted, too. Call it within the
/// context of the runtime, if that is Tokio: gRPC needs it. Shut the provider down at the end.
pub fn start(service: &'static str, args: &Args, targets: &[(&'static str, LevelFilter)]) -> SdkTracerProvider {
    let provider = provider(service, args);
    truth::install(truth::Hooks {
        set_text: |span, key, value| span.set_attribute(key, value),
        set_number: |span, key, value| span.set_attribute(key, value),
        current_trace: || u128::from_be_bytes(Context::current().span().span_context().trace_id().to_bytes()),
    });
    if args.task_fields {
        measured::turn_on();
    }
    let filter = Targets::new().with_default(LevelFilter::INFO).with_targets(targets.iter().copied());
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(service))
        .with_filter(filter);
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::set_global_default(subscriber).expect("the first subscriber");
    provider
}

/// The same without tracing, for services that use OpenTelemetry's own API.
pub fn provider(service: &'static str, args: &Args) -> SdkTracerProvider {
    let exporter = match args.protocol {
        Protocol::Grpc => SpanExporter::builder().with_tonic().with_endpoint(&args.endpoint).build(),
        Protocol::Http => SpanExporter::builder()
            .with_http()
            .with_endpoint(format!("{}/v1/traces", args.endpoint))
            .build(),
    }
    .expect("an exporter");
    let builder = SdkTracerProvider::builder().with_resource(Resource::builder().with_service_name(service).build());
    match args.exporter {
        Exporter::Batch => {
            let often = BatchConfigBuilder::default()
                .with_scheduled_delay(Duration::from_millis(500))
                .build();
            builder.with_span_processor(Truth(BatchSpanProcessor::builder(exporter).with_batch_config(often).build()))
        }
        Exporter::Simple => builder.with_span_processor(Truth(SimpleSpanProcessor::new(exporter))),
    }
    .build()
}

/// Tells of each span what the ledger and the scheduler of Linux know, and passes it on.
#[derive(Debug)]
struct Truth<P>(P);

impl<P: SpanProcessor> SpanProcessor for Truth<P> {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.0.on_start(span, context);
    }

    fn on_end(&self, mut span: SpanData) {
        let (start, end) = (clock::nanos(span.start_time), clock::nanos(span.end_time));
        let trace = u128::from_be_bytes(span.span_context.trace_id().to_bytes());
        if cpu::is_worker() {
            if let Some(held) = ledger::held_up(trace, start, end) {
                span.attributes.push(KeyValue::new("truth.held_up_ns", held.nanos as i64));
                span.attributes.push(KeyValue::new("truth.held_up_by", held.by));
            }
        }
        span.attributes
            .push(KeyValue::new("truth.cpu_wait_ns", cpu::wait_since(start) as i64));
        self.0.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}
