// SPDX-License-Identifier: Apache-2.0

package cputime

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	s  = int64(time.Second)
	ms = int64(time.Millisecond)
)

// reading is one of a process whose workers had had so much by then, in milliseconds; counted since 1 s.
func reading(at, onCPU, wait int64) *Reading {
	return &Reading{From: s, At: at, Groups: map[string]Usage{"worker": {onCPU * ms, wait * ms}, "main": {ms, 0}}}
}

func history(readings ...*Reading) *History {
	h := New(Settings{Samples: 5, Far: 10 * time.Minute})
	for _, r := range readings {
		h.Add(r)
	}
	return h
}

// told says what a history knows of a time: "on wait" in milliseconds of the workers, "" if the time is not covered.
func told(h *History, group string, start, end int64) string {
	a, covered := h.Recent().Of(group, start, end)
	if !covered {
		return ""
	}
	return fmt.Sprint(a.OnCPU/ms, " ", a.Wait/ms)
}

func TestIntervals(t *testing.T) {
	h := history(reading(10*s, 1000, 100), reading(11*s, 1300, 150), reading(12*s, 1500, 950))
	for _, tt := range []struct {
		name       string
		start, end int64
		want       string
	}{
		{"within one", 10*s + 1, 10*s + 500*ms, "300 50"},
		{"to its end", 10*s + 1, 11 * s, "300 50"},
		{"over two", 10*s + 900*ms, 11*s + 100*ms, "500 850"},
		{"from look to look", 11 * s, 12 * s, "200 800"},
		{"of no length", 11 * s, 11 * s, "200 800"},
		{"ends after the last look", 11*s + 900*ms, 12*s + 1, ""},
		{"begins before the first", 9 * s, 10*s + 1, ""},
		{"after all", 13 * s, 14 * s, ""},
		{"backwards", 11*s + 2, 11*s + 1, "200 800"},
	} {
		assert.Equal(t, tt.want, told(h, "worker", tt.start, tt.end), tt.name)
	}
	assert.Equal(t, "300 50", told(h, "", 10*s+1, 11*s), "the whole process: main has done nothing")
	assert.Equal(t, "300 50", told(h, "stranger", 10*s+1, 11*s), "no such group: the whole process")
	assert.Equal(t, "0 0", told(h, "main", 10*s+1, 11*s))
	assert.InDelta(t, 0.8, Usage{200, 800}.Ratio(), 1e-9)
	assert.Zero(t, Usage{}.Ratio())
}

// A group that begins anew, since the receiver had forgotten it, has smaller counters. That is no sign of two processes.
func TestGroupBeginsAnew(t *testing.T) {
	later := func(at, onCPU, from int64) *Reading {
		r := reading(at, 1000, 0)
		r.Groups["worker"], r.Groups["main"] = Usage{onCPU * ms, 0}, Usage{at / 10, 0}
		if from > 0 {
			r.Later = map[string]int64{"worker": from}
		}
		return r
	}
	h := history(later(10*s, 1000, 0), later(11*s, 1100, 0), later(12*s, 50, 11*s), later(13*s, 70, 11*s))
	assert.Equal(t, "100 0", told(h, "worker", 10*s+1, 11*s))
	assert.Equal(t, "20 0", told(h, "worker", 12*s+1, 13*s))
	assert.Equal(t, "100 0", told(h, "main", 11*s+1, 12*s), "the others go on")
	assert.False(t, h.Recent().Several)
	assert.False(t, (&Reading{From: s, At: 11 * s, Later: map[string]int64{"worker": 12 * s}}).Sound())
}

func TestBefore(t *testing.T) {
	h := history(reading(10*s, 0, 0), reading(11*s, 100, 10), reading(12*s, 200, 30))
	of := func(end int64, most int) string {
		a, known := h.Recent().Before("worker", end, most)
		if !known {
			return ""
		}
		return strconv.FormatInt(a.Wait/ms, 10)
	}
	assert.Equal(t, "20", of(12*s, 1))
	assert.Equal(t, "30", of(12*s, 3), "as many as there are")
	assert.Equal(t, "10", of(11*s+1, 3))
	assert.Equal(t, "30", of(14*s, 2), "two lengths later")
	assert.Empty(t, of(14*s+1, 2), "later than that")
	assert.Empty(t, of(10*s, 2), "before the first has ended")
}

// A process that is started again counts anew. What a reading has counted so far may be of any time.
func TestBeginsAnew(t *testing.T) {
	again := func(at, wait int64) *Reading {
		r := reading(at, 0, wait)
		r.From = 12*s + 500*ms
		return r
	}
	h := history(reading(10*s, 0, 0), reading(11*s, 100, 10), again(13*s, 7), again(14*s, 9))
	assert.Equal(t, "100 10", told(h, "worker", 10*s+1, 11*s), "its earlier life is not forgotten")
	assert.Empty(t, told(h, "worker", 11*s+1, 12*s))
	assert.Empty(t, told(h, "worker", 12*s+600*ms, 13*s))
	assert.Equal(t, "0 2", told(h, "worker", 13*s+1, 14*s))
	assert.Equal(t, 12*s+500*ms, h.Recent().First)
}

// A group that comes later has counted for no one knows how long; so has one that was left out.
func TestGroupsComeAndGo(t *testing.T) {
	without := reading(12*s, 400, 40)
	delete(without.Groups, "worker")
	late := reading(11*s, 200, 20)
	late.Groups["pool"] = Usage{900 * ms, 900 * ms}
	h := history(reading(10*s, 100, 10), late, without, reading(13*s, 500, 50), reading(14*s, 600, 60))
	assert.Equal(t, "100 10", told(h, "pool", 10*s+1, 11*s), "all that is known of the process")
	assert.Equal(t, "0 0", told(h, "worker", 11*s+1, 12*s), "left out")
	assert.Equal(t, "0 0", told(h, "worker", 12*s+1, 13*s), "what it has grown by is of two seconds")
	assert.Equal(t, "100 10", told(h, "worker", 13*s+1, 14*s))
}

// partly says what a history knows of a time, and "partial" where that is not all that the process did.
func partly(h *History, group string, start, end int64) string {
	a, _ := h.Recent().Of(group, start, end)
	if text := told(h, group, start, end); !a.Partial {
		return text
	}
	return told(h, group, start, end) + " partial"
}

// What a process did is known in part where one of its groups is not told at both ends of an interval. Of the other groups all is known.
func TestKnownInPart(t *testing.T) {
	pool := func(at, onCPU, from int64) *Reading {
		r := reading(at, at/ms/100, 0)
		r.Groups["pool"] = Usage{onCPU * ms, 0}
		if from > 0 {
			r.Later = map[string]int64{"pool": from}
		}
		return r
	}
	told := func(at int64) *Reading { return reading(at, at/ms/100, 0) }
	onePart := func(at int64) *Reading { r := told(at); r.Partial = true; return r }
	for _, tt := range []struct {
		name string
		of   *History
		want string
	}{
		{"all is told", history(told(10*s), told(11*s)), "10 0"},
		{"a group is new", history(told(10*s), pool(11*s, 7, 0)), "10 0 partial"},
		{"a group began before", history(told(10*s), pool(11*s, 7, 10*s-1)), "10 0 partial"},
		{"a group began since", history(told(10*s), pool(11*s, 7, 10*s)), "17 0"},
		{"a group began anew before", history(pool(10*s, 90, 0), pool(11*s, 7, 9*s)), "10 0 partial"},
		{"a group began anew since", history(pool(10*s, 90, 0), pool(11*s, 7, 10*s+1)), "17 0"},
		{"a group is left out", history(pool(10*s, 7, 0), told(11*s)), "10 0 partial"},
		{"a group was left out", history(pool(9*s, 7, 0), told(10*s), pool(11*s, 9, 0)), "10 0 partial"},
		{"a group is told in part", history(told(10*s), onePart(11*s)), "10 0 partial"},
		{"a group was told in part", history(onePart(10*s), told(11*s)), "10 0"},
	} {
		assert.Equal(t, tt.want, partly(tt.of, "", 10*s+1, 11*s), tt.name)
		want, _, _ := strings.Cut(tt.want, " partial")
		want = strings.Replace(want, "17", "10", 1)
		assert.Equal(t, want, strings.TrimSuffix(partly(tt.of, "worker", 10*s+1, 11*s), " partial"), "%s: the workers", tt.name)
	}
	a, _ := history(told(10*s), pool(11*s, 7, 0), pool(12*s, 8, 0), pool(13*s, 9, 0)).Recent().Before("", 13*s, 2)
	assert.False(t, a.Partial)
	a, _ = history(told(10*s), pool(11*s, 7, 0), pool(12*s, 8, 0), pool(13*s, 9, 0)).Recent().Before("", 13*s, 3)
	assert.True(t, a.Partial)
}

// A group that told in one of two intervals is not known in both: then it is the whole process.
func TestGroupOfPartOfTheTime(t *testing.T) {
	late := reading(12*s, 300, 30)
	late.Groups["pool"] = Usage{9 * ms, 0}
	last := reading(13*s, 400, 40)
	last.Groups["pool"] = Usage{90 * ms, 0}
	h := history(reading(11*s, 200, 20), late, last)
	assert.Equal(t, "81 0 partial", partly(h, "pool", 12*s+1, 13*s)+" partial")
	assert.Equal(t, "281 20 partial", partly(h, "pool", 11*s+1, 13*s))
}

// Of a process with too many groups some are left out. A group that has not been told for as long as intervals are kept makes room.
func TestPlacesAreFreed(t *testing.T) {
	h := New(Settings{Samples: 3, Far: time.Minute})
	with := func(at int64, first, n int) {
		r := &Reading{From: s, At: at, Groups: map[string]Usage{"worker": {at / 10, 0}}}
		for g := range n {
			r.Groups[fmt.Sprint("job ", first+g)] = Usage{at / int64(10+first), 0}
		}
		h.Add(r)
	}
	with(10*s, 0, maxGroups-1)
	with(11*s, 0, maxGroups-1)
	assert.Equal(t, "12800 0", partly(h, "", 10*s+1, 11*s))
	for at := 12 * s; at < 15*s; at += s {
		with(at, 990, 9)
		assert.Equal(t, "100 0 partial", partly(h, "worker", at-s+1, at))
		a, _ := h.Recent().Of("job 990", at-s+1, at)
		assert.False(t, a.Named, "all places are taken")
		a, known := h.Recent().Of("job 3", 10*s+1, 11*s)
		assert.True(t, !known || a.Named, "what is known of the earlier ones stays")
	}
	with(15*s, 990, 9)
	assert.Equal(t, "109 0", partly(h, "", 14*s+1, 15*s), "they have places")
	assert.Equal(t, "1 0", partly(h, "job 998", 14*s+1, 15*s))
	a, _ := h.Recent().Of("job 990", 13*s+1, 14*s)
	assert.False(t, a.Named, "what was told before is of no other group")
	assert.LessOrEqual(t, len(h.last), maxGroups)
}

// Of too many groups the same ones are told each time.
func TestWhichGroupsHaveAPlace(t *testing.T) {
	for range 20 {
		r := &Reading{From: 1, At: s, Groups: map[string]Usage{}}
		for g := range 10 * maxGroups {
			r.Groups[fmt.Sprintf("%04d", g)] = Usage{}
		}
		h := history(r)
		assert.Len(t, h.groups, maxGroups)
		assert.Contains(t, h.groups, fmt.Sprintf("%04d", maxGroups-1))
	}
}

// A process that is started again has the groups of its earlier life as long as their intervals are kept.
func TestPlacesOfAnEarlierLife(t *testing.T) {
	h := New(Settings{Samples: 3, Far: time.Minute})
	life := func(at, from int64, name string) {
		r := &Reading{From: from, At: at, Groups: map[string]Usage{}}
		for g := range maxGroups {
			r.Groups[fmt.Sprint(name, g)] = Usage{at / 10, 0}
		}
		h.Add(r)
	}
	life(10*s, s, "a")
	life(11*s, s, "a")
	for at := 12 * s; at < 16*s; at += s {
		life(at, 11*s+1, "b")
		if a, known := h.Recent().Of("a7", 10*s+1, 11*s); known {
			assert.Equal(t, Usage{s / 10, 0}, a.Usage, "at %d s", at/s)
		}
		a, _ := h.Recent().Of("b7", 10*s+1, 11*s)
		assert.False(t, a.Named, "at %d s", at/s)
	}
	life(16*s, 11*s+1, "b")
	assert.Equal(t, "100 0", partly(h, "b7", 15*s+1, 16*s))
}

// When the clock is set, back as well as ahead, the groups that were told before make room: what is known of them is over.
func TestPlacesAfterTheClockWasSet(t *testing.T) {
	for _, from := range []int64{1_000 * s, 100_000 * s} {
		h := New(Settings{Samples: 3, Far: time.Minute})
		for look := range int64(6) {
			at, name := 10_000*s+look*s, "a"
			if look >= 2 {
				at, name = from+look*s, "b"
			}
			r := &Reading{From: s, At: at, Groups: map[string]Usage{}}
			for g := range maxGroups {
				r.Groups[fmt.Sprint(name, g)] = Usage{look * s, 0}
			}
			h.Add(r)
		}
		assert.Equal(t, "1000 0", partly(h, "b7", from+4*s+1, from+5*s), "from %d s", from/s)
	}
}

func TestTwoProcessesInTurn(t *testing.T) {
	other := func(at, wait int64) *Reading {
		r := reading(at, 0, wait)
		r.From = 2 * s
		return r
	}
	h := history(reading(10*s, 0, 100), other(10*s+500*ms, 9000), reading(11*s, 0, 200), other(11*s+500*ms, 9900))
	assert.Empty(t, told(h, "worker", 10*s+1, 11*s))
	assert.True(t, h.Recent().Several)
	for at := 12 * s; at < 200*s; at += s { // one of them has ended
		h.Add(reading(at, 0, at/ms/10))
		require.Equal(t, at >= 11*s+500*ms+doubtful, told(h, "worker", at-s+1, at) != "", "at %d s", at/s)
	}
	h.Add(reading(201*s, 0, 1)) // a counter that goes back
	assert.True(t, h.Recent().Several)
	assert.Empty(t, told(h, "worker", 198*s, 199*s))
}

// At one time, or a little late: the other one of two processes.
func TestTwoProcessesAtOneTime(t *testing.T) {
	r := reading(11*s, 0, 5)
	r.From = 2 * s
	assert.True(t, history(reading(10*s, 0, 0), reading(11*s, 0, 1), r).Recent().Several)
	assert.False(t, history(reading(10*s, 0, 0), reading(11*s, 0, 1), reading(11*s, 0, 1)).Recent().Several, "the same again")
	assert.False(t, history(reading(10*s, 0, 0), reading(11*s, 0, 1), reading(10*s, 0, 0)).Recent().Several, "late")
}

func TestClockIsSet(t *testing.T) {
	h := history(reading(1000*s, 0, 0), reading(1001*s, 0, 10), reading(9000*s, 0, 20), reading(1002*s, 0, 30))
	assert.Equal(t, "0 20", told(h, "worker", 1001*s+1, 1002*s), "one from elsewhere is left out")
	h.Add(reading(9000*s, 0, 40))
	h.Add(reading(9001*s, 0, 50))
	h.Add(reading(9002*s, 0, 60))
	assert.Equal(t, "0 10", told(h, "worker", 9001*s+1, 9002*s), "two that follow each other are a clock")
	assert.Empty(t, told(h, "worker", 1001*s+1, 1002*s))
}

func TestQuota(t *testing.T) {
	with := func(at, periods, throttled int64) *Reading {
		r := reading(at, 0, 0)
		r.HasQuota, r.Quota = true, Quota{Periods: periods, Throttled: throttled}
		return r
	}
	h := history(with(10*s, 100, 50), with(11*s, 110, 53), with(12*s, 120, 53), reading(13*s, 0, 0))
	a, _ := h.Recent().Of("", 10*s+1, 12*s)
	assert.Equal(t, Quota{Periods: 20, Throttled: 3}, a.Quota)
	assert.True(t, a.HasQuota)
	a, _ = h.Recent().Of("", 11*s+1, 13*s)
	assert.False(t, a.HasQuota, "part of it is not known")
	assert.True(t, history(with(10*s, 100, 50), with(11*s, 110, 49)).Recent().Several, "it goes back")
	assert.True(t, history(with(10*s, 100, 50), with(11*s, 101, 53)).Recent().Several, "more throttled than there were")
}

func TestWhatNoKernelCounts(t *testing.T) {
	for name, bad := range map[string]*Reading{
		"negative":             reading(11*s, -1, 0),
		"too large":            {From: s, At: 11 * s, Groups: map[string]Usage{"worker": {Longest + 1, 0}}},
		"before it began":      {From: 12 * s, At: 11 * s, Groups: map[string]Usage{"worker": {s, 0}}},
		"never":                {Groups: map[string]Usage{"worker": {s, 0}}},
		"throttled too often":  {From: s, At: 11 * s, Groups: map[string]Usage{"worker": {s, 0}}, HasQuota: true, Quota: Quota{Periods: 1, Throttled: 2}},
		"since a negative day": {From: -1, At: 11 * s},
	} {
		h := history(reading(10*s, 0, 0), bad, reading(12*s, 10, 20))
		assert.Equal(t, "10 20", told(h, "worker", 10*s+1, 12*s), name)
	}
}

// What is kept does not grow with what is sent.
func TestMemoryIsBounded(t *testing.T) {
	h := history()
	for at := range int64(100) {
		r := &Reading{From: 1, At: (at + 1) * s, Groups: map[string]Usage{}}
		for g := range 10_000 {
			r.Groups[fmt.Sprint("group ", g, at)] = Usage{at, at}
			r.Groups[fmt.Sprint("group ", g)] = Usage{at, at}
		}
		h.Add(r)
	}
	assert.LessOrEqual(t, len(h.groups), maxGroups)
	assert.LessOrEqual(t, len(h.last), maxGroups)
	assert.Len(t, h.Recent().intervals, 5)
	for _, i := range h.Recent().intervals {
		assert.Equal(t, uintptr(88), unsafe.Sizeof(i))
		assert.LessOrEqual(t, cap(i.groups)*int(unsafe.Sizeof(Usage{})), maxGroups*16)
	}
}

// A process is healthy if it was looked at before, and nothing of the last ten minutes points to a lack of CPU.
func TestHealthy(t *testing.T) {
	const m = 60 * s
	looks := func(wait int64) *History {
		return history(reading(100*s, 0, 0), reading(101*s, 100, wait), reading(102*s, 200, wait))
	}
	for _, tt := range []struct {
		name       string
		of         *History
		start, end int64
		want       bool
	}{
		{"nothing was missing", looks(0), 103 * s, 104 * s, true},
		{"since the first look", looks(0), 100 * s, 104 * s, true},
		{"before the first look", looks(0), 100*s - 1, 104 * s, false},
		{"some was missing", looks(6), 103 * s, 104 * s, false},
		{"as it is on a busy machine", looks(5), 103 * s, 104 * s, true},
		{"ten minutes ago", looks(6), 101*s + 10*m - 1, 101*s + 10*m, false},
		{"longer ago", looks(6), 101*s + 10*m, 101*s + 10*m + 1, true},
		{"later", looks(6), 100 * s, 100*s + 1, false},
		{"it does next to nothing", history(reading(100*s, 0, 0), &Reading{From: s, At: 101 * s, Groups: map[string]Usage{"worker": {ms, ms - 1}}}), 102 * s, 103 * s, true},
		{"it was looked at once", history(reading(100*s, 0, 0)), 101 * s, 102 * s, false},
		{"in an earlier life", history(reading(100*s, 0, 0), reading(101*s, 0, 100), &Reading{From: 102 * s, At: 103 * s, Groups: map[string]Usage{"worker": {}}}), 104 * s, 105 * s, false},
	} {
		assert.Equal(t, tt.want, tt.of.Recent().Healthy(tt.start, tt.end), tt.name)
	}
	for at, want := range map[int64]bool{
		100*s - 10*m: true, 100*s - 10*m - 1: false, 101 * s: true, 102*s + 10*m: true, 102*s + 10*m + 1: false,
	} {
		assert.Equal(t, want, looks(0).Recent().Tells(at), at)
	}
	assert.False(t, history().Recent().Tells(1))
}

// FuzzHistory: whatever is told, in whatever order, what is known makes sense, and of one process alone it is what that has told.
func FuzzHistory(f *testing.F) {
	f.Add(uint64(1), uint8(1))
	f.Add(uint64(2), uint8(2))
	f.Add(uint64(77), uint8(3))
	f.Fuzz(func(t *testing.T, seed uint64, kinds uint8) {
		random := rand.New(rand.NewPCG(seed, 1))
		h := New(Settings{Samples: 1 + random.IntN(10), Far: time.Minute})
		at, total := s*100, Usage{}
		honest := kinds%2 == 0
		for range 60 {
			at += 1 + random.Int64N(2*s)
			total = total.add(Usage{random.Int64N(s), random.Int64N(s)})
			r := &Reading{From: s, At: at, Groups: map[string]Usage{"": total}}
			if !honest && random.IntN(3) == 0 {
				r = &Reading{From: random.Int64N(1 << 40), At: random.Int64() - random.Int64(), Groups: map[string]Usage{
					"": {random.Int64() - random.Int64(), random.Int64()}, strconv.Itoa(random.IntN(300)): {random.Int64(), 1},
				}, HasQuota: random.IntN(2) == 0, Quota: Quota{random.Int64(), random.Int64(), random.Int64()}}
			}
			h.Add(r)
			start := at - random.Int64N(10*s)
			a, covered := h.Recent().Of("", start, start+random.Int64N(5*s))
			if ratio := a.Ratio(); covered && (ratio < 0 || ratio > 1 || a.OnCPU < 0 || a.Wait < 0 || a.Quota.Throttled < 0 || a.From > start) {
				t.Fatalf("%+v", a)
			}
			if honest && (a.OnCPU > total.OnCPU || a.Wait > total.Wait || h.Recent().Several) {
				t.Fatalf("%+v of %+v", a, total)
			}
			h.Recent().Before("", start, random.IntN(4))
		}
	})
}
