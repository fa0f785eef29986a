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
	byName    map[string]*operationTotals // by service, 0, name
	key       []byte                      // memory
	dropped   uint64
	late      uint64
	found     [2]map[uint64]struct{} // traces with a finding: of late, and before that
	meanwhile meanwhile
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
	// What the service ran during unexplained spans, ns of the whole time of those that could be looked at.
	meanwhile     map[*operationTotals]float64
	meanwhileOver float64
	findings      [findingCount]uint64
	culprits      map[string]uint64 // spans that were held up, by the operation that did it; nil until there is one; the first maxCulprits
}

// late is after how many ns a span comes too late for runtime_stats to learn from it, as its window is by default.
const late = 60_000_000_000

// Observe adds one span, which came at a time in ns since 1970. Called once for each span; it allocates next to nothing if the operation is
// known.
func (o *Operations) Observe(service string, name []byte, s *Span, now int64) {
	if now-s.End > late {
		o.late++
	}
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
	o.observe(t, s)
}

// observe leaves counting what is malformed to the totals of the runtimes, which see each span as well.
func (o *Operations) observe(t *operationTotals, s *Span) {
	t.spans++
	if s.Latency.Known && s.Latency.Number >= 0 {
		t.latency.Record(s.Latency.Number)
		if ratio := s.BusyRatio; ratio.Known && ratio.Number >= 0 && ratio.Number <= 1 {
			polled := ratio.Number * float64(s.Latency.Number)
			t.polled += polled
			t.polledCarried = true
			o.meanwhile.add(t, s, int64(polled))
		}
	}
	if s.Findings != 0 && s.Trace != 0 {
		o.find(s.Trace)
	}
	if s.Warm {
		t.warm++
		if s.Outlier {
			t.slow++
			if s.Findings == 0 && !o.explained(s.Trace) {
				t.unexplained++
				if s.Latency.Known && s.Latency.Number > 0 {
					o.meanwhile.addSlow(t, s)
				}
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

// find remembers that a trace has a finding: the spans around the one that has it end, and come, later.
func (o *Operations) find(trace uint64) {
	if o.found[0] == nil || len(o.found[0]) == maxRecent {
		o.found[0], o.found[1] = make(map[uint64]struct{}), o.found[0]
	}
	o.found[0][trace] = struct{}{}
}

func (o *Operations) explained(trace uint64) bool {
	if _, found := o.found[0][trace]; found {
		return true
	}
	_, found := o.found[1][trace]
	return found
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
	Unexplained   uint64        // slow spans in whose traces nothing was found before
	// Meanwhile is what the service ran during those, they themselves included, as a share of their time, the most first: an estimate. It may exceed 1
	// in all, if there are several threads. Nil: unknown.
	Meanwhile    []Share
	Findings     [findingCount]uint64
	HeldUpBy     []Culprit // the one with the most spans first
	HeldUpOthers uint64    // spans that it held up, those of its own operation included
}

// Culprit is an operation that held up spans of another one.
type Culprit struct {
	Name  string
	Spans uint64
}

// Share is an operation's share of something.
type Share struct {
	Name  string
	Share float64
}

// OperationsSnapshot tells the operations of a moment.
type OperationsSnapshot struct {
	Services []ServiceOperations // the one whose spans were polled longest first
	Dropped  uint64              // spans of operations beyond the limit
	Late     uint64              // spans that came a minute after their end, or later
}

// ServiceOperations tells the operations of one service.
type ServiceOperations struct {
	Service string
	Polled  Value[int64] // sum over all of its operations
	// Operations are those with the most trouble first: spans that were slow, or bear a finding, or that they held up. Where that is equal, the one
	// whose spans were polled longest comes first.
	Operations []Operation
	// Others is the number of operations that are left out, OtherNotable that of those with something to say, and OtherSpans that of their spans.
	Others, OtherNotable int
	OtherSpans           uint64
}

// Snapshot tells at most limit operations of each service. At the end nothing more will come.
func (o *Operations) Snapshot(limit int, end bool) OperationsSnapshot {
	o.meanwhile.settle(end)
	byService := make(map[string][]*operationTotals)
	held := make(map[[2]string]uint64)
	for _, t := range o.byName {
		byService[t.service] = append(byService[t.service], t)
		for by, n := range t.culprits {
			held[[2]string{t.service, by}] += n
		}
	}
	s := OperationsSnapshot{Dropped: o.dropped, Late: o.late}
	for service, totals := range byService {
		trouble := func(t *operationTotals) uint64 {
			n := t.slow + held[[2]string{service, t.name}]
			for _, found := range t.findings {
				n += found
			}
			return n
		}
		slices.SortFunc(totals, func(a, b *operationTotals) int {
			return cmp.Or(cmp.Compare(trouble(b), trouble(a)), cmp.Compare(b.polled, a.polled), cmp.Compare(b.spans, a.spans), strings.Compare(a.name, b.name))
		})
		of := ServiceOperations{Service: service}
		var polled float64
		for i, t := range totals {
			polled += t.polled
			of.Polled.Known = of.Polled.Known || t.polledCarried
			if i >= limit {
				of.Others++
				if trouble(t) > 0 {
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
	for by, ns := range t.meanwhile {
		o.Meanwhile = append(o.Meanwhile, Share{by.name, ns / t.meanwhileOver})
	}
	slices.SortFunc(o.Meanwhile, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), strings.Compare(a.Name, b.Name))
	})
	for name, n := range t.culprits {
		o.HeldUpBy = append(o.HeldUpBy, Culprit{name, n})
	}
	slices.SortFunc(o.HeldUpBy, func(a, b Culprit) int {
		return cmp.Or(cmp.Compare(b.Spans, a.Spans), strings.Compare(a.Name, b.Name))
	})
	return o
}
