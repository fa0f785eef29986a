// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

func TestOperations(t *testing.T) {
	var o Operations
	span := Span{
		Latency: Known[int64](1_000_000), BusyRatio: Known(0.5), Warm: true, Outlier: true,
		Findings: FindingNamed(semconv.FindingHeldUp), HeldUpBy: "b",
	}
	o.Observe("s", []byte("a"), &span)
	o.Observe("s", []byte("a"), &Span{Latency: Known[int64](2_000_000), Warm: true, Outlier: true})
	o.Observe("s", []byte("a"), &Span{Latency: Known[int64](-1), BusyRatio: Known(1.5), Outlier: true})
	o.Observe("s", []byte("b"), &Span{Latency: Known[int64](9_000_000), BusyRatio: Known(1.0)})
	o.Observe("other", []byte("b"), &Span{})
	s := o.Snapshot(10)

	assert.Equal(t, []string{"s", "other"}, []string{s.Services[0].Service, s.Services[1].Service}, "polled longest first")
	assert.Equal(t, Known[int64](9_500_000), s.Services[0].Polled)
	b, a := s.Services[0].Operations[0], s.Services[0].Operations[1]
	assert.Equal(t, "b", b.Name, "polled longer; what it did to others is something to say")
	assert.EqualValues(t, 1, b.HeldUpOthers)
	assert.False(t, b.Slow.Known, "never judged")
	assert.EqualValues(t, 3, a.Spans)
	assert.Equal(t, Known[int64](500_000), a.Polled)
	assert.Equal(t, Known[uint64](2), a.Slow)
	assert.EqualValues(t, 1, a.Unexplained)
	assert.Equal(t, [findingCount]uint64{5: 1}, a.Findings)
	assert.Equal(t, []Culprit{{"b", 1}}, a.HeldUpBy)
	assert.InEpsilon(t, 1_000_000, a.Latency.P50.Number, 0.0055)
	assert.InEpsilon(t, 2_000_000, a.Latency.P99.Number, 0.0055)

	other := s.Services[1].Operations[0]
	assert.Zero(t, other.HeldUpOthers, "the operation of another service with the same name did nothing")
	assert.Equal(t, Value[int64]{}, other.Polled, "nobody said")
	assert.Equal(t, Quantiles{}, other.Latency)
}

// Service and name do not run into each other.
func TestOperationsApart(t *testing.T) {
	var o Operations
	o.Observe("ab", []byte("c"), &Span{})
	o.Observe("a", []byte("bc"), &Span{})
	assert.Len(t, o.Snapshot(1).Services, 2)
}

// What is left out is counted: operations beyond those shown, and beyond those kept; culprits beyond those told apart.
func TestOperationsBounded(t *testing.T) {
	var o Operations
	for i := range maxOperations + 7 {
		o.Observe("s", fmt.Appendf(nil, "op %d", i), &Span{HeldUpBy: fmt.Sprintf("culprit %d", i)})
	}
	s := o.Snapshot(5)
	assert.EqualValues(t, 7, s.Dropped)
	assert.Len(t, s.Services[0].Operations, 5)
	assert.Equal(t, maxOperations-5, s.Services[0].Others)
	assert.EqualValues(t, maxOperations-5, s.Services[0].OtherSpans)
	assert.Zero(t, s.Services[0].OtherNotable)

	var one Operations
	for i := range maxCulprits + 3 {
		one.Observe("s", []byte("a"), &Span{HeldUpBy: fmt.Sprintf("culprit %d", i)})
	}
	assert.Len(t, one.Snapshot(1).Services[0].Operations[0].HeldUpBy, maxCulprits)
}

// Called once for each span.
func TestObserveOperationTakesNoMemory(t *testing.T) {
	var o Operations
	name := []byte("GET /orders")
	span := Span{Latency: Known[int64](1_000_000), Findings: 1, HeldUpBy: "GET /report"}
	o.Observe("shop", name, &span)
	assert.Zero(t, testing.AllocsPerRun(100, func() { o.Observe("shop", name, &span) }))
}

func TestFindingNamed(t *testing.T) {
	for i, name := range semconv.Values(semconv.Finding) {
		assert.EqualValues(t, 1<<i, FindingNamed(name))
		assert.Equal(t, name, FindingNames[i])
	}
	assert.Zero(t, FindingNamed("of a later version"))
}
