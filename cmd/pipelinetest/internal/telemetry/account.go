// Package telemetry keeps account of what each part says about itself: what it received, refused, dropped, sent and still holds.
//
// A part's Prometheus endpoint is read again and again. A part that is started again counts from 0; what it had counted before is
// added, so that an account is of the whole test. What a part that is killed has counted since the last reading is not known.
//
//	synthetic_load -> received -> processors -> queue -> sent
//	 given up          refused     dropped      not queued, queued, send failed
package telemetry

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"
)

// Kinds of component.
const (
	Receiver  = "receiver"
	Processor = "processor"
	Exporter  = "exporter"
)

// Counts are what a part, or one of its components, says of the items of one signal.
type Counts struct {
	Offered       uint64 `json:"offered"`        // by the services that synthetic_load plays
	GivenUp       uint64 `json:"given_up"`       // of them dropped, because the pipeline refused them
	Received      uint64 `json:"received"`       // accepted by receivers
	Refused       uint64 `json:"refused"`        // by receivers: the sender was told
	Dropped       uint64 `json:"dropped"`        // by processors: what came in and did not go out
	Sent          uint64 `json:"sent"`           // by exporters, and confirmed
	SendFailed    uint64 `json:"send_failed"`    // by exporters, for good
	EnqueueFailed uint64 `json:"enqueue_failed"` // by exporters: the queue did not take it
	Queued        uint64 `json:"queued"`         // in exporters' queues, in the unit of the queue
	InFlight      uint64 `json:"in_flight"`      // requests that exporters are sending, or trying again
}

func (c *Counts) add(other *Counts) {
	c.Offered += other.Offered
	c.GivenUp += other.GivenUp
	c.Received += other.Received
	c.Refused += other.Refused
	c.Dropped += other.Dropped
	c.Sent += other.Sent
	c.SendFailed += other.SendFailed
	c.EnqueueFailed += other.EnqueueFailed
	c.Queued += other.Queued
	c.InFlight += other.InFlight
}

// Component is what one component says of one signal.
type Component struct {
	Kind   string `json:"kind"`
	ID     string `json:"id"`
	Signal string `json:"signal"`
	Counts
}

// series is what a metric is about.
type series struct{ measure, kind, id, signal string }

// Account is what one part says.
type Account struct {
	// Read: the part has been read at least once.
	Read    bool
	ended   map[series]uint64 // by processes of the part that have ended
	current map[series]uint64 // by the one that runs
}

// measures of which series a metric is one: all but incoming and outgoing are counts by their names in JSON, which are also those in
// scenarios.
const (
	offered       = "offered"
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
	"otelcol_receiver_synthetic_load_offered_items": {offered, Receiver, "signal"},
	"otelcol_receiver_synthetic_load_dropped_items": {givenUp, Receiver, "signal"},
	"otelcol_receiver_accepted":                     {received, Receiver, ""},
	"otelcol_receiver_refused":                      {refused, Receiver, ""},
	"otelcol_receiver_failed":                       {refused, Receiver, ""},
	"otelcol_processor_incoming_items":              {incoming, Processor, "otel_signal"},
	"otelcol_processor_outgoing_items":              {outgoing, Processor, "otel_signal"},
	"otelcol_exporter_sent":                         {sent, Exporter, ""},
	"otelcol_exporter_send_failed":                  {sendFailed, Exporter, ""},
	"otelcol_exporter_enqueue_failed":               {enqueueFailed, Exporter, ""},
	"otelcol_exporter_queue_size":                   {queued, Exporter, "data_type"},
	"otelcol_exporter_in_flight_requests":           {inFlight, Exporter, "data_type"},
}

// items are the ends of names of metrics, by what the items of a signal are.
var items = map[string]string{"_spans": "traces", "_metric_points": "metrics", "_log_records": "logs"}

// Set takes a reading.
func (a *Account) Set(families map[string]*dto.MetricFamily) {
	a.Read = true
	before := a.current
	a.current = map[series]uint64{}
	for name, family := range families {
		name, signal := split(strings.TrimSuffix(name, "_total"))
		m, known := metrics[name]
		if !known {
			continue
		}
		for _, point := range family.GetMetric() {
			labels := map[string]string{}
			for _, label := range point.GetLabel() {
				labels[label.GetName()] = label.GetValue()
			}
			s := series{m.measure, m.kind, labels[m.kind], signal}
			if m.signalLabel != "" {
				s.signal = labels[m.signalLabel]
			}
			a.current[s] += uint64(point.GetCounter().GetValue() + point.GetGauge().GetValue() + point.GetUntyped().GetValue())
		}
	}
	// A queue that is shut down is shown no more; what is in it then stays there.
	for s, n := range before {
		if _, shown := a.current[s]; s.measure == queued && !shown {
			a.current[s] = n
		}
	}
}

// split takes what the items are off a metric's name.
func split(name string) (rest, signal string) {
	for suffix, signal := range items {
		if rest, found := strings.CutSuffix(name, suffix); found {
			return rest, signal
		}
	}
	return name, ""
}

// Restarted ends the account of a process. What was in its queues then is in none.
func (a *Account) Restarted() {
	if a.ended == nil {
		a.ended = map[series]uint64{}
	}
	for s, n := range a.current {
		if s.measure != queued && s.measure != inFlight {
			a.ended[s] += n
		}
	}
	a.current = nil
}

// Components are the components that have had something to do, by kind, id and signal.
func (a *Account) Components() []Component {
	totals := maps.Clone(a.ended)
	if totals == nil {
		totals = map[series]uint64{}
	}
	for s, n := range a.current {
		totals[s] += n
	}
	found := map[series]*Component{}
	in, out := map[*Component]uint64{}, map[*Component]uint64{}
	for s, n := range totals {
		of := series{kind: s.kind, id: s.id, signal: s.signal}
		c := found[of]
		if c == nil {
			c = &Component{Kind: s.kind, ID: s.id, Signal: s.signal}
			found[of] = c
		}
		switch s.measure {
		case incoming:
			in[c] = n
		case outgoing:
			out[c] = n
		default:
			*c.Named(s.measure) += n
		}
	}
	list := []Component{}
	for _, c := range found {
		if in[c] > out[c] {
			c.Dropped = in[c] - out[c]
		}
		if c.Counts != (Counts{}) {
			list = append(list, *c)
		}
	}
	order := []string{Receiver, Processor, Exporter}
	slices.SortFunc(list, func(a, b Component) int {
		return cmp.Or(slices.Index(order, a.Kind)-slices.Index(order, b.Kind), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Signal, b.Signal))
	})
	return list
}

// Named is the count of a name, nil if there is none.
func (c *Counts) Named(name string) *uint64 {
	return map[string]*uint64{
		offered: &c.Offered, givenUp: &c.GivenUp, received: &c.Received, refused: &c.Refused, dropped: &c.Dropped, sent: &c.Sent,
		sendFailed: &c.SendFailed, enqueueFailed: &c.EnqueueFailed, queued: &c.Queued, inFlight: &c.InFlight,
	}[name]
}

// Sum is what all components together say of a signal. The receiver that generates counts what it offered as received, too.
func Sum(components []Component, signal string) Counts {
	var sum Counts
	for i := range components {
		if components[i].Signal == signal {
			sum.add(&components[i].Counts)
		}
	}
	return sum
}
