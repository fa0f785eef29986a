// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/printable"
)

// Account is what one part says.
type Account struct {
	// Read: the part has been read at least once.
	Read bool
	// Least: some of what the part counted was never read, so its counts are the least there have been.
	Least bool
	// Offers: the part has said how much it generated.
	Offers bool
	// Counts: the part has shown something that is read here, were it 0.
	Counts bool
	// Collector: the part says how long it has been up, as a Collector does, which shows no count that is 0.
	Collector bool
	// Anew: the part, or a component of it, has begun to count anew.
	Anew bool
	// Times is how often it has.
	Times int
	// Odd are values that cannot be counts, and were left out; the first few of them.
	Odd []string

	uptime  float64           // of the Collector when it was read last
	ended   map[series]uint64 // by who has ended, or begun to count anew
	current map[string]value  // by who runs, by metric and labels
}

// value is the last one of a metric with some labels.
type value struct {
	of series
	n  uint64
}

// Bounds of what is believed.
const (
	mostValue  = 1_000_000_000_000 // what one series may count: ten days of a million a second
	mostSeries = 1000              // how many series a part may have that are read here
	mostOdd    = 5
)

// counts tells whether a measure only ever grows.
func (s series) counts() bool { return s.measure != queued && s.measure != inFlight }

// Set takes a reading.
func (a *Account) Set(families map[string]*dto.MetricFamily) {
	a.Read = true
	// A Collector that is told to read its configuration again goes on as a process, but all that counts in it begins anew.
	if uptime, said := uptimeOf(families); said {
		if uptime < a.uptime {
			a.Restarted()
		}
		a.uptime, a.Collector = uptime, true
	}
	if a.current == nil {
		a.current = map[string]value{}
	}
	shown := map[string]bool{}
	for _, family := range slices.Sorted(maps.Keys(families)) {
		name, signal := split(strings.TrimSuffix(family, "_total"))
		m, known := metrics[name]
		if !known {
			continue
		}
		for _, point := range families[family].GetMetric() {
			key, labels := keyOf(family, point)
			if m.unsampled && labels["sampled"] != "false" {
				continue
			}
			s := series{m.measure, m.kind, cmp.Or(m.id, printable.Name(labels[m.kind])), cmp.Or(m.signal, signal)}
			if m.signalLabel != "" {
				s.signal = printable.Name(labels[m.signalLabel])
			}
			shown[key], a.Counts = true, true
			a.Offers = a.Offers || s.measure == offered
			a.set(key, s, point.GetCounter().GetValue()+point.GetGauge().GetValue()+point.GetUntyped().GetValue())
		}
	}
	// What is not shown any more stays as it was: a queue that is shut down keeps what is in it. But nothing is on its way.
	maps.DeleteFunc(a.current, func(key string, v value) bool { return v.of.measure == inFlight && !shown[key] })
}

// set takes the value of one series. A count that is less than it was has begun anew.
func (a *Account) set(key string, s series, v float64) {
	if !(v >= 0 && v <= mostValue) { // NaN is neither
		a.odd(fmt.Sprintf("%s = %v", printable.Name(key), v))
		return
	}
	before, known := a.current[key]
	if !known && len(a.current) >= mostSeries {
		a.odd(fmt.Sprintf("%s: more than %d series", printable.Name(key), mostSeries))
		return
	}
	now := value{s, uint64(math.Round(v))}
	if known && s.counts() && now.n < before.n {
		a.end(before)
		a.Least, a.Anew = true, true
	}
	a.current[key] = now
}

func (a *Account) odd(what string) {
	if len(a.Odd) < mostOdd && !slices.Contains(a.Odd, what) {
		a.Odd = append(a.Odd, what)
	}
}

// end adds what a series has counted to what is over.
func (a *Account) end(v value) {
	if a.ended == nil {
		a.ended = map[series]uint64{}
	}
	a.ended[v.of] = plus(a.ended[v.of], v.n)
}

// Restarted ends the account of a process. What was in its queues then is in none. What it counted after the last reading is not known: a
// process that is stopped while others send to it counts to its last moment.
func (a *Account) Restarted() {
	for _, v := range a.current {
		if v.of.counts() {
			a.end(v)
		}
	}
	a.Cut()
	a.Anew = a.Anew || a.Read
	a.Times++
	a.current, a.uptime = nil, 0
}

// Cut notes that the part has ended without a last reading: it may have counted more.
func (a *Account) Cut() { a.Least = a.Least || len(a.current) > 0 }

// Exact tells whether all is known that the part has counted, as far as it has been read.
func (a *Account) Exact() bool { return a.Read && !a.Least && len(a.Odd) == 0 }

// Taken is how many items the receivers have taken since the part began, or began anew, by the last reading.
func (a *Account) Taken() (sum uint64) {
	for _, v := range a.current {
		if v.of.measure == received {
			sum = plus(sum, v.n)
		}
	}
	return sum
}

// uptimeOf is for how long the Collector has been running, in seconds, since its start or since it has read its configuration again, if it
// says so.
func uptimeOf(families map[string]*dto.MetricFamily) (seconds float64, said bool) {
	for _, name := range []string{"otelcol_process_uptime", "otelcol_process_uptime_seconds", "otelcol_process_uptime_seconds_total"} {
		for _, point := range families[name].GetMetric() {
			return point.GetCounter().GetValue() + point.GetGauge().GetValue() + point.GetUntyped().GetValue(), true
		}
	}
	return 0, false
}

// keyOf is what a series is told apart by, and its labels.
func keyOf(family string, point *dto.Metric) (key string, labels map[string]string) {
	labels = map[string]string{}
	for _, label := range point.GetLabel() {
		labels[label.GetName()] = label.GetValue()
	}
	var b strings.Builder
	b.WriteString(family)
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		fmt.Fprintf(&b, ",%s=%q", name, labels[name])
	}
	return b.String(), labels
}

// Components are the components that have had something to do, by kind, id and signal.
func (a *Account) Components() []Component {
	totals := maps.Clone(a.ended)
	if totals == nil {
		totals = map[series]uint64{}
	}
	for _, v := range a.current {
		totals[v.of] = plus(totals[v.of], v.n)
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
			*c.Named(s.measure) = n
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
