// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkMemory audits 100 million spans of 100 sources, each with its parent, of which one in a thousand is lost and the others arrive
// in batches whose order is that of two connections. It measures what the auditor holds at the end.
func BenchmarkMemory(b *testing.B) {
	const sources, each, batch = 100, 1_000_000, 1000
	b.ReportAllocs()
	for b.Loop() {
		before := heap()
		r := rand.New(rand.NewPCG(1, 1))
		a := New(DefaultLimits(), time.Second, Expectations{})
		names := make([]string, sources)
		for i := range names {
			names[i] = fmt.Sprintf("00000000-0000-0000-0000-%012d", i)
		}
		peak, lost := uint64(0), uint64(0)
		items := make([]Item, 0, batch)
		second := make([]bool, sources) // of a pair of batches, the second has come first
		for at := uint64(0); at < each; at += batch {
			for source, name := range names {
				from := at
				if at%(2*batch) == 0 {
					if second[source] = r.IntN(2) == 0; second[source] {
						from += batch
					}
				} else if second[source] {
					from -= batch
				}
				items = items[:0]
				for x := from; x < from+batch; x++ {
					if (x*7919+uint64(source))%1000 == 0 {
						lost++
						continue
					}
					it := Item{Kind: Numbered, Run: "run", Source: name, Sequence: x, At: noon.UnixNano() - int64(x%1000)*1000}
					it.Span = (uint64(source)<<40 | x) * 0x9E3779B97F4A7C15
					it.Parent = (uint64(source)<<40 | (x - x%10 + 9)) * 0x9E3779B97F4A7C15
					if it.Parent == it.Span {
						it.Parent = 0
					}
					it.Trace = x / 10
					items = append(items, it)
				}
				a.Audit(Traces, noon, items)
			}
			if at%(each/20) == 0 {
				peak = max(peak, heap()-before)
			}
		}
		peak = max(peak, heap()-before)
		s := a.Report(noon, true).Runs[0].Signals[0]
		require.NotZero(b, s.OutOfOrder)
		require.Zero(b, s.OverLimit+s.Duplicate)
		require.InDelta(b, lost, s.Missing, sources, "all, but perhaps the last of a source")
		b.ReportMetric(float64(peak)/1e6, "MB")
		runtime.KeepAlive(a)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(sources*each), "ns/span")
}

// BenchmarkAudit is the time of the account alone, of items in order and in disorder.
func BenchmarkAudit(b *testing.B) {
	for _, c := range []struct {
		name     string
		disorder int
	}{{"in order", 1}, {"disorder", 10_000}} {
		b.Run(c.name, func(b *testing.B) {
			const n = 1 << 20
			r := rand.New(rand.NewPCG(1, 1))
			items := make([]Item, n)
			for i := range items {
				items[i] = Item{Kind: Numbered, Run: "run", Source: "source", Sequence: uint64(i), At: 1}
			}
			for i := range items {
				j := min(i+r.IntN(c.disorder), n-1)
				items[i], items[j] = items[j], items[i]
			}
			b.ReportAllocs()
			audits := 0
			for b.Loop() {
				a := New(DefaultLimits(), time.Second, Expectations{})
				require.EqualValues(b, n, a.Audit(Logs, noon, items).Received)
				audits++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(audits)/n, "ns/item")
		})
	}
}
