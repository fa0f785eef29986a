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

// maxCulprits is how many operations are told apart that held up one.
const maxCulprits = 16

type operationTotals struct {
	number        Number
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
	lacked        lacked
	culprits      map[string]uint64 // spans that were held up, by the operation that did it; nil until there is one; the first maxCulprits
}

// enough spans have a fastest tenth.
const enough = 20

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
	Throttled    uint64    // of those with cpu_starved: a quota stopped the process then
	Crowded      uint64    // likewise: none did, so others had the CPUs
	HeldUpBy     []Culprit // the one with the most spans first
	HeldUpOthers uint64    // spans that it held up, those of its own operation included
}

// Offends reports whether it held up others, or has a finding that is not what others did to it.
func (o *Operation) Offends() bool {
	own := o.Findings
	for _, done := range []string{semconv.FindingHeldUp, semconv.FindingCPUStarved} {
		own[bits.TrailingZeros16(uint16(FindingNamed(done)))] = 0
	}
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

// twin reports whether an operation says nothing that the one around it does not say as well, as it is with a request and the only span in it.
func (t *operationTotals) twin(held map[[2]string]uint64) bool {
	p := t.parent
	return t.parents == 1 && p.parent != t && t.spans == p.spans && t.slow == p.slow && t.unexplained == p.unexplained && t.findings == p.findings &&
		held[[2]string{t.service, t.name}] == 0 // else it is named as a culprit
}

func (t *operationTotals) operation(heldUpOthers uint64, ownPlace bool) Operation {
	o := Operation{
		Service: t.service, Name: t.name, Spans: t.spans, Latency: quantiles(&t.latency),
		Polled: Value[int64]{Number: int64(t.polled), Known: t.polledCarried},
		Slow:   Value[uint64]{Number: t.slow, Known: t.warm > 0}, Unexplained: t.unexplained,
		Findings: t.findings, SlowFound: t.slowFound, SlowFindings: t.slowFindings, HeldUpOthers: heldUpOthers,
		Throttled: t.lacked.throttled, Crowded: t.lacked.crowded,
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
