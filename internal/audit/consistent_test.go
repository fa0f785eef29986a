// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// TestConsistent: a sampler keeps exactly the spans whose random value is not below its threshold, and says so.
func TestConsistent(t *testing.T) {
	const half = uint64(1) << 55
	random := rand.New(rand.NewPCG(1, 2))
	var sent stamp.Randomness
	var all []Item
	for i := range 2000 {
		rv := random.Uint64() >> 8
		sent[stamp.PartOf(rv)]++
		all = append(all, Item{Kind: Numbered, Run: "r", Source: "a", Sequence: uint64(i), At: noon.UnixNano(), RV: rv, HasRV: true})
	}
	// sampler keeps items, and changes them.
	type sampler func(*Item) (keep bool)
	at := func(th uint64) sampler {
		return func(it *Item) bool {
			it.TH, it.HasTH = th, true
			return it.RV >= th
		}
	}
	for name, tc := range map[string]struct {
		sampler sampler
		silent  bool
		verdict Verdict
		message string
	}{
		"half":            {at(half), false, Pass, ""},
		"a third":         {at(0xaaaaaaaaaaaaaa), false, Pass, ""},
		"everything":      {func(*Item) bool { return true }, false, Pass, ""},
		"everything at 0": {at(0), false, Pass, ""},
		"one less": {func(it *Item) bool {
			return at(half)(it) && it.Sequence != 1001 && it.Sequence != 1002 && it.Sequence != 1003 && it.Sequence != 1004
		}, false, Fail, "are lost whose random value is not below the threshold 80000000000000"},
		"one more":          {func(it *Item) bool { return at(half)(it) || it.Sequence < 8 }, false, Fail, "whose random value rv is below the threshold th"},
		"by another value":  {func(it *Item) bool { it.TH, it.HasTH = half, true; return it.Sequence%2 == 0 }, false, Fail, "are lost whose random value"},
		"nothing":           {func(*Item) bool { return false }, false, Fail, "nothing arrived of 2000 items"},
		"no threshold":      {func(it *Item) bool { return it.RV >= half }, false, Fail, "are lost whose random value"},
		"values gone":       {func(it *Item) bool { it.HasRV = false; return true }, false, Fail, "without the random value rv"},
		"two thresholds":    {func(it *Item) bool { return at(half >> (it.Sequence % 2))(it) }, false, Unknown, "what should have arrived is not known"},
		"some without":      {func(it *Item) bool { keep := at(half)(it); it.HasTH = it.Sequence%2 == 0; return keep }, false, Unknown, "arrived without a threshold"},
		"values drawn anew": {func(it *Item) bool { it.RV = half | it.RV>>2; return at(half)(it) }, false, Fail, "these were changed"},
		"nobody tells":      {at(half), true, Unknown, "set trace_randomness"},
	} {
		t.Run(name, func(t *testing.T) {
			a := serving(Expectations{Consistent: true})
			says := &stamp.End{Total: 2000, Sources: 1, Sends: [Signals]bool{Traces: true}, Shard: &stamp.Shard{Total: 1}, Randomness: &sent}
			says.Process[Traces] = stamp.Totals{Numbered: 2000, Squares: 2000}
			says.Shard.Offered[Traces].Add(noon.UnixNano(), 2000)
			if tc.silent {
				says.Randomness = nil
			}
			for _, it := range all {
				if tc.sampler(&it) {
					a.Audit(Traces, noon, []Item{it})
				}
			}
			a.Audit(Traces, noon, []Item{{Kind: End, Run: "r", Source: "a", Says: says}})
			after := serving(Expectations{Consistent: true})
			goOn(t, a, after, Origin{Final: true}, false)
			for _, of := range []*Auditor{a, after} {
				run := of.Report(noon.Add(time.Hour), true).Runs[0]
				assert.Equal(t, tc.verdict, run.Verdict, findingsOf(&run))
				assert.Contains(t, findingsOf(&run), tc.message)
			}
		})
	}
}
