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
}

// metrics by their names, without _total and the suffix of a signal.
var metrics = map[string]metric{
	"otelcol_receiver_synthetic_load_offered_items":     {offered, Receiver, "signal"},
	"otelcol_receiver_synthetic_load_dropped_items":     {givenUp, Receiver, "signal"},
	"otelcol_receiver_synthetic_load_sdk_dropped_items": {sdkDropped, Receiver, "signal"},
	"otelcol_receiver_accepted":                         {received, Receiver, ""},
	"otelcol_receiver_refused":                          {refused, Receiver, ""},
	"otelcol_receiver_failed":                           {refused, Receiver, ""},
	"otelcol_processor_incoming_items":                  {incoming, Processor, "otel_signal"},
	"otelcol_processor_outgoing_items":                  {outgoing, Processor, "otel_signal"},
	"otelcol_exporter_sent":                             {sent, Exporter, ""},
	"otelcol_exporter_send_failed":                      {sendFailed, Exporter, ""},
	"otelcol_exporter_enqueue_failed":                   {enqueueFailed, Exporter, ""},
	"otelcol_exporter_queue_size":                       {queued, Exporter, "data_type"},
	"otelcol_exporter_in_flight_requests":               {inFlight, Exporter, "data_type"},
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
