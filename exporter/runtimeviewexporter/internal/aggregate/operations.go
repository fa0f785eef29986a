// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"cmp"
	"math/bits"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
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
	slow          uint64               // of the warm ones
	unexplained   uint64               // of the slow ones
	slowFound     uint64               // slow ones with a finding
	busy          *histogram.Histogram // since the first that is said to have blocked; nil until then
	slowFindings  [findingCount]uint64
	// Where its spans are made in the code, and in which operation: the last ones, and how often they differed from those before.
	place           string
	line            int64
	parent          *operationTotals
	places, parents uint32
	// What the service ran during unexplained spans, ns of the whole time of those that could be looked at.
	meanwhile     map[*operationTotals]float64
	meanwhileOver float64
	findings      [findingCount]uint64
	culprits      map[string]uint64 // spans that were held up, by the operation that did it; nil until there is one; the first maxCulprits
}

// enough spans have a fastest tenth.
const enough = 20

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
	if s.File != "" && t.line != s.Line {
		t.madeAt(s.File, s.Line)
	}
	if s.HeldUpBy != "" {
		t.heldUp(s.HeldUpBy)
	}
}

// madeAt notes a place in the code, of which the end of the file's path is told, and the line. Of an operation with several places none is.
func (t *operationTotals) madeAt(file string, line int64) {
	t.places++
	t.line = line
	t.place = path.Join(path.Base(path.Dir(file)), path.Base(file)) + ":" + strconv.FormatInt(line, 10)
}

// in notes the operation of the spans around. Of an operation with several none is told.
func (t *operationTotals) in(parent *operationTotals) {
	if t.parent != parent {
		t.parents++
		t.parent = parent
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
	SlowFindings [findingCount]uint64 // those on slow spans
	SlowFound    uint64               // slow spans with a finding
	// BusyFastest is how long its fastest tenth is polled, ns, once a span has blocked: if that is long, it is the code and not the machine.
	BusyFastest  Value[int64]
	Parent       string    // the operation of the spans around, if there are any
	Place        string    // where its spans are made in the code, if they say so and those of others are made elsewhere
	HeldUpBy     []Culprit // the one with the most spans first
	HeldUpOthers uint64    // spans that it held up, those of its own operation included
}

// Offends reports whether it held up others, or has a finding that is not what others did to it.
func (o *Operation) Offends() bool {
	own := o.Findings
	own[bits.TrailingZeros16(uint16(FindingNamed(semconv.FindingHeldUp)))] = 0
	return o.HeldUpOthers > 0 || own != [findingCount]uint64{}
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
				of.OtherSpans += t.spans
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

// twin reports whether an operation says nothing that the one around it does not say as well, as it is with a request and the only span in it.
func (t *operationTotals) twin(held map[[2]string]uint64) bool {
	p := t.parent
	return t.parents == 1 && p.parent != t && t.spans == p.spans && t.slow == p.slow && t.unexplained == p.unexplained && t.findings == p.findings &&
		held[[2]string{t.service, t.name}] <= held[[2]string{p.service, p.name}]
}

func (t *operationTotals) operation(heldUpOthers uint64, ownPlace bool) Operation {
	o := Operation{
		Service: t.service, Name: t.name, Spans: t.spans, Latency: quantiles(&t.latency),
		Polled: Value[int64]{Number: int64(t.polled), Known: t.polledCarried},
		Slow:   Value[uint64]{Number: t.slow, Known: t.warm > 0}, Unexplained: t.unexplained,
		Findings: t.findings, SlowFound: t.slowFound, SlowFindings: t.slowFindings, HeldUpOthers: heldUpOthers,
	}
	if t.busy != nil && t.busy.Count() >= enough {
		o.BusyFastest = Known(t.busy.Quantile(0.1))
	}
	if t.places == 1 && ownPlace {
		o.Place = t.place
	}
	if t.parents == 1 {
		o.Parent = t.parent.name
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
