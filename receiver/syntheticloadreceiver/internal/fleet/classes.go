// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"regexp"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// Class is a part of what the fleet sends that load_verify counts by itself: all that a condition holds for.
type Class struct {
	Name    string
	Signals [signals]bool
	// Traces: of all traces of which it holds for a span, the spans.
	Traces bool
	// Conditions that all hold; nil: any. Item is for the name of a span or metric, or a body.
	Service, Item *regexp.Regexp
	Status        *ptrace.StatusCode
	Attributes    map[string]*regexp.Regexp
}

// classes marks what belongs to one, and counts it when a request is built for the first time. A nil one marks nothing. Like the requests'
// pdata it belongs to the goroutine that delivers.
type classes struct {
	list   []Class
	counts []stamp.Class
	sign   int // what a marked item counts as in this build: 1 at the first, -1 when the request is given up, else 0
	undo   bool
	traces map[uint64]trace
	random *stamp.Randomness // of spans; nil: traces have no random value
	full   bool              // there were more than mostTraces: nothing is known
}

// mostTraces bounds what is held of traces, to some 50 MB.
const mostTraces = 1 << 20

// trace is what is known of a trace some of which was sent.
type trace struct {
	spans uint64
	class int // in the list, from 1; 0: none
}

func newClasses(list []Class, randomness bool) *classes {
	if len(list) == 0 && !randomness {
		return nil
	}
	c := &classes{list: list, traces: map[uint64]trace{}}
	if randomness {
		c.random = &stamp.Randomness{}
	}
	for i := range list {
		c.counts = append(c.counts, stamp.Class{Name: list[i].Name, Traces: list[i].Traces})
	}
	return c
}

// begin begins to build a request.
func (c *classes) begin(first bool) {
	if c == nil {
		return
	}
	switch c.sign = 0; {
	case c.undo:
		c.sign = -1
	case first:
		c.sign = 1
	}
}

// item marks an item that has all its own attributes. key is that of a span's trace.
func (c *classes) item(m *stamp.Mark, s Signal, service, text string, status ptrace.StatusCode, attributes pcommon.Map, key uint64) {
	found := 0
	for i := range c.list {
		if c.list[i].matches(s, service, text, status, attributes) {
			found = i + 1
			break
		}
	}
	switch {
	case found == 0:
	case c.list[found-1].Traces:
		m.TraceClass = uint32(found)
	default:
		m.Class = uint32(found)
		c.count(found, s, 1)
	}
	if s == Traces && c.sign != 0 && c.byTrace() {
		c.inTrace(key, found)
	}
}

func (c *classes) byTrace() bool { return len(c.list) > 0 && c.list[0].Traces }

// inTrace counts a span in its trace's class: the first in the list that any of its spans has. Spans that were counted before move to it.
func (c *classes) inTrace(key uint64, found int) {
	t, known := c.traces[key]
	if !known && len(c.traces) == mostTraces {
		c.full = true
		return
	}
	if found > 0 && (t.class == 0 || found < t.class) {
		c.move(t, -1)
		t.class = found
		c.move(t, 1)
	}
	if c.sign > 0 {
		t.spans++
	} else {
		t.spans--
	}
	c.count(t.class, Traces, 1)
	c.traces[key] = t
}

func (c *classes) move(t trace, sign int) {
	if t.class > 0 {
		n := &c.counts[t.class-1].Items[Traces]
		if sign > 0 {
			*n += t.spans
		} else {
			*n -= t.spans
		}
	}
}

func (c *classes) count(class int, s Signal, n uint64) {
	if class == 0 {
		return
	}
	switch of := &c.counts[class-1].Items[s]; {
	case c.sign > 0:
		*of += n
	case c.sign < 0:
		*of -= n
	}
}

// drawn counts a span by the random value of its trace.
func (c *classes) drawn(rv uint64) {
	if c == nil {
		return
	}
	switch of := &c.random[stamp.PartOf(rv)]; {
	case c.sign > 0:
		*of++
	case c.sign < 0:
		*of--
	}
}

// randomness is what was sent of each part of the range of random values.
func (c *classes) randomness() *stamp.Randomness {
	if c == nil {
		return nil
	}
	return c.random
}

// sent are the classes with what was sent of each.
func (c *classes) sent() []stamp.Class {
	if c == nil || c.full {
		return nil
	}
	return c.counts
}

// matches runs once for each item and class.
func (of *Class) matches(s Signal, service, text string, status ptrace.StatusCode, attributes pcommon.Map) bool {
	if !of.Signals[s] || of.Service != nil && !of.Service.MatchString(service) || of.Item != nil && !of.Item.MatchString(text) ||
		of.Status != nil && (s != Traces || *of.Status != status) {
		return false
	}
	for key, pattern := range of.Attributes {
		v, found := attributes.Get(key)
		if !found || !pattern.MatchString(v.AsString()) {
			return false
		}
	}
	return true
}
