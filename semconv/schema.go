// SPDX-License-Identifier: Apache-2.0

package semconv

// SchemaVersion is the version of the names in this package. It is raised by the first release after a name was added, changed or
// removed, and by no other: it is in the telemetry, so a new one changes what every run of a seed sends.
const SchemaVersion = "0.1.0"

// SchemaURL says by which names telemetry goes: those of semconv/registry at SchemaVersion. It identifies; nothing is served there.
//
// It stands where every name that could need it is ours or OpenTelemetry's: on resources of simulated services
// (async_runtime.simulated), on the scope async_runtime of their metrics, and on the scope of the metrics of the runtime_stats
// connector. It does not stand on scopes of spans and logs, not of simulated services either: their names are those of Rust's tracing
// layer, which sends no schema URL. Components that add to the telemetry of others leave its schema URL alone.
const SchemaURL = "https://github.com/runtimelab/otelcol-runtimelab/schemas/" + SchemaVersion
