// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"fmt"
	"runtime"
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
	o.Observe("s", []byte("a"), &span, 0)
	o.Observe("s", []byte("a"), &Span{Latency: Known[int64](2_000_000), Warm: true, Outlier: true}, 0)
	o.Observe("s", []byte("a"), &Span{Latency: Known[int64](-1), BusyRatio: Known(1.5), Outlier: true}, 0)
	o.Observe("s", []byte("b"), &Span{Latency: Known[int64](9_000_000), BusyRatio: Known(1.0)}, 0)
	o.Observe("other", []byte("b"), &Span{}, 0)
	s := o.Snapshot(10, true)

	assert.Equal(t, []string{"s", "other"}, []string{s.Services[0].Service, s.Services[1].Service}, "polled longest first")
	assert.Equal(t, Known[int64](9_500_000), s.Services[0].Polled)
	a, b := s.Services[0].Operations[0], s.Services[0].Operations[1]
	assert.Equal(t, "b", b.Name, "it held up one span; the other has one that is held up, and two slow ones")
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
	o.Observe("ab", []byte("c"), &Span{}, 0)
	o.Observe("a", []byte("bc"), &Span{}, 0)
	assert.Len(t, o.Snapshot(1, true).Services, 2)
}

// What is left out is counted: operations beyond those shown, and beyond those kept; culprits beyond those told apart.
func TestOperationsBounded(t *testing.T) {
	var o Operations
	for i := range maxOperations + 7 {
		o.Observe("s", fmt.Appendf(nil, "op %d", i), &Span{HeldUpBy: fmt.Sprintf("culprit %d", i)}, 0)
	}
	s := o.Snapshot(5, true)
	assert.EqualValues(t, 7, s.Dropped)
	assert.Len(t, s.Services[0].Operations, 5)
	assert.Equal(t, maxOperations-5, s.Services[0].Others)
	assert.Zero(t, s.Services[0].OtherNotable)

	var one Operations
	for i := range maxCulprits + 3 {
		one.Observe("s", []byte("a"), &Span{HeldUpBy: fmt.Sprintf("culprit %d", i)}, 0)
	}
	assert.Len(t, one.Snapshot(1, true).Services[0].Operations[0].HeldUpBy, maxCulprits)
}

// Called once for each span.
func TestObserveOperationTakesNoMemory(t *testing.T) {
	var o Operations
	name := []byte("GET /orders")
	span := Span{Latency: Known[int64](1_000_000), Findings: 1, HeldUpBy: "GET /report"}
	o.Observe("shop", name, &span, 0)
	assert.Zero(t, testing.AllocsPerRun(100, func() { o.Observe("shop", name, &span, 0) }), 0)
}

func TestFindingNamed(t *testing.T) {
	for i, name := range semconv.Values(semconv.Finding) {
		assert.EqualValues(t, 1<<i, FindingNamed(name))
		assert.Equal(t, name, FindingNames[i])
	}
	assert.Zero(t, FindingNamed("of a later version"))
}

// second is one in ns.
const second = 1_000_000_000

// A slow span that nothing explains, and what ran beside it: without what was inside of it, and no more of it than lies in
// the time of the slow one, which counts itself.
func TestMeanwhile(t *testing.T) {
	var o Operations
	at := func(trace, id, parent uint64, from, to float64, busy float64) *Span {
		return &Span{
			Latency: Known(int64((to - from) * second)), End: int64(to * second), BusyRatio: Known(busy), Trace: trace, ID: id, Parent: parent,
		}
	}
	slow := at(1, 1, 0, 10, 12, 0.1)
	slow.Warm, slow.Outlier = true, true
	o.Observe("s", []byte("child of slow"), at(1, 2, 1, 10, 12, 0.05), 0)
	o.Observe("s", []byte("slow"), slow, 0)
	o.Observe("s", []byte("drain"), at(2, 4, 3, 11, 13, 0.8), 0)   // 1 s beside it, 0.8 s polled
	o.Observe("s", []byte("request"), at(2, 3, 0, 11, 13, 0.9), 0) // of which it is most
	o.Observe("s", []byte("before"), at(3, 5, 0, 9, 10, 1), 0)     // not beside it
	o.Observe("other", []byte("loop"), at(4, 6, 0, 10, 12, 1), 0)  // not on its threads
	o.Observe("s", []byte("sleep"), at(5, 7, 0, 10, 12, 0), 0)     // on none
	ran := func(end bool) []Share { return row(t, o.Snapshot(10, end), "s", "slow").Meanwhile }

	assert.Nil(t, ran(false), "more may come")
	o.Observe("s", []byte("late"), at(6, 8, 0, 13.9, 14.1, 0.1), 0)
	shares := ran(false)
	for i, want := range []Share{{"drain", 0.4}, {"child of slow", 0.05}, {"itself", 0.05}, {"request", 0.05}} {
		assert.Equal(t, want.Name, shares[i].Name)
		assert.InDelta(t, want.Share, shares[i].Share, 1e-6)
	}
	assert.Equal(t, shares, ran(true), "once")
}

// A finding on a span inside explains the slow one around it; one of another trace does not.
func TestExplainedByTrace(t *testing.T) {
	var o Operations
	slow := Span{Latency: Known[int64](second), Warm: true, Outlier: true, Trace: 1}
	o.Observe("s", []byte("child"), &Span{Findings: 1, Trace: 1}, 0)
	o.Observe("s", []byte("a"), &slow, 0)
	slow.Trace = 2
	o.Observe("s", []byte("a"), &slow, 0)
	a := row(t, o.Snapshot(10, true), "s", "a")
	assert.EqualValues(t, 1, a.Unexplained)
	assert.Equal(t, Known[uint64](2), a.Slow)
}

// What ran while too many other spans came is forgotten, and then no share is told.
func TestMeanwhileForgotten(t *testing.T) {
	var o Operations
	for i := range maxRecent + 10 {
		o.Observe("s", []byte("a"), &Span{Latency: Known[int64](1_000), End: int64(i) * 1_000, BusyRatio: Known(1.0), Trace: 2}, 0)
	}
	o.Observe("s", []byte("slow"), &Span{Latency: Known[int64](second), End: second, Warm: true, Outlier: true, Trace: 1}, 0)
	assert.Nil(t, row(t, o.Snapshot(10, true), "s", "slow").Meanwhile)
}

func TestLate(t *testing.T) {
	var o Operations
	o.Observe("s", []byte("a"), &Span{End: second}, 2*second)
	o.Observe("s", []byte("a"), &Span{End: second}, 62*second)
	o.Observe("s", []byte("a"), &Span{End: second, Warm: true}, 62*second) // judged all the same: a longer window
	assert.EqualValues(t, 1, o.Snapshot(1, true).Late)
}

func row(t *testing.T, s OperationsSnapshot, service, name string) Operation {
	t.Helper()
	for _, of := range s.Services {
		for _, o := range of.Operations {
			if of.Service == service && o.Name == name {
				return o
			}
		}
	}
	t.Fatalf("no operation %s of %s", name, service)
	return Operation{}
}

// The span around tells where an operation belongs; one that says nothing else is left out.
func TestInside(t *testing.T) {
	var o Operations
	for i := range uint64(3) {
		id := 10 * (i + 1)
		o.Observe("s", []byte("read"), &Span{Latency: Known[int64](second), BusyRatio: Known(1.0), ID: id + 2, Parent: id + 1, Findings: 1, File: "/a/b/src/main.rs", Line: 7}, 0)
		o.Observe("s", []byte("handler"), &Span{Latency: Known[int64](second), BusyRatio: Known(1.0), ID: id + 1, Parent: id}, 0)
		o.Observe("s", []byte("request"), &Span{Latency: Known[int64](second), BusyRatio: Known(1.0), ID: id}, 0)
	}
	s := o.Snapshot(10, true)
	read := row(t, s, "s", "read")
	assert.Equal(t, "handler", read.Parent)
	assert.Equal(t, "src/main.rs:7", read.Place)
	assert.Equal(t, [findingCount]uint64{3}, read.Findings)
	assert.Empty(t, row(t, s, "s", "request").Parent)
	assert.Len(t, s.Services[0].Operations, 2, "the handler is the request once more")
	assert.Zero(t, s.Services[0].Others)

	o.Observe("s", []byte("read"), &Span{Latency: Known[int64](second), BusyRatio: Known(1.0), ID: 42, Parent: 41, Findings: 1, File: "/a/b/src/main.rs", Line: 8}, 0)
	o.Observe("s", []byte("other"), &Span{Latency: Known[int64](second), BusyRatio: Known(1.0), ID: 41}, 0)
	read = row(t, o.Snapshot(10, true), "s", "read")
	assert.Empty(t, read.Parent+read.Place, "several")
}

// What is kept of spans, apart from what each operation takes, is bounded as the README says.
func TestOperationsMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var o Operations
	for i := range uint64(4 * maxRecent) {
		o.Observe("s", []byte("a"), &Span{Latency: Known[int64](second), BusyRatio: Known(1.0), ID: 2*i + 2, Parent: 2*i + 1, Trace: i + 1, Findings: 1}, 0)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	assert.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(24<<20))
	assert.NotZero(t, o.Snapshot(1, true))
}
