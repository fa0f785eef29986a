// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Attribute is an attribute of a span or an event. Value is a string, int64, float64 or bool, the same in all of them; or
// [Texts] or [Integers], drawn for each.
type Attribute struct {
	Key   string
	Value any
}

// Texts is the value of an attribute that is another text in each span.
type Texts interface {
	// Text is the value for a span. The same draws give the same text.
	Text(d Draws) string
}

// Integers is the value of an attribute that is another whole number in each span.
type Integers interface {
	// Integer is the value for a span. The same draws give the same number.
	Integer(d Draws) int64
}

// Draws is where all that is random about the look of one span comes from: the values of its attributes, and whether it
// fails. Each takes a stream of its own, by its key: what is added to a span changes nothing else of it.
type Draws uint64

// DrawsOf are the draws of a span of a service: label is its index in [Service.Spans], work what the scheduler reports with its
// end. As work does, they depend neither on the runtime nor on other requests.
func DrawsOf(work sim.Rand, label int) Draws {
	return Draws(sim.Stream(uint64(work), uint64(label))) //nolint:gosec // G115: an index
}

// DrawsOfEvent are the draws of an event of a service: label is its index in [Service.Events], work what the scheduler reports
// with it. They are known when it happens: a log record of it has the same values as the span's event.
func DrawsOfEvent(work sim.Rand, label int) Draws {
	return Draws(sim.Stream(uint64(work), uint64(label), 1)) //nolint:gosec // G115: an index
}

// draw is the stream of an attribute, by the hash of its key.
type draw uint64

func drawOf(key string) draw {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key)) // never fails
	return draw(h.Sum64())
}

func (a draw) from(d Draws) sim.Rand { return sim.Stream(uint64(d), uint64(a)) }

// parseAttributes reads attributes, sorted by key: maps of YAML have no order, telemetry has.
func parseAttributes(v value) []Attribute {
	t, ok := v.anyTable()
	if !ok {
		return nil
	}
	var attributes []Attribute
	for _, key := range t.keys() {
		child := t.child(key)
		if newValue(key, child.path, v.mistakes).text() == "" {
			continue
		}
		if recorded(key) {
			child.fail("recorded by the runtime or derived from it; want an attribute of the operation's own")
			continue
		}
		attributes = append(attributes, Attribute{key, child.attribute(key)})
	}
	return attributes
}

// recorded reports whether Runtimelab writes the attribute on spans itself: given twice, it would be invalid OTLP.
func recorded(key string) bool {
	return slices.ContainsFunc(semconv.Attributes, func(a semconv.Attribute) bool {
		return a.Name == key && !slices.Contains(offSpans, a.Family)
	})
}

// offSpans are the families that are not on spans.
var offSpans = []semconv.Family{semconv.Resource, semconv.Point, semconv.Log}

// generators are the ways to say a value that differs from span to span.
var generators = []struct {
	name  string
	parse func(v value, key string) any
}{
	{"cardinality", parseCardinality},
	{"zipf", parseZipf},
	{"uuid", parseUUID},
	{"payload", parsePayload},
	{"uniform", parseIntegers},
}

var generatorNames = func() (names []string) {
	for _, g := range generators {
		names = append(names, g.name)
	}
	return names
}()

// attribute reads the value of an attribute: a string, int64, float64 or bool, Texts or Integers.
func (v value) attribute(key string) any {
	switch raw := v.raw.(type) {
	case string:
		if raw == "" { // an attribute may be empty, other text may not
			return raw
		}
		return v.text()
	case bool, int64, float64:
		return raw
	case int:
		return int64(raw)
	case map[string]any:
		if i, argument, ok := v.variant("generator", generatorNames); ok {
			return generators[i].parse(argument, key)
		}
		return nil
	}
	v.refuse("text, a whole number of 64 bits, a number, true or false, or a map of one of " + strings.Join(generatorNames, ", "))
	return nil
}

// Merge returns attributes with others in place of those that have the same key, and beside the rest. All are sorted by key.
func Merge(attributes, others []Attribute) []Attribute {
	byKey := func(a Attribute, key string) int { return strings.Compare(a.Key, key) }
	all := slices.Clone(attributes)
	for _, o := range others {
		i, found := slices.BinarySearchFunc(all, o.Key, byKey)
		if !found {
			all = slices.Insert(all, i, o)
		}
		all[i] = o
	}
	return all
}

const (
	mostTexts   = 1_000_000_000
	mostPayload = 1 << 20
)

// parsePayload reads a size: a whole number of B, KiB or MiB.
func parsePayload(v value, key string) any {
	if s, ok := v.raw.(string); ok {
		for _, unit := range []struct {
			name string
			size int
		}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"B", 1}} {
			digits, ok := strings.CutSuffix(s, unit.name)
			if !ok {
				continue
			}
			n, err := strconv.Atoi(strings.TrimSuffix(digits, " "))
			if err == nil && n >= 1 && n <= mostPayload/unit.size {
				return payload{drawOf(key), n * unit.size}
			}
			break
		}
	}
	v.refuse("a size from 1B to 1MiB, such as 2KiB")
	return payload{}
}

func parseUUID(v value, key string) any {
	v.nothing()
	return uuids{drawOf(key)}
}

func parseIntegers(v value, key string) any {
	t, ok := v.table([]string{"min", "max"})
	if !ok {
		return integers{}
	}
	low, high := int64(0), int64(0)
	least, hasLeast := t.required("min", "a whole number")
	if hasLeast {
		low = least.integer()
	}
	if most, ok := t.required("max", "a whole number"); ok {
		high = most.integer()
		if hasLeast && high < low {
			most.refuse(fmt.Sprintf("%d or more, like min", low))
		}
	}
	return integers{drawOf(key), low, uint64(high) - uint64(low) + 1} // modulo 2^64: 0 is all of it
}

func parseCardinality(v value, key string) any {
	if _, ok := v.raw.(map[string]any); !ok {
		return evenTexts{drawOf(key), v.names(key+"-", v.whole(mostTexts))}
	}
	t, ok := v.table([]string{"count", "prefix"})
	if !ok {
		return evenTexts{}
	}
	return evenTexts{drawOf(key), parseNames(t, key)}
}

func parseZipf(v value, key string) any {
	t, ok := v.table([]string{"count", "exponent", "prefix"})
	if !ok {
		return zipfTexts{}
	}
	exponent := 1.0
	if e, ok := t.required("exponent", "a number of more than 0 and at most 20"); ok {
		exponent = e.positive(20)
	}
	names := parseNames(t, key)
	return zipfTexts{drawOf(key), names, newZipf(names.count, exponent)}
}

func parseNames(t table, key string) names {
	prefix, count := key+"-", 0
	if t.has("prefix") {
		prefix = t.child("prefix").text()
	}
	if n, ok := t.required("count", "how many texts there are"); ok {
		count = n.whole(mostTexts)
	}
	return t.names(prefix, count)
}

// PayloadRate is how many bytes of payload the spans of an instance carry in a second, on average.
func (s *Service) PayloadRate() float64 {
	weights, bytes := 0.0, 0.0
	for _, o := range s.Operations {
		weights += o.Weight
		bytes += o.Weight * s.payload(o.Program)
	}
	return s.Arrivals.PerSecond() * bytes / weights
}

// payload is how many bytes one run of a program carries.
func (s *Service) payload(p *program.Program) float64 {
	n := 0.0
	if p.Label != Untraced {
		n = s.Spans[p.Label].payload()
	}
	for i := range p.Steps {
		switch st := &p.Steps[i]; st.Op {
		case program.Spawn:
			n += float64(st.Count) * s.payload(st.Child)
		case program.Span:
			n += s.Spans[st.Label].payload()
		case program.Event:
			n += payloadOf(s.Events[st.Label].Attributes)
		default:
		}
	}
	return n
}

func (s *Span) payload() float64 {
	n := payloadOf(s.Attributes)
	if s.Errors != nil {
		n += s.Errors.Rate * payloadOf(s.Errors.Attributes)
	}
	return n
}

func payloadOf(attributes []Attribute) float64 {
	n := 0.0
	for _, a := range attributes {
		if p, ok := a.Value.(payload); ok {
			n += float64(p.size)
		}
	}
	return n
}
