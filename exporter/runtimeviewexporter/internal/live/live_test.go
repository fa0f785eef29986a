// SPDX-License-Identifier: Apache-2.0

package live

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	now = int64(1_700_000_100) // s
	// relativeError is that of a histogram bucket, a little rounded up.
	relativeError = 0.0055
)

var (
	tokio = aggregate.RuntimeNamed(semconv.RuntimeTokio)
	smol  = aggregate.RuntimeNamed(semconv.RuntimeSmol)
	names = []aggregate.OperationName{{}, {Service: "shop", Name: "GET /order"}, {Service: "shop", Name: "GET /report"}, {Service: "till", Name: "POST /pay"}}
)

const (
	orders aggregate.Number = iota + 1
	report
	pay
)

// ended returns a request that ended so many seconds before now and took so long.
func ended(ago int64, took time.Duration) aggregate.Span {
	return aggregate.Span{Runtime: tokio, Latency: aggregate.Known(took.Nanoseconds()), End: (now - ago) * nsPerSec, Request: true}
}

func (r *Recent) observe(operation aggregate.Number, s aggregate.Span) {
	r.Observe(operation, aggregate.Further, &s, 0, now*nsPerSec)
}

func view(r *Recent, s Scope) View {
	q := NewQuery(s, names, r.Axis())
	for i := range Slots {
		q.Add(r, i)
	}
	return q.View()
}

func TestSplit(t *testing.T) {
	const ms = 1_000_000
	took := aggregate.Known[int64](100 * ms)
	for name, tt := range map[string]struct {
		span aggregate.Span
		want Parts
	}{
		"nothing measured": {aggregate.Span{Latency: took}, Parts{Unknown: 100 * ms}},
		"a plain service":  {aggregate.Span{Latency: took, BusyRatio: aggregate.Known(0.25)}, Parts{Running: 25 * ms, Unknown: 75 * ms}},
		"all measured": {
			aggregate.Span{Latency: took, BusyRatio: aggregate.Known(0.25), QueueWait: aggregate.Known[int64](30 * ms), IOWait: aggregate.Known[int64](40 * ms)},
			Parts{Running: 25 * ms, QueueWait: 30 * ms, Waiting: 40 * ms, Unknown: 5 * ms},
		},
		"held up, measured": {
			aggregate.Span{Latency: took, BusyRatio: aggregate.Known(0.0), QueueWait: aggregate.Known[int64](30 * ms), Findings: heldUp},
			Parts{HeldUp: 30 * ms, Unknown: 70 * ms},
		},
		"held up, beyond the usual 60 ms": {
			aggregate.Span{Latency: took, BusyRatio: aggregate.Known(0.25), Findings: heldUp},
			Parts{Running: 25 * ms, HeldUp: 40 * ms, Unknown: 35 * ms},
		},
		"held up, and nothing measured": {aggregate.Span{Latency: took, Findings: heldUp}, Parts{Unknown: 100 * ms}},
		"short of CPU": {
			aggregate.Span{Latency: took, BusyRatio: aggregate.Known(0.5), CPUWait: aggregate.Known(0.8)},
			Parts{Running: 10 * ms, CPUWait: 40 * ms, Unknown: 50 * ms},
		},
		"more than there is": {
			aggregate.Span{
				Latency: took, BusyRatio: aggregate.Known(0.5), QueueWait: aggregate.Known[int64](math.MaxInt64), IOWait: aggregate.Known[int64](math.MaxInt64),
			},
			Parts{Running: 50 * ms, QueueWait: 50 * ms},
		},
		"out of range": {
			aggregate.Span{Latency: took, BusyRatio: aggregate.Known(math.NaN()), QueueWait: aggregate.Known[int64](-1), IOWait: aggregate.Known[int64](math.MinInt64)},
			Parts{Unknown: 100 * ms},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := split(&tt.span, 60*ms)
			assert.InDeltaSlice(t, tt.want[:], got[:], 1)
			assert.InDelta(t, 100*ms, got.total(), 1, "all of the time is drawn")
		})
	}
}

// TestAgainstAll: up to 8,192 spans a second, the view of a load is what somebody finds who keeps all of its spans.
func TestAgainstAll(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	recent := NewRecent(1)
	var took []int64
	rate := make([]float64, Slots)
	var parts Parts
	for range 100_000 {
		s := ended(random.Int64N(Slots), time.Duration(5e6*math.Exp(random.NormFloat64())))
		s.BusyRatio = aggregate.Known(random.Float64() / 2)
		s.QueueWait = aggregate.Known(s.Latency.Number / 4)
		recent.observe(orders, s)
		took = append(took, s.Latency.Number)
		rate[s.End/nsPerSec-now+Slots-1]++
		for i, ns := range split(&s, 0) {
			parts[i] += ns
		}
	}
	v := view(recent, Scope{})
	require.True(t, v.Every)
	require.Len(t, v.Lanes, 1)
	assert.EqualValues(t, 100_000, v.Spans)
	assert.Equal(t, now-Slots+1, v.First)
	assert.Equal(t, rate[:Slots-onTheWay], v.Lanes[0].Rate[:Slots-onTheWay])
	assert.Equal(t, []float64{none, none}, v.Lanes[0].Rate[Slots-onTheWay:], "spans of that time are on their way")

	slices.Sort(took)
	require.Len(t, v.Lanes[0].Curve, curvePoints)
	for i, got := range v.Lanes[0].Curve {
		rank := max(int(math.Ceil((1-math.Pow(10, -float64(i)/perNine))*float64(len(took)))), 1)
		assert.InEpsilon(t, took[rank-1], got, relativeError, "point %d", i)
	}
	require.Len(t, v.Times, 1)
	for i := range parts {
		if parts[i] > 0 {
			assert.InEpsilon(t, parts[i], v.Times[0].Parts[i], 1e-6, "part %d", i)
		}
	}
	cells := 0.0
	for _, n := range v.Heatmap.Cells {
		cells += n
	}
	assert.EqualValues(t, 100_000, cells)
}

// TestSample: of more spans than are kept, the view says that it estimates, and its counts are still those of all.
func TestSample(t *testing.T) {
	recent := NewRecent(1)
	for i := range 5 * maxKept {
		s := ended(10, time.Duration(i+1)*time.Microsecond)
		if i%4 == 0 {
			s.Runtime = smol
		}
		recent.observe(orders, s)
	}
	recent.observe(orders, ended(0, time.Second))
	recent.observe(orders, ended(Slots-1, time.Second))
	v := view(recent, Scope{})
	assert.False(t, v.Every)
	assert.InDelta(t, 5*maxKept+2, v.Spans, 1e-6)
	require.Len(t, v.Lanes, 2)
	at := Slots - 1 - 10
	assert.InEpsilon(t, 15*maxKept/4, v.Lanes[0].Rate[at], 0.02)
	assert.InEpsilon(t, 5*maxKept/4, v.Lanes[1].Rate[at], 0.05)
	assert.InEpsilon(t, int64(5*maxKept/2)*1_000, v.Lanes[0].P50[at], 0.05, "those that came last are as likely as those that came first")
}

// TestBrush: what is selected in the heatmap narrows all but the lanes over time and the heatmap itself.
func TestBrush(t *testing.T) {
	recent := NewRecent(1)
	recent.observe(orders, ended(50, 10*time.Millisecond))
	recent.observe(orders, ended(50, 100*time.Millisecond))
	recent.observe(report, ended(20, 100*time.Millisecond))
	inner := ended(20, time.Millisecond)
	inner.Request = false
	recent.observe(pay, inner)
	recent.observe(report, ended(0, time.Millisecond))

	all := view(recent, Scope{})
	assert.EqualValues(t, 5, all.Spans, "time and findings are those of inner spans as well")
	require.Len(t, all.Lanes, 1, "the lanes are those of requests")
	assert.EqualValues(t, 4, all.Lanes[0].Spans)

	brushed := view(recent, Scope{From: now - 60, To: now - 30, Low: (50 * time.Millisecond).Nanoseconds()})
	assert.EqualValues(t, 1, brushed.Spans)
	assert.EqualValues(t, 1, brushed.Lanes[0].Spans)
	assert.Equal(t, all.Heatmap, brushed.Heatmap)
	assert.Equal(t, all.Lanes[0].Rate, brushed.Lanes[0].Rate)
	require.Len(t, brushed.Times, 1)
	assert.Equal(t, "GET /order", brushed.Times[0].Operation)

	for _, tt := range []struct {
		scope Scope
		spans float64
	}{
		{Scope{Service: "till", Operation: "POST /pay"}, 1},
		{Scope{Service: "shop", Operation: "POST /pay"}, 0},
		{Scope{Runtime: semconv.RuntimeTokio}, 5},
		{Scope{Runtime: semconv.RuntimeSmol}, 0},
		{Scope{To: now}, 4},
		{Scope{High: (2 * time.Millisecond).Nanoseconds()}, 2},
	} {
		assert.Equal(t, tt.spans, view(recent, tt.scope).Spans, "%+v", tt.scope)
	}
}

// TestFindings: a report blocks its thread for 30 ms, and two orders wait for it, one of them in a queue as well.
func TestFindings(t *testing.T) {
	recent := NewRecent(1)
	block := ended(3, 30*time.Millisecond)
	block.Findings = aggregate.FindingNamed(semconv.FindingBlocking)
	block.BusyRatio = aggregate.Known(0.9)
	recent.observe(report, block)
	for _, waited := range []time.Duration{20 * time.Millisecond, 10 * time.Millisecond} {
		s := ended(2, 40*time.Millisecond)
		s.Findings = heldUp
		s.QueueWait = aggregate.Known(waited.Nanoseconds())
		s.Warm, s.Outlier, s.ID, s.TraceID = true, true, 0xabcd, [16]byte{15: 1}
		recent.Observe(orders, report, &s, 0, now*nsPerSec)
	}
	recent.observe(orders, ended(0, time.Millisecond))

	v := view(recent, Scope{})
	assert.Equal(t, []Finding{
		{
			Finding: semconv.FindingHeldUp, Runtime: "tokio", Service: "shop", Operation: "GET /order", Spans: 2, Of: 3, Cost: 30e6,
			Culprits: []Culprit{{"GET /report", 2}},
		},
		{
			Finding: semconv.FindingBlocking, Runtime: "tokio", Service: "shop", Operation: "GET /report", Spans: 1, Of: 1, Cost: 30e6, Ran: 27e6, Victims: 2,
			Culprits: []Culprit{},
		},
	}, v.Findings)
	require.Len(t, v.Slow, 2)
	assert.Equal(t, Slow{
		Runtime: "tokio", Service: "shop", Operation: "GET /order", Trace: "00000000000000000000000000000001", Span: "cdab000000000000",
		End: (now - 2) * 1_000, Duration: 40e6, Parts: Parts{HeldUp: 20e6, Unknown: 20e6}, Findings: []string{semconv.FindingHeldUp}, Culprit: "GET /report",
	}, v.Slow[0])
}

// TestRank: a report that blocks stands before the orders that queue, though nobody says that it was the report they waited for. It ran for 90 of
// the 100 ms that anything of the service ran, so 81 of the 90 ms that its spans were queued go back to it.
func TestRank(t *testing.T) {
	recent := NewRecent(1)
	block := ended(3, 110*time.Millisecond)
	block.Findings, block.BusyRatio = aggregate.FindingNamed(semconv.FindingBlocking), aggregate.Known(90.0/110)
	block.QueueWait = aggregate.Known[int64](20e6)
	recent.observe(report, block)
	for range 2 {
		queued := ended(2, 40*time.Millisecond)
		queued.Findings, queued.QueueWait = aggregate.FindingNamed(semconv.FindingStarved), aggregate.Known[int64](35e6)
		queued.BusyRatio = aggregate.Known(0.125)
		recent.observe(orders, queued)
	}
	other := ended(2, time.Second) // of another service: not the report's fault
	other.Findings, other.QueueWait = aggregate.FindingNamed(semconv.FindingStarved), aggregate.Known[int64](80e6)
	recent.observe(pay, other)

	var found []string
	for _, f := range view(recent, Scope{}).Findings {
		found = append(found, f.Operation+" "+f.Finding)
	}
	assert.Equal(t, []string{"GET /report blocking_suspected", "POST /pay queue_starved", "GET /order queue_starved"}, found)
}

func TestClasses(t *testing.T) {
	recent := NewRecent(1)
	recent.observe(orders, ended(1, time.Second))
	for i, name := range aggregate.ClassNames {
		s := ended(0, time.Second)
		s.Class = aggregate.ClassNamed(name)
		for range i + 2 {
			recent.observe(orders, s)
		}
	}
	assert.Equal(t, [aggregate.ClassCount]float64{1, 2, 3, 4, 5}, view(recent, Scope{}).Times[0].Classes)
	assert.Equal(t, aggregate.Unclassified, aggregate.ClassNamed("<b>"))
}

// TestOffTheAxis: times that senders make up move nothing.
func TestOffTheAxis(t *testing.T) {
	recent := NewRecent(1)
	recent.observe(orders, ended(0, time.Second))
	recent.observe(orders, ended(Slots, time.Second))
	recent.observe(orders, ended(-maxAhead-1, time.Second))
	recent.observe(orders, aggregate.Span{End: now * nsPerSec})
	recent.observe(orders, aggregate.Span{Latency: aggregate.Known[int64](1)})
	recent.observe(orders, aggregate.Span{Latency: aggregate.Known[int64](1), End: math.MinInt64})
	assert.EqualValues(t, 5, recent.Omitted())
	assert.EqualValues(t, 1, view(recent, Scope{}).Spans)

	// An axis that moves on forgets what is left of it.
	recent.observe(orders, ended(-maxAhead, time.Second))
	assert.EqualValues(t, 2, view(recent, Scope{}).Spans)
	for ahead := range int64(maxAhead) {
		recent.observe(orders, ended(-ahead, time.Second))
	}
	recent.Observe(orders, aggregate.Further, &aggregate.Span{Latency: aggregate.Known[int64](1), End: (now + 125) * nsPerSec}, 0, (now+125)*nsPerSec)
	assert.EqualValues(t, 6, view(recent, Scope{}).Spans, "126 s to 6 s ago are 5 spans of the last 120 s, and the new one")
}

// TestAxisGrows: a load that has just begun fills its axis.
func TestAxisGrows(t *testing.T) {
	recent := NewRecent(1)
	for ago := range int64(30) {
		recent.observe(orders, ended(ago, time.Second))
		v := view(recent, Scope{})
		assert.Equal(t, now-ago, v.First)
		assert.Equal(t, max(int(ago)+1, leastSlots), v.Slots)
		assert.Len(t, v.Lanes[0].Rate, v.Slots)
		assert.Len(t, v.Heatmap.Cells, v.Slots*v.Heatmap.Bands)
	}
}

// TestOnTheWay: a service that exports every few seconds has no spans of the last ones so far, which does not mean that it had no requests. One that is
// silent for longer had none.
func TestOnTheWay(t *testing.T) {
	for silent, want := range map[int64][]float64{
		0:             {1, none, none},
		3:             {1, none, none, none, none, none},
		longestExport: {1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	} {
		recent := NewRecent(1)
		recent.observe(report, ended(40, time.Second))
		recent.observe(pay, ended(0, time.Second))
		for ago := range int64(3) {
			recent.observe(orders, ended(silent+ago, time.Second))
		}
		lane := view(recent, Scope{Operation: "GET /order"}).Lanes[0]
		assert.Equal(t, want, lane.Rate[len(lane.Rate)-len(want):], "silent for %d s", silent)
	}
}

// TestNothingYet: a view of nothing has everything that a page reads.
func TestNothingYet(t *testing.T) {
	assert.Equal(t, View{
		Every: true, Lanes: []Lane{}, Heatmap: Heatmap{Cells: []float64{}}, Times: []Time{}, Findings: []Finding{}, Slow: []Slow{},
	}, view(NewRecent(1), Scope{}))
}

// TestNamesOfLater: an operation that came after the names were read is in the next view.
func TestNamesOfLater(t *testing.T) {
	recent := NewRecent(1)
	s := ended(0, time.Millisecond)
	s.Findings, s.Warm, s.Outlier = heldUp, true, true
	recent.Observe(orders, aggregate.Number(len(names)), &s, 0, now*nsPerSec)
	recent.Observe(aggregate.Number(len(names)), aggregate.Further, &s, 0, now*nsPerSec)
	v := view(recent, Scope{})
	assert.EqualValues(t, 1, v.Spans)
	require.Len(t, v.Findings, 1)
	assert.Empty(t, v.Findings[0].Culprits)
	require.Len(t, v.Slow, 1)
	assert.Empty(t, v.Slow[0].Culprit)
}

func BenchmarkObserve(b *testing.B) {
	recent := NewRecent(1)
	s := ended(0, 5*time.Millisecond)
	s.BusyRatio, s.QueueWait, s.IOWait = aggregate.Known(0.2), aggregate.Known[int64](1e6), aggregate.Known[int64](2e6)
	b.ReportAllocs()
	i := int64(0)
	for b.Loop() {
		s.End = now*nsPerSec + i*20_000 // 50,000 a second
		recent.Observe(orders, aggregate.Further, &s, 0, s.End)
		i++
	}
	require.Zero(b, recent.Omitted())
}

// BenchmarkView reads as much as can be kept: a million spans.
func BenchmarkView(b *testing.B) {
	recent := NewRecent(1)
	for ago := range int64(Slots) {
		for i := range maxKept {
			recent.observe(orders+aggregate.Number(i%3), ended(Slots-1-ago, time.Duration(i+1)*time.Microsecond))
		}
	}
	var v View
	b.ReportAllocs()
	for b.Loop() {
		v = view(recent, Scope{})
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*Slots), "us/slot")
	require.EqualValues(b, Slots*maxKept, v.Spans)
}
