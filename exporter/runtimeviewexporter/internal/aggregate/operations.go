// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

// What whoever sends spans can make of operations is bounded: 2,000 operations take 30 MB. Spans of further ones are counted only.
const (
	maxOperations = 2_000
	maxCulprits   = 16 // of one operation
)

// Operations adds up spans by service and operation, and tells who held whom up. The zero value is ready. It is not safe for
// concurrent use.
type Operations struct {
	byName  map[string]*operationTotals // by service, 0, name
	key     []byte                      // memory
	dropped uint64
}

type operationTotals struct {
	service, name string
	spans         uint64
	latency       histogram.Histogram
	polled        float64 // ns
	polledCarried bool
	warm          uint64
	slow          uint64 // of the warm ones
	unexplained   uint64 // of the slow ones
	findings      [findingCount]uint64
	culprits      map[string]uint64 // spans that were held up, by the operation that did it; nil until there is one; the first maxCulprits
}

// Observe adds one span. Called once for each span; it allocates nothing if the operation is known.
func (o *Operations) Observe(service string, name []byte, s *Span) {
	o.key = append(append(append(o.key[:0], service...), 0), name...)
	t := o.byName[string(o.key)]
	if t == nil {
		if len(o.byName) == maxOperations {
			o.dropped++
			return
		}
		if o.byName == nil {
			o.byName = make(map[string]*operationTotals)
		}
		t = &operationTotals{service: strings.Clone(service), name: string(name)}
		o.byName[string(o.key)] = t
	}
	t.observe(s)
}

// observe leaves counting what is malformed to the totals of the runtimes, which see each span as well.
func (t *operationTotals) observe(s *Span) {
	t.spans++
	if s.Latency.Known && s.Latency.Number >= 0 {
		t.latency.Record(s.Latency.Number)
		if ratio := s.BusyRatio; ratio.Known && ratio.Number >= 0 && ratio.Number <= 1 {
			t.polled += ratio.Number * float64(s.Latency.Number)
			t.polledCarried = true
		}
	}
	if s.Warm {
		t.warm++
		if s.Outlier {
			t.slow++
			if s.Findings == 0 {
				t.unexplained++
			}
		}
	}
	for i := range t.findings {
		if s.Findings&(1<<i) != 0 {
			t.findings[i]++
		}
	}
	if s.HeldUpBy != "" {
		t.heldUp(s.HeldUpBy)
	}
}

func (t *operationTotals) heldUp(by string) {
	if n, known := t.culprits[by]; known {
		t.culprits[by] = n + 1
		return
	}
	if t.culprits == nil {
		t.culprits = make(map[string]uint64)
	}
	if len(t.culprits) < maxCulprits {
		t.culprits[strings.Clone(by)] = 1
	}
}

// Operation tells the totals of one operation of one service.
type Operation struct {
	Service, Name string // as they came: not fit for a terminal
	Spans         uint64
	Latency       Quantiles
	Polled        Value[int64]  // ns: how long its spans were polled, those inside them included
	Slow          Value[uint64] // outliers among the spans that carry a class
	Unexplained   uint64        // slow spans without any finding
	Findings      [findingCount]uint64
	HeldUpBy      []Culprit // the one with the most spans first
	HeldUpOthers  uint64    // spans that it held up, those of its own operation included
}

// Culprit is an operation that held up spans of another one.
type Culprit struct {
	Name  string
	Spans uint64
}

// OperationsSnapshot tells the operations of a moment.
type OperationsSnapshot struct {
	Services []ServiceOperations // the one whose spans were polled longest first
	Dropped  uint64              // spans of operations beyond the limit
}

// ServiceOperations tells the operations of one service.
type ServiceOperations struct {
	Service string
	Polled  Value[int64] // sum over all of its operations
	// Operations are those first that held up others, the one with the most spans foremost; then those with a finding or a slow span of their
	// own; then the rest; within each the one whose spans were polled longest.
	Operations []Operation
	// Others is the number of operations that are left out, OtherNotable that of those with something to say, and OtherSpans that of their spans.
	Others, OtherNotable int
	OtherSpans           uint64
}

// Ranks of an operation.
const (
	notable = iota // has something to say
	plain
)

// Snapshot tells at most limit operations of each service.
func (o *Operations) Snapshot(limit int) OperationsSnapshot {
	byService := make(map[string][]*operationTotals)
	held := make(map[[2]string]uint64)
	for _, t := range o.byName {
		byService[t.service] = append(byService[t.service], t)
		for by, n := range t.culprits {
			held[[2]string{t.service, by}] += n
		}
	}
	s := OperationsSnapshot{Dropped: o.dropped}
	for service, totals := range byService {
		rank := func(t *operationTotals) int {
			if t.findings != [findingCount]uint64{} || t.slow > 0 || held[[2]string{service, t.name}] > 0 {
				return notable
			}
			return plain
		}
		slices.SortFunc(totals, func(a, b *operationTotals) int {
			return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(held[[2]string{service, b.name}], held[[2]string{service, a.name}]), cmp.Compare(b.polled, a.polled), cmp.Compare(b.spans, a.spans), strings.Compare(a.name, b.name))
		})
		of := ServiceOperations{Service: service}
		var polled float64
		for i, t := range totals {
			polled += t.polled
			of.Polled.Known = of.Polled.Known || t.polledCarried
			if i >= limit {
				of.Others++
				if rank(t) == notable {
					of.OtherNotable++
				}
				of.OtherSpans += t.spans
				continue
			}
			of.Operations = append(of.Operations, t.operation(held[[2]string{service, t.name}]))
		}
		of.Polled.Number = int64(polled)
		s.Services = append(s.Services, of)
	}
	slices.SortFunc(s.Services, func(a, b ServiceOperations) int {
		return cmp.Or(cmp.Compare(b.Polled.Number, a.Polled.Number), strings.Compare(a.Service, b.Service))
	})
	return s
}

func (t *operationTotals) operation(heldUpOthers uint64) Operation {
	o := Operation{
		Service: t.service, Name: t.name, Spans: t.spans, Latency: quantiles(&t.latency),
		Polled: Value[int64]{Number: int64(t.polled), Known: t.polledCarried},
		Slow:   Value[uint64]{Number: t.slow, Known: t.warm > 0}, Unexplained: t.unexplained,
		Findings: t.findings, HeldUpOthers: heldUpOthers,
	}
	for name, n := range t.culprits {
		o.HeldUpBy = append(o.HeldUpBy, Culprit{name, n})
	}
	slices.SortFunc(o.HeldUpBy, func(a, b Culprit) int {
		return cmp.Or(cmp.Compare(b.Spans, a.Spans), strings.Compare(a.Name, b.Name))
	})
	return o
}
