// SPDX-License-Identifier: Apache-2.0

// Package telemetry keeps account of what each part says about itself: what it received, refused, dropped, sent and still holds.
//
// A part's Prometheus endpoint is read again and again. Who is started again counts from 0, be it a part or a component of one that goes on: what
// had been counted before is added, so that an account is of the whole test. What was counted between the last reading and such an end
// is not known; then the counts are the least there have been.
//
// What is read is not trusted: a system under test may say anything.
//
//	synthetic_load -> received -> processors -> queue -> sent
//	 given up          refused     dropped      not queued, queued, send failed
package telemetry

// Kinds of component.
const (
	Receiver  = "receiver"
	Processor = "processor"
	Exporter  = "exporter"
)

// Counts are what a part, or one of its components, says of the items of one signal.
type Counts struct {
	Offered       uint64 `json:"offered"`        // by the services that synthetic_load plays
	SDKDropped    uint64 `json:"sdk_dropped"`    // by their SDKs, before they were offered
	GivenUp       uint64 `json:"given_up"`       // of those offered dropped, because the pipeline refused them
	Received      uint64 `json:"received"`       // accepted by receivers
	Refused       uint64 `json:"refused"`        // by receivers: the sender was told
	Dropped       uint64 `json:"dropped"`        // by processors: what came in and did not go out
	TracesDropped uint64 `json:"traces_dropped"` // by processors that count traces: samplers
	Sent          uint64 `json:"sent"`           // by exporters, and confirmed
	SendFailed    uint64 `json:"send_failed"`    // by exporters, for good
	EnqueueFailed uint64 `json:"enqueue_failed"` // by exporters: the queue did not take it
	Queued        uint64 `json:"queued"`         // in exporters' queues, in the unit of the queue
	InFlight      uint64 `json:"in_flight"`      // requests that exporters are sending, or trying again
}

func (c *Counts) add(other *Counts) {
	for name, n := range c.byName() {
		*n = plus(*n, *other.Named(name))
	}
}

// most is where a sum stays: more than anybody can count in a test.
const most = 1_000_000_000_000_000_000

func plus(a, b uint64) uint64 { return min(a+b, most) } // neither is more than most

// Component is what one component says of one signal.
type Component struct {
	Kind   string `json:"kind"`
	ID     string `json:"id"`
	Signal string `json:"signal"`
	Counts
	// QueueUnit is what Queued counts: requests, items or bytes. None: nobody here knows.
	QueueUnit string `json:"queue_unit,omitempty"`
}

// Named is the count of a name, nil if there is none.
func (c *Counts) Named(name string) *uint64 { return c.byName()[name] }

func (c *Counts) byName() map[string]*uint64 {
	return map[string]*uint64{
		offered: &c.Offered, sdkDropped: &c.SDKDropped, givenUp: &c.GivenUp, received: &c.Received, refused: &c.Refused, dropped: &c.Dropped, tracesDropped: &c.TracesDropped, sent: &c.Sent,
		sendFailed: &c.SendFailed, enqueueFailed: &c.EnqueueFailed, queued: &c.Queued, inFlight: &c.InFlight,
	}
}

// Came is how much of a signal came to a part, and is the most that one of its exporters can have seen: what the receivers took or refused; or
// what the exporters were given, because several pipelines give each what came once.
func Came(components []Component, signal string) uint64 {
	sum := Sum(components, signal)
	return max(plus(sum.Received, sum.Refused), plus(sum.Sent, sum.SendFailed))
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
