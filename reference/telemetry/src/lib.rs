// SPDX-License-Identifier: Apache-2.0

//! OpenTelemetry of a service: tracing-opentelemetry with its defaults, OTLP over gRPC or HTTP, batch or simple. A processor adds the
//! attributes `truth.*` to each span as it ends.

mod polls;
mod truth;

use std::time::Duration;

use harness::{
    args::{Exporter, Protocol},
    lack, measured,
    truth::{install, Hooks},
    Args,
};
use opentelemetry::{
    trace::{TraceContextExt, TracerProvider as _},
    Context,
};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, SimpleSpanProcessor},
    Resource,
};
pub use tracing::level_filters::LevelFilter;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, Layer};

use crate::truth::Truth;

/// Sets up the telemetry of a service and its truth. `targets` are those whose spans below INFO are wanted, too. Call it within the
/// context of the runtime, if that is Tokio: gRPC needs it. Shut the provider down at the end.
pub fn start(service: &'static str, args: &Args, targets: &[(&'static str, LevelFilter)]) -> SdkTracerProvider {
    let provider = provider(service, args);
    install(Hooks {
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
    let watch = lack::is_measured().then_some(polls::Watch);
    let subscriber = tracing_subscriber::registry().with(watch).with(layer);
    tracing::subscriber::set_global_default(subscriber).expect("the first subscriber");
    provider
}

/// The same without tracing, for services that use OpenTelemetry's own API.
pub fn provider(service: &'static str, args: &Args) -> SdkTracerProvider {
    let name = args.name.clone().unwrap_or_else(|| service.into());
    let exporter = match args.protocol {
        Protocol::Grpc => SpanExporter::builder().with_tonic().with_endpoint(&args.endpoint).build(),
        Protocol::Http => SpanExporter::builder()
            .with_http()
            .with_endpoint(format!("{}/v1/traces", args.endpoint))
            .build(),
    }
    .expect("an exporter");
    let builder = SdkTracerProvider::builder().with_resource(Resource::builder().with_service_name(name).build());
    match args.exporter {
        Exporter::Batch => {
            let often = BatchConfigBuilder::default()
                .with_scheduled_delay(Duration::from_millis(500))
                .build();
            builder.with_span_processor(Truth::new(BatchSpanProcessor::builder(exporter).with_batch_config(often).build()))
        }
        Exporter::Simple => builder.with_span_processor(Truth::new(SimpleSpanProcessor::new(exporter))),
    }
    .build()
}
