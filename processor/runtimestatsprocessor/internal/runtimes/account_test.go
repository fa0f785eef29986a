// SPDX-License-Identifier: Apache-2.0

package runtimes

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type fields map[Field]int64

type parts map[Part]int64

func account(recorded fields, duration int64) (Account, parts) {
	var f Fields
	for field, value := range recorded {
		f.Set(field, value)
	}
	a := Account{Parts: [NumParts]int64{1, 2, 3}, BusyRatio: 4} // of the span before
	f.Account(duration, false, &a)
	known := parts{}
	for p := range Part(NumParts) {
		if a.Known.Has(p) {
			known[p] = a.Parts[p]
		}
	}
	return a, known
}

func TestAccount(t *testing.T) {
	const duration = 10_000_000
	for _, tt := range []struct {
		name     string
		recorded fields
		duration int64
		ratio    float64 // negative: not known
		want     parts
	}{
		{"nothing recorded", fields{}, duration, -1, parts{}},
		{"busy and idle alone give the ratio", fields{Busy: 2_500_000, Idle: 7_000_000}, duration, 0.25, parts{}},
		{
			"a measured task is accounted for in full",
			fields{
				Busy: 2_000_000, Idle: 7_000_000, Scheduled: 3_000_000, LongestPoll: 1_500_000,
				PollCount: 4, StealCount: 1, ForcedYieldCount: 0, WorkerIndex: 3, TaskID: 99,
			},
			duration, 0.2,
			parts{
				QueueWait: 3_000_000, IOWait: 4_000_000, Unaccounted: 1_000_000, TaskBusy: 2_000_000, TaskIdle: 7_000_000,
				TaskLongestPoll: 1_500_000, TaskPolls: 4, TaskSteals: 1, TaskForcedYields: 0, Worker: 3, Task: 99,
			},
		},
		{"queue wait alone", fields{Scheduled: 3_000_000}, duration, -1, parts{QueueWait: 3_000_000}},
		{"counters without a measured task", fields{PollCount: 4, WorkerIndex: 0}, duration, -1, parts{TaskPolls: 4, Worker: 0}},

		// Times that do not add up.
		{"busy beyond the duration", fields{Busy: 11_200_000, Scheduled: 0}, duration, -1, parts{QueueWait: 0}},
		{"busy beyond it by the layer's doing", fields{Busy: 11_000_000, Scheduled: 0}, duration, 1, parts{QueueWait: 0, TaskBusy: duration}},
		{"negative busy", fields{Busy: -1}, duration, -1, parts{}},
		{
			"idle that counts nested enters twice",
			fields{Busy: 2_000_000, Idle: 9_200_000, Scheduled: 1_000_000},
			duration, 0.2,
			parts{QueueWait: 1_000_000, TaskBusy: 2_000_000},
		},
		{
			"busy that is wrong takes idle with it",
			fields{Busy: 20_000_000, Idle: 1_000_000, Scheduled: 500_000},
			duration, -1,
			parts{QueueWait: 500_000},
		},
		{
			"more queue wait than idle time",
			fields{Busy: 2_000_000, Idle: 3_000_000, Scheduled: 4_000_000},
			duration, 0.2,
			parts{QueueWait: 4_000_000, TaskBusy: 2_000_000, TaskIdle: 3_000_000, Unaccounted: 5_000_000},
		},
		{
			"more queue wait than idle time by rounding",
			fields{Idle: 3_000_000, Scheduled: 3_000_500},
			duration, -1,
			parts{QueueWait: 3_000_500, TaskIdle: 3_000_000, IOWait: 0},
		},
		{"queue wait beyond the duration", fields{Scheduled: 12_000_000, PollCount: 1}, duration, -1, parts{TaskPolls: 1}},
		{"the longest of one poll", fields{Busy: 2_000_000, PollCount: 1}, duration, 0.2, parts{TaskPolls: 1, TaskLongestPoll: 2_000_000}},
		{"a longest poll beyond all of them", fields{Busy: 2_000_000, LongestPoll: 3_200_000}, duration, 0.2, parts{}},
		{
			"a longest poll that was timed outside the span",
			fields{Busy: 2_000_000, LongestPoll: 2_030_000},
			duration, 0.2,
			parts{TaskLongestPoll: 2_000_000},
		},
		{"the delay of the first poll", fields{FirstPollDelay: 700_000}, duration, -1, parts{QueueWaitEstimate: 700_000}},
		{
			"idle before the only poll",
			fields{Busy: 2_000_000, Idle: 8_000_000, PollCount: 1},
			duration, 0.2,
			parts{TaskPolls: 1, TaskLongestPoll: 2_000_000, QueueWaitEstimate: 8_000_000},
		},
		{"idle between polls may be anything", fields{Busy: 2_000_000, Idle: 8_000_000, PollCount: 2}, duration, 0.2, parts{TaskPolls: 2}},
		{
			"what was measured needs no estimate",
			fields{Scheduled: 900_000, FirstPollDelay: 700_000},
			duration, -1,
			parts{QueueWait: 900_000},
		},
		{
			"a queue wait without the wait before the first poll",
			fields{Busy: 1_000_000, Idle: 9_000_000, Scheduled: 0, FirstPollDelay: 5_300_000},
			duration, 0.1,
			parts{QueueWait: 5_300_000, IOWait: 3_700_000, TaskBusy: 1_000_000, TaskIdle: 9_000_000, Unaccounted: 0},
		},
		{
			"it was no longer than the task was idle",
			fields{Busy: 1_000_000, Idle: 6_000_000, Scheduled: 2_000_000, FirstPollDelay: 5_000_000},
			duration, 0.1,
			parts{QueueWait: 6_000_000, IOWait: 0, TaskBusy: 1_000_000, TaskIdle: 6_000_000, Unaccounted: 3_000_000},
		},
		{"nor than the span", fields{Scheduled: 4_000_000, FirstPollDelay: 7_000_000}, duration, -1, parts{QueueWait: duration}},
		{
			"the first poll's delay is not believed, so it adds nothing",
			fields{Scheduled: 4_000_000, FirstPollDelay: 70_000_000},
			duration, -1,
			parts{QueueWait: 4_000_000},
		},
		{"longest poll beyond the duration", fields{LongestPoll: 12_000_000}, duration, -1, parts{}},
		{
			"values that would overflow",
			fields{Busy: math.MaxInt64, Idle: math.MaxInt64, Scheduled: math.MaxInt64, LongestPoll: math.MaxInt64},
			math.MaxInt64, 1,
			parts{QueueWait: math.MaxInt64, TaskBusy: math.MaxInt64, TaskLongestPoll: math.MaxInt64},
		},

		// Durations that allow little or nothing.
		{"no duration known", fields{Busy: 1, Scheduled: 1, PollCount: 2}, -1, -1, parts{TaskPolls: 2}},
		{"an empty span has no ratio", fields{Busy: 0, Idle: 0}, 0, -1, parts{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, known := account(tt.recorded, tt.duration)
			assert.Equal(t, tt.want, known)
			assert.Equal(t, tt.ratio >= 0, a.HasBusyRatio)
			if a.HasBusyRatio {
				assert.InDelta(t, tt.ratio, a.BusyRatio, 2e-4*tt.ratio)
			}
		})
	}
}

// Each way in which times contradict each other, beside times that just fit.
func TestTimesThatDoNotAddUp(t *testing.T) {
	const duration = 10_000_000
	for _, tt := range []struct {
		name     string
		recorded fields
		want     bool
	}{
		{"nothing recorded", fields{}, false},
		{"all of the duration", fields{Busy: 4_000_000, Idle: 6_000_000, Scheduled: 6_000_000, LongestPoll: 4_000_000}, false},
		{"all of it by another clock", fields{Busy: 4_000_000, Idle: 6_010_000, LongestPoll: 4_000_900}, false},
		{"more by the layer's doing", fields{Busy: 4_000_000, Idle: 7_000_000, LongestPoll: 5_000_000}, false},
		{"busy and idle beyond the duration", fields{Busy: 4_000_000, Idle: 7_200_000}, true},
		{"busy beyond it", fields{Busy: 11_200_000}, true},
		{"queue wait beyond it", fields{Scheduled: 11_200_000}, true},
		{"first poll beyond it", fields{FirstPollDelay: 11_200_000}, true},
		{"first poll beyond it, beside a queue wait", fields{Scheduled: 1, FirstPollDelay: 11_200_000}, true},
		{"a poll beyond all polls", fields{Busy: 4_000_000, LongestPoll: 5_200_000}, true},
		{"queue wait that counts part of a poll", fields{Busy: 4_000_000, Idle: 1_000_000, Scheduled: 2_000_000}, false},
	} {
		a, _ := account(tt.recorded, duration)
		assert.Equal(t, tt.want, a.Inconsistent, tt.name)
	}
}

// tracing-opentelemetry 0.34 begins to count the idle time before the span starts, and ends to count the busy time after the span
// has ended. On a short span, the more so in a debug build, the excess is longer than the span. It says nothing of the service.
func TestExcessOfTheLayer(t *testing.T) {
	for _, tt := range []struct {
		name           string
		duration       int64
		busy, idle     int64 // recorded
		wantB, wantI   int64
		wantSuspicious bool
	}{
		{"release build", 57_344, 50_001, 8_580, 50_001, 7_343, false},
		{"debug build", 5_100_000, 42_000, 5_100_000, 42_000, 5_058_000, false},
		{"the excess is most of the span", 11_000, 9_000, 44_000, 9_000, 2_000, false},
		{"the excess is busy time", 11_000, 53_000, 1_000, 11_000, 0, false},
		{"nothing explains it", 11_000, 9_000, 2_000_000, 9_000, -1, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, _ := account(fields{Busy: tt.busy, Idle: tt.idle}, tt.duration)
			assert.Equal(t, tt.wantSuspicious, a.Inconsistent)
			assert.Equal(t, tt.wantB, a.Busy)
			assert.Equal(t, tt.wantI, a.Idle)
		})
	}
}

// What one Collector has derived is the same to the next, which finds the delay of the first poll still there.
func TestQueueWaitIsCompletedOnce(t *testing.T) {
	for _, idle := range []int64{9_000_000, 4_000_000} {
		recorded := fields{Busy: 1_000_000, Idle: idle, Scheduled: 1_000_000, FirstPollDelay: 5_000_000}
		_, first := account(recorded, 10_000_000)
		recorded[Scheduled] = first[QueueWait]
		_, second := account(recorded, 10_000_000)
		assert.Equal(t, first, second)
	}
}

// The layer up to 0.31 takes busy time of nested enters for idle time: what follows from idle alone is left out, and busy is
// no bound for a poll.
func TestLegacyTimes(t *testing.T) {
	var f Fields
	f.Set(Busy, 1_000_000)
	f.Set(Idle, 9_000_000)
	f.Set(PollCount, 1)
	var a Account
	f.Account(10_000_000, true, &a)
	assert.Equal(t, Unknown, a.Source)
	assert.False(t, a.Known.Has(QueueWaitEstimate))
	assert.InEpsilon(t, 0.1, a.BusyRatio, 2e-4)

	f.Set(LongestPoll, 5_000_000)
	f.Account(10_000_000, true, &a)
	assert.Equal(t, int64(5_000_000), a.Parts[TaskLongestPoll])
	assert.False(t, a.Inconsistent)
}

func TestEstimate(t *testing.T) {
	var f Fields
	var a Account
	f.Account(10_000_000, false, &a)
	a.Estimate(3_000)
	assert.Equal(t, int64(3_000), a.Parts[QueueWaitEstimate])
	assert.Equal(t, HistogramMean, a.Source)

	f.Set(Scheduled, 700)
	f.Account(10_000_000, false, &a)
	a.Estimate(3_000)
	assert.False(t, a.Known.Has(QueueWaitEstimate), "it was measured")
	assert.Equal(t, Measured, a.Source)
}

func TestMerge(t *testing.T) {
	var upstream, own Fields
	upstream.Set(Busy, 1)
	upstream.Set(Scheduled, 2)
	own.Set(Busy, 3)
	own.Set(Idle, 4)
	for replace, busy := range map[bool]int64{false: 3, true: 1} {
		var want Fields
		want.Set(Busy, busy)
		want.Set(Idle, 4)
		want.Set(Scheduled, 2)
		got := own
		got.Merge(&upstream, replace)
		assert.Equal(t, want, got)
	}
}

// Whatever a service claims, what is derived adds up.
func FuzzAccount(f *testing.F) {
	f.Add(int64(10), int64(3), int64(5), int64(2), int64(1), int64(3))
	f.Add(int64(10), int64(3), int64(900), int64(0), int64(9), int64(300))
	f.Add(int64(-1), int64(-1), int64(0), int64(math.MaxInt64), int64(math.MinInt64), int64(math.MinInt64))
	f.Add(int64(math.MaxInt64), int64(math.MaxInt64), int64(math.MaxInt64), int64(math.MaxInt64), int64(math.MaxInt64), int64(1))
	f.Fuzz(func(t *testing.T, duration, busy, idle, scheduled, first, longest int64) {
		a, known := account(fields{Busy: busy, Idle: idle, Scheduled: scheduled, FirstPollDelay: first, LongestPoll: longest}, duration)
		for part, value := range known {
			assert.GreaterOrEqual(t, value, int64(0), "part %d", part)
			assert.LessOrEqual(t, value, duration, "part %d", part)
		}
		if a.Busy >= 0 && a.Idle >= 0 {
			assert.LessOrEqual(t, a.Busy, duration-a.Idle)
		}
		if a.HasBusyRatio {
			assert.GreaterOrEqual(t, a.BusyRatio, 0.0)
			assert.LessOrEqual(t, a.BusyRatio, 1.0)
		}
	})
}

// TestShare: the ratio is as right as it says, whole at both ends, and short.
func TestShare(t *testing.T) {
	assert.InDelta(t, 0, share(0, 7), 0)
	assert.InDelta(t, 1, share(7, 7), 0)
	assert.InDelta(t, 1, share(math.MaxInt64-1, math.MaxInt64), 0)
	random := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		whole := 1 + random.Int64N(1<<(1+random.IntN(62)))
		part := 1 + random.Int64N(whole)
		got := share(part, whole)
		require.InEpsilon(t, float64(part)/float64(whole), got, 2e-4)
		require.LessOrEqual(t, got, 1.0)
		require.Zero(t, math.Float64bits(got)<<24, "the last five bytes")
	}
}
