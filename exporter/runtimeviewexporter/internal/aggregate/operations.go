// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// maxOperations bounds what whoever sends spans can make of operations: they take 55 MB, if all block, and half of that if none does. Spans of further ones are counted only.
const maxOperations = 2_000

// Operations adds up spans by service and operation, and tells who held whom up. The zero value is ready. It is not safe for
// concurrent use.
type Operations struct {
	byName    map[string]*operationTotals // by service, 0, name
	key       []byte                      // memory
	names     []OperationName             // by number
	dropped   uint64
	late      uint64
	found     [2]map[uint64]struct{} // traces with a finding: of late, and before that
	meanwhile meanwhile
}

// late is after how many ns a span comes too late for runtime_stats to learn from it, as its window is by default.
const late = 60_000_000_000

// Number tells operations apart. They are numbered from 1 in the order in which they came.
type Number uint16

// Further is the number of the operations beyond the limit.
const Further Number = 0

// OperationName is what an operation is called, as it came.
type OperationName struct{ Service, Name string }

// Names returns the names of the operations that came so far. That of a number stands at this index; the first is that of Further. The caller
// may keep the slice while spans are added, and must not change it.
func (o *Operations) Names() []OperationName {
	if o.names == nil {
		o.names = make([]OperationName, 1, maxOperations+1)
	}
	return o.names
}

// Find returns the number of an operation, Further if it has not come.
func (o *Operations) Find(service, name string) Number {
	o.key = append(append(append(o.key[:0], service...), 0), name...)
	if t := o.byName[string(o.key)]; t != nil {
		return t.number
	}
	return Further
}

// Observe adds one span, which came at a time in ns since 1970, and returns the number of its operation. Called once for each span; it allocates
// next to nothing if the operation is known.
func (o *Operations) Observe(service string, name []byte, s *Span, now int64) Number {
	if now-s.End > late && !s.Warm {
		o.late++
	}
	o.key = append(append(append(o.key[:0], service...), 0), name...)
	t := o.byName[string(o.key)]
	if t == nil {
		if len(o.byName) == maxOperations {
			o.dropped++
			return Further
		}
		if o.byName == nil {
			o.byName = make(map[string]*operationTotals)
		}
		o.names = append(o.Names(), OperationName{strings.Clone(service), string(name)})
		n := len(o.names) - 1
		t = &operationTotals{number: Number(n), service: o.names[n].Service, name: o.names[n].Name} //nolint:gosec // G115: at most maxOperations
		o.byName[string(o.key)] = t
	}
	o.observe(t, s)
	return t.number
}

// Usual is the median duration of an operation's spans in ns, 0 if there are none.
func (o *Operations) Usual(service string, name []byte) int64 {
	o.key = append(append(append(o.key[:0], service...), 0), name...)
	if t := o.byName[string(o.key)]; t != nil {
		return t.latency.Quantile(0.5)
	}
	return 0
}

// blocking is the finding that a span held its thread.
var blocking = FindingNamed(semconv.FindingBlocking)

// observe leaves counting what is malformed to the totals of the runtimes, which see each span as well.
func (o *Operations) observe(t *operationTotals, s *Span) {
	t.spans++
	if s.Latency.Known && s.Latency.Number >= 0 {
		t.latency.Record(s.Latency.Number)
		if ratio := s.BusyRatio; ratio.Known && ratio.Number >= 0 && ratio.Number <= 1 {
			polled := ratio.Number * float64(s.Latency.Number)
			if t.busy != nil {
				t.busy.Record(int64(polled))
			} else if s.Findings&blocking != 0 {
				t.busy = new(histogram.Histogram)
			}
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
			s.Findings.addTo(&t.slowFindings)
			if s.Findings != 0 {
				t.slowFound++
			}
			if s.Findings == 0 && !o.explained(s.Trace) {
				t.unexplained++
				if s.Latency.Known && s.Latency.Number > 0 {
					o.meanwhile.addSlow(t, s)
				}
			}
		}
	}
	s.Findings.addTo(&t.findings)
	t.lacked.add(s)
	if s.File != "" && t.line != s.Line {
		t.madeAt(s.File, s.Line)
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

// OperationsSnapshot tells the operations of a moment.
type OperationsSnapshot struct {
	Services []ServiceOperations // the one whose spans were polled longest first
	Dropped  uint64              // spans of operations beyond the limit
	Late     uint64              // spans without a class that came a minute after their end, or later
}

// ServiceOperations tells the operations of one service.
type ServiceOperations struct {
	Service string
	Polled  Value[int64] // sum over all of its operations
	// Operations are those with the most trouble first: spans that were slow, or bear a finding, or that they held up. Where that is equal, the one
	// whose spans were polled longest comes first.
	Operations []Operation
	// Others is the number of operations that are left out, OtherNotable that of those with something to say.
	Others, OtherNotable int
}

// Snapshot tells at most limit operations of each service. At the end nothing more will come.
func (o *Operations) Snapshot(limit int, end bool) OperationsSnapshot {
	o.meanwhile.settle(end)
	byService := make(map[string][]*operationTotals)
	held := make(map[[2]string]uint64)
	places := make(map[[2]string]int)
	for _, t := range o.byName {
		places[[2]string{t.service, t.place}]++
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
		totals = slices.DeleteFunc(totals, func(t *operationTotals) bool { return t.twin(held) })
		for i, t := range totals {
			polled += t.polled
			of.Polled.Known = of.Polled.Known || t.polledCarried
			if i >= limit {
				of.Others++
				if trouble(t) > 0 {
					of.OtherNotable++
				}
				continue
			}
			of.Operations = append(of.Operations, t.operation(held[[2]string{service, t.name}], places[[2]string{service, t.place}] == 1))
		}
		of.Polled.Number = int64(polled)
		s.Services = append(s.Services, of)
	}
	slices.SortFunc(s.Services, func(a, b ServiceOperations) int {
		return cmp.Or(cmp.Compare(b.Polled.Number, a.Polled.Number), strings.Compare(a.Service, b.Service))
	})
	return s
}

// Dropped is the number of spans of operations beyond the limit.
func (o *Operations) Dropped() uint64 { return o.dropped }
