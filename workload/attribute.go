// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"hash/fnv"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Attribute is an attribute of a span, an event or a resource. Value is a string, int64, float64 or bool, the same in all of them; or
// [Texts], [Integers] or [Bytes], drawn for each; or a [List] or a [Map] of such values.
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
	return Draws(sim.Stream(uint64(work), indexOf(label)))
}

// DrawsOfEvent are the draws of an event of a service: label is its index in [Service.Events], work what the scheduler reports
// with it. They are known when it happens: a log record of it has the same values as the span's event.
func DrawsOfEvent(work sim.Rand, label int) Draws {
	return Draws(sim.Stream(uint64(work), indexOf(label), 1))
}

// indexOf is an index of a table as the label of a stream. Indices count from 0: what is traced has one, and nothing is drawn for what is
// not.
func indexOf(label int) uint64 { return uint64(max(0, label)) }

// draw is the stream of an attribute, by the hash of its key.
type draw uint64

func drawOf(key string) draw {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key)) // never fails
	return draw(h.Sum64())
}

func (a draw) from(d Draws) sim.Rand { return sim.Stream(uint64(d), uint64(a)) }

// Recorded reports whether Runtimelab writes the attribute on spans itself: given twice, it would be invalid OTLP.
func Recorded(key string) bool {
	return slices.ContainsFunc(semconv.Attributes, func(a semconv.Attribute) bool {
		return a.Name == key && !slices.Contains(offSpans, a.Family)
	})
}

// OnResources reports whether Runtimelab writes the attribute on resources itself, or reads there what it wrote.
func OnResources(key string) bool {
	return slices.ContainsFunc(semconv.Attributes, func(a semconv.Attribute) bool {
		return a.Name == key && (a.Family == semconv.Resource || a.Family == semconv.Stamp)
	})
}

// offSpans are the families that are not on spans.
var offSpans = []semconv.Family{semconv.Resource, semconv.Point, semconv.Log}

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
