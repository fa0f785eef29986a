// SPDX-License-Identifier: Apache-2.0

package fleet

import "github.com/runtimelab/otelcol-runtimelab/semconv"

// Signal is a kind of telemetry.
type Signal = semconv.Signal

// The signals.
const (
	Traces  = semconv.SignalTraces
	Metrics = semconv.SignalMetrics
	Logs    = semconv.SignalLogs

	signals = semconv.NumSignals
)
