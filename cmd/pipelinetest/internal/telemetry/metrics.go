// SPDX-License-Identifier: Apache-2.0

package telemetry

import "strings"

// series is what a metric is about.
type series struct{ measure, kind, id, signal string }

// measures of which series a metric is one: all but incoming and outgoing are counts by their names in JSON, which are also those in
// scenarios.
const (
	offered       = "offered"
	sdkDropped    = "sdk_dropped"
	givenUp       = "given_up"
	received      = "received"
	refused       = "refused"
	dropped       = "dropped" // incoming without outgoing
	tracesDropped = "traces_dropped"
	incoming      = "incoming"
	outgoing      = "outgoing"
	sent          = "sent"
	sendFailed    = "send_failed"
	enqueueFailed = "enqueue_failed"
	queued        = "queued"
	inFlight      = "in_flight"
)

// metric is how a metric of the Collector is read.
type metric struct {
	measure, kind string
	signalLabel   string // that has the signal; none: the metric's name ends with what its items are
	id            string // of the component; none: a label of the kind has it
	signal        string // none: see signalLabel
	unsampled     bool   // only what is labelled sampled="false"
}

const (
	load    = "synthetic_load"
	sampler = "tail_sampling"
)

// metrics by their names, without _total and the suffix of a signal.
var metrics = map[string]metric{
	"otelcol_receiver_synthetic_load_offered_items":     {measure: offered, kind: Receiver, signalLabel: "signal", id: load},
	"otelcol_receiver_synthetic_load_dropped_items":     {measure: givenUp, kind: Receiver, signalLabel: "signal", id: load},
	"otelcol_receiver_synthetic_load_sdk_dropped_items": {measure: sdkDropped, kind: Receiver, signalLabel: "signal", id: load},
	"otelcol_receiver_accepted":                         {measure: received, kind: Receiver},
	"otelcol_receiver_refused":                          {measure: refused, kind: Receiver},
	"otelcol_receiver_failed":                           {measure: refused, kind: Receiver},
	"otelcol_processor_incoming_items":                  {measure: incoming, kind: Processor, signalLabel: "otel_signal"},
	"otelcol_processor_outgoing_items":                  {measure: outgoing, kind: Processor, signalLabel: "otel_signal"},
	"otelcol_exporter_sent":                             {measure: sent, kind: Exporter},
	"otelcol_exporter_send_failed":                      {measure: sendFailed, kind: Exporter},
	"otelcol_exporter_enqueue_failed":                   {measure: enqueueFailed, kind: Exporter},
	"otelcol_exporter_queue_size":                       {measure: queued, kind: Exporter, signalLabel: "data_type"},
	"otelcol_exporter_in_flight_requests":               {measure: inFlight, kind: Exporter, signalLabel: "data_type"},
	// tail_sampling does not count items.
	"otelcol_processor_tail_sampling_global_count_traces_sampled":      {measure: tracesDropped, kind: Processor, id: sampler, signal: "traces", unsampled: true},
	"otelcol_processor_tail_sampling_sampling_trace_dropped_too_early": {measure: tracesDropped, kind: Processor, id: sampler, signal: "traces"},
}

// items are the ends of names of metrics, by what the items of a signal are.
var items = map[string]string{"_spans": "traces", "_metric_points": "metrics", "_log_records": "logs"}

// split takes what the items are off a metric's name.
func split(name string) (rest, signal string) {
	for suffix, signal := range items {
		if rest, found := strings.CutSuffix(name, suffix); found {
			return rest, signal
		}
	}
	return name, ""
}
