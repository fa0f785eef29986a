// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"fmt"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// Part is what a part said in the end.
type Part struct {
	Name string `json:"name"`
	// Group is the part that this is a replica of.
	Group string `json:"group,omitempty"`
	Read  bool   `json:"telemetry"`
	// Least: the counts are the least there have been.
	Least bool `json:"least,omitempty"`
	// Killed: a fault killed it. Disturbed: faults of requests were to be in force on its way to the next part.
	Killed    bool `json:"-"`
	Disturbed bool `json:"-"`
	// Odd are values that cannot be counts, and were left out.
	Odd []string `json:"odd,omitempty"`
	// Elsewhere is where it sends to, beside the other parts, as its configuration says.
	Elsewhere  []string    `json:"elsewhere,omitempty"`
	Components []Component `json:"components"`
}

// QueueUnit is what the queues of the part's exporters of a signal count that hold anything; none: not all the same, or nobody here knows.
func (p *Part) QueueUnit(signal string) string {
	unit, first := "", true
	for i := range p.Components {
		c := &p.Components[i]
		if c.Signal != signal || c.Queued == 0 {
			continue
		}
		if !first && unit != c.QueueUnit {
			return ""
		}
		unit, first = c.QueueUnit, false
	}
	return unit
}

// reasons are the counts by which items can get lost, and how that is said. What the sender is told of it may have sent again, and
// nothing be lost.
var reasons = []struct {
	count func(*Counts) uint64
	say   string
	rest  string
}{
	{func(c *Counts) uint64 { return c.GivenUp }, "given up", ""},
	{func(c *Counts) uint64 { return c.Refused }, "refused", told},
	{func(c *Counts) uint64 { return c.Dropped }, "dropped", ""},
	{func(c *Counts) uint64 { return c.TracesDropped }, "dropped", " traces"},
	{func(c *Counts) uint64 { return c.EnqueueFailed }, "not queued", perhapsTold},
	{func(c *Counts) uint64 { return c.SendFailed }, "send failed", ""},
	{func(c *Counts) uint64 { return c.Queued }, "still queued", " UNIT when it was read last"},
}

// unit is what so many that are queued are.
func (c *Component) unit(n uint64) string {
	switch {
	case c.QueueUnit == "":
		return "in the queue's unit,"
	case n == 1:
		return strings.TrimSuffix(c.QueueUnit, "s")
	}
	return c.QueueUnit
}

// told is said of what may have been sent again.
const told = "; who sent that was told, and may have sent it again"

// perhapsTold is said of what a queue had no room for: a processor that confirms before it hands on, such as batch, is told instead of the sender.
const perhapsTold = "; lost where a processor has confirmed before (batch does), otherwise the sender was told, and may have sent it again"

// Losses says where items of a signal did not get any further, or became more: in the parts, by what their components say, and where the
// counts of two parts in a row do not agree. It makes sense for a signal of which something is missing, or came more than once. The parts
// are in the order in which telemetry passes them; the last is the verifier.
func Losses(parts []Part, generators int, signal string) []string {
	var said []string
	for i := range parts {
		switch {
		case !parts[i].Read:
			said = append(said, parts[i].Name+": no telemetry of it could be read, so what it did with them is not known")
		case parts[i].Least:
			said = append(said, parts[i].Name+": some of what it counted is not known, because it was killed or began to count anew")
		}
		for _, c := range parts[i].Components {
			if c.Signal != signal {
				continue
			}
			for _, reason := range reasons {
				if n := reason.count(&c.Counts); n > 0 {
					said = append(said, fmt.Sprintf("%s: %s by %s %s: %s%s", parts[i].Name, reason.say, c.Kind, c.ID, format.Grouped(n), strings.Replace(reason.rest, "UNIT", c.unit(n), 1)))
				}
			}
		}
	}
	return append(said, balance(merged(parts), generators, signal)...)
}

// balance compares what goes into a part with what comes out, and that with what goes into the next. It does so only where there is one
// way, because of several exporters each sends all; and where all counts are known.
func balance(parts []Part, generators int, signal string) []string {
	var said []string
	var before Counts
	from := ""
	var elsewhere []string // the part before sends to, too
	for i := range parts {
		if !parts[i].Read || parts[i].Least || exporters(parts[i].Components, signal) > 1 {
			return said
		}
		now := Sum(parts[i].Components, signal)
		if i < generators {
			before.add(&now)
			from = parts[i].Name
			if generators > 1 {
				from = "generators"
			}
			continue
		}
		way := from + "->" + parts[i].Name
		switch {
		case before.Sent > now.Received && len(elsewhere) > 0:
			said = append(said, fmt.Sprintf("%s: sent, but not received by %s: %s; it also sends elsewhere (%s)",
				from, parts[i].Name, format.Grouped(before.Sent-now.Received), strings.Join(elsewhere, "; ")))
		case before.Sent > now.Received:
			said = append(said, fmt.Sprintf("%s: sent, but not received: %s", way, format.Grouped(before.Sent-now.Received)))
		case before.Sent < now.Received:
			said = append(said, fmt.Sprintf("%s: received, but not known to be sent: %s; these are copies, or their confirmation did not arrive", way, format.Grouped(now.Received-before.Sent)))
		}
		if accounted := now.Sent + now.SendFailed + now.EnqueueFailed + now.Dropped; now.Received > accounted {
			said = append(said, fmt.Sprintf("%s: received, but neither sent nor failed: %s when it was read last", parts[i].Name, format.Grouped(now.Received-accounted)))
		}
		before, from, elsewhere = now, parts[i].Name, parts[i].Elsewhere
	}
	return said
}

func exporters(components []Component, signal string) (n int) {
	for i := range components {
		if components[i].Kind == Exporter && components[i].Signal == signal {
			n++
		}
	}
	return n
}
