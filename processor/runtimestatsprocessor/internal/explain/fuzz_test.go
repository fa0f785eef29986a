// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/cputime"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
)

// size returns how many bytes a process takes, without the names of long polls, and how many those take.
func (p *Process) size() (tables, names int) {
	tables = int(unsafe.Sizeof(*p)) + cap(p.threads)*int(unsafe.Sizeof(&thread{})) + cap(p.families.slots)*int(unsafe.Sizeof(family{})) + 8*cap(p.families.parents) +
		cap(p.endings.slots)*int(unsafe.Sizeof(ended{})) + cap(p.sites)*int(unsafe.Sizeof(callsite{})) +
		(cap(p.pendings)+cap(p.frees))*int(unsafe.Sizeof(pending{}))
	if p.stops != nil {
		tables += int(unsafe.Sizeof(stops{})) + cap(p.stops.gaps)*int(unsafe.Sizeof(gap{}))
	}
	for _, found := range p.threads {
		if found != nil {
			tables += int(unsafe.Sizeof(*found)) + cap(found.polls)*int(unsafe.Sizeof(longPoll{}))
			for i := range found.polls {
				names += len(found.polls[i].name)
			}
		}
	}
	return tables, names
}

// The bounds of a process, as its comment says.
const (
	mostTables = 605_000
	mostNames  = maxThreads * maxPolls * 256
)

// The largest that the spans of a process can make of it: every thread has long polls, every table is full.
func TestMemory(t *testing.T) {
	random := rand.New(rand.NewPCG(51, 52))
	p := new(Process)
	name := strings.Repeat("x", 256)
	for i := range int64(50_000) {
		p.Explain(span(func(s *Span) {
			s.ID, s.Trace, s.Callsite, s.Name = random.Uint64(), random.Uint64(), random.Uint64(), called(name)
			s.Thread, s.Start, s.Busy, s.Idle = i%maxThreads, begin+i*ms, 20*ms, 0
			if s.Request = true; i > 20_000 { // children, of which only the sum is known
				s.Top, s.Request, s.Parent = false, false, random.Uint64()
			}
		}), &limits, nil)
	}
	tables, names := p.size()
	assert.Greater(t, tables, 500_000)
	assert.LessOrEqual(t, tables, mostTables)
	assert.Equal(t, mostNames, names)

	p = new(Process)
	p.Explain(span(func(s *Span) { s.Thread, s.Busy, s.Idle = 1, ms, 19*ms }), &limits, nil)
	tables, _ = p.size()
	assert.Less(t, tables, 45_000, "a process of few spans")
}

// arbitrary makes a span of bytes: ids that meet, times that jump, numbers that nobody would send.
func arbitrary(data *[24]byte, now *int64) *Span {
	at := func(i int) int64 { return int64(data[i]) }
	number := func(i int, unit int64) int64 { // -1 is unknown
		switch at(i) {
		case 255:
			return math.MaxInt64
		case 254:
			return 0
		default:
			return max(-1, at(i)-50) * unit
		}
	}
	switch at(0) {
	case 0:
		*now = 0
	case 1:
		*now = math.MaxInt64
	case 2:
		*now -= 3600e9
	case 3:
		*now += 3600e9
	default:
		*now += at(0) * ms / 10
	}
	*now = max(0, *now)
	flag := func(bit int) bool { return data[1]>>bit&1 == 1 }
	s := &Span{
		Trace: uint64(at(2) % 8), ID: uint64(at(3) % 64), Parent: uint64(at(4) % 64), Callsite: uint64(at(5) % 16), Name: called("span"),
		Top: flag(0), SaidLocal: flag(1), Request: flag(2), Layered: flag(3), SkewedWorker: flag(4), Arbiter: flag(5), Blockable: flag(6),
		Late: flag(7), Duration: number(6, ms/10), Busy: number(7, ms/10), Idle: number(8, 1000), LongestPoll: number(9, ms/10), Polls: number(10, 1),
		Wait: number(11, ms/10), MeanWait: number(12, ms/10), Thread: number(13, at(14)-1),
	}
	if s.Duration >= 0 { // the processor cuts times to it
		s.Busy, s.Idle, s.LongestPoll = min(s.Busy, s.Duration), min(s.Idle, s.Duration), min(s.LongestPoll, s.Duration)
	}
	s.Start, s.End = *now, *now+max(0, s.Duration)
	if s.End < s.Start || at(15) == 0 {
		s.Start, s.End = s.End, s.Start
	}
	s.Start, s.End = max(0, s.Start), max(0, s.End)
	return s
}

// Whatever a service sends, nothing panics, what is found is known, and the tables stay as small as they should be.
func FuzzExplain(f *testing.F) {
	random := rand.New(rand.NewPCG(53, 54))
	for _, n := range []int{1, 50, 1000} {
		seed := make([]byte, 24*n)
		for i := range seed {
			seed[i] = byte(random.Uint32())
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, now := new(Process), begin
		var usual findings.Window
		kernel, told := cputime.New(cputime.Settings{Samples: 10, Far: time.Hour}), cputime.Usage{}
		for len(data) >= 24 {
			s := arbitrary((*[24]byte)(data), &now)
			told.OnCPU, told.Wait = told.OnCPU+int64(data[16])*ms, told.Wait+int64(data[17])*ms
			kernel.Add(&cputime.Reading{From: int64(data[18] / 250), At: now, Groups: map[string]cputime.Usage{"": told}})
			if data[19]%4 > 0 {
				s.CPU, s.Workers = kernel.Recent(), int64(data[20])-1
			}
			got := p.Explain(s, &limits, &usual)
			if s.CPU == nil {
				assert.Zero(t, (got.Found|got.Judged)&starvation)
			}
			assert.Zero(t, got.Found&^got.Judged)
			assert.Equal(t, got.Found.Has(findings.HeldUp), got.HeldUpBy != "")
			data = data[24:]
		}
		tables, names := p.size()
		assert.LessOrEqual(t, tables, mostTables)
		assert.LessOrEqual(t, names, mostNames)
	})
}
