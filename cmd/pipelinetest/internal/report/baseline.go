// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/limit"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/run"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

// Baseline is a load test that was before.
type Baseline struct {
	writtenAt time.Time
	loads     []*run.Load // one for each repetition
	search    *limit.Found
}

// ReadBaseline reads what JSON has written.
func ReadBaseline(path string) (*Baseline, error) {
	text, err := os.ReadFile(path) //nolint:gosec // G304: it is the user's file
	if err != nil {
		return nil, err
	}
	var doc struct {
		Schema    string    `json:"schema"`
		WrittenAt time.Time `json:"written_at"`
		Tests     []struct {
			Load   *run.Load    `json:"load"`
			Search *limit.Found `json:"search"`
		} `json:"tests"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if doc.Schema != Schema {
		return nil, fmt.Errorf("%s: schema %q is not allowed; want a report of --json, %s", path, doc.Schema, Schema)
	}
	b := &Baseline{writtenAt: doc.WrittenAt}
	for _, t := range doc.Tests {
		if t.Load != nil {
			b.loads = append(b.loads, t.Load)
		}
		if t.Search != nil {
			b.search = t.Search
		}
	}
	if len(b.loads) == 0 {
		return nil, fmt.Errorf("%s: there is no load test in it", path)
	}
	return b, nil
}

// Check finds a baseline that cannot be compared with a load.
func (b *Baseline) Check(l *scenario.LoadTest, search bool) error {
	if b == nil {
		return nil
	}
	before := b.loads[0]
	slo := ""
	if l.SLO != nil {
		slo = l.SLO.String()
	}
	switch {
	case search != (b.search != nil):
		return errors.New("--baseline: one of both is a search for a limit; want two of a kind")
	case search && b.search.SLO != slo:
		return fmt.Errorf("--baseline: it searched with %s; want --slo %s", b.search.SLO, b.search.SLO)
	case !search && before.Rate != l.Rate:
		return fmt.Errorf("--baseline: its load was %v spans/s; want --rate %v", before.Rate, before.Rate)
	case !search && before.Duration != l.Duration.Seconds():
		return fmt.Errorf("--baseline: its load took %v; want --duration %v", ofSeconds(before.Duration), ofSeconds(before.Duration))
	}
	return nil
}

// Difference is how one figure differs from that of a baseline. Of several repetitions a figure is the median, and all are between the two bounds.
type Difference struct {
	What   string  `json:"what"`
	Unit   string  `json:"unit"`
	Before Spread  `json:"before"`
	Now    Spread  `json:"now"`
	Change float64 `json:"change"` // as a share of what was before
	// Beyond: it is more than noise.
	Beyond bool `json:"beyond_noise"`
	// Busy: the machine was, in one of both, and the figure depends on that. It says nothing then.
	Busy bool `json:"machine_busy"`
}

// Spread is a figure of one run, or of several.
type Spread struct {
	Median float64 `json:"median"`
	Least  float64 `json:"least"`
	Most   float64 `json:"most"`
}

// figure is something that can be compared. noise is what two runs of the same differ by: a share, and an amount below which nothing counts.
type figure struct {
	what, unit  string
	free        bool // it depends on how much of the machine is free
	noise, from float64
	of          func(*run.Load) (value float64, known bool)
}

// What two runs of the same may differ by on a machine that has nothing else to do.
const (
	noiseThroughput = 0.03
	noiseLatency    = 0.25
	noiseCPU        = 0.15
	noiseMemory     = 0.15
	leastLatency    = 5 // ms
	leastCPU        = 0.5
	leastMemory     = 8 // MiB
	mebi            = 1 << 20
)

// Compare tells how load tests differ from those before, figure by figure, in the order of the tables.
func (b *Baseline) Compare(tests []Test) (list []Difference) {
	if b == nil {
		return nil
	}
	var now []*run.Load
	var search *limit.Found
	for i := range tests {
		if l := tests[i].Result.Load; l != nil {
			now = append(now, l)
		}
		if tests[i].Search != nil {
			search = tests[i].Search
		}
	}
	if search != nil && b.search != nil {
		if d := compareLimits(b.search, search); d != nil {
			list = append(list, *d)
		}
		return list // the loads were at other rates
	}
	if len(now) == 0 {
		return nil
	}
	busy := slices.ContainsFunc(slices.Concat(b.loads, now), func(l *run.Load) bool { return l.MachineBusy() })
	for _, f := range figuresOf(now[0]) {
		before, known := spread(b.loads, f.of)
		after, knownNow := spread(now, f.of)
		if !known || !knownNow {
			continue
		}
		d := Difference{What: f.what, Unit: f.unit, Before: before, Now: after}
		if before.Median != 0 {
			d.Change = after.Median/before.Median - 1
		}
		apart := after.Least > before.Most || after.Most < before.Least
		d.Busy = f.free && busy
		d.Beyond = !d.Busy && apart && math.Abs(d.Change) > f.noise && math.Abs(after.Median-before.Median) > f.from
		list = append(list, d)
	}
	return list
}

// compareLimits compares what two searches found: a limit is anywhere between what held and what did not.
func compareLimits(before, now *limit.Found) *Difference {
	if before.Held == 0 || now.Held == 0 {
		return nil
	}
	// What did not hold before may be what holds now; 0: nothing failed.
	above := func(f, other *limit.Found) bool { return other.Failed > 0 && f.Held >= other.Failed }
	return &Difference{
		What: "highest rate that held", Unit: "spans/s", Change: now.Held/before.Held - 1,
		Before: Spread{before.Held, before.Held, before.Failed}, Now: Spread{now.Held, now.Held, now.Failed},
		Beyond: above(now, before) || above(before, now),
	}
}

// figuresOf are what can be compared of a load.
func figuresOf(l *run.Load) (list []figure) {
	for i := range l.Signals {
		signal := l.Signals[i].Signal
		of := func(get func(*run.SignalLoad) float64) func(*run.Load) (float64, bool) {
			return func(l *run.Load) (float64, bool) {
				i := slices.IndexFunc(l.Signals, func(s run.SignalLoad) bool { return s.Signal == signal })
				if i < 0 {
					return 0, false
				}
				return get(&l.Signals[i]), true
			}
		}
		list = append(list, figure{signal + ": arrived", "items/s", true, noiseThroughput, 0, of(func(s *run.SignalLoad) float64 { return s.Arrived })})
		for _, q := range scenario.Quantiles[:2] { // the maximum is that of one item
			list = append(list, figure{signal + ": latency " + q, "ms", true, noiseLatency, leastLatency, of(func(s *run.SignalLoad) float64 { return inMillis(&s.Latency, q) })})
		}
	}
	for i := range l.Parts {
		name := l.Parts[i].Name
		of := func(get func(*run.PartLoad) float64) func(*run.Load) (float64, bool) {
			return func(l *run.Load) (float64, bool) {
				i := slices.IndexFunc(l.Parts, func(p run.PartLoad) bool { return p.Name == name && p.Known })
				if i < 0 {
					return 0, false
				}
				return get(&l.Parts[i]), true
			}
		}
		list = append(list,
			figure{name + ": CPU an item", "us", false, noiseCPU, leastCPU, of(func(p *run.PartLoad) float64 { return p.CPUPerItem })},
			figure{name + ": memory, peak", "MiB", true, noiseMemory, leastMemory, of(func(p *run.PartLoad) float64 { return float64(p.RSSPeak) / mebi })})
	}
	return list
}

func inMillis(l *verdict.Latency, quantile string) float64 {
	return float64(l.Quantile(quantile)) / float64(time.Millisecond)
}

// spread is a figure of all loads of which it is known.
func spread(loads []*run.Load, of func(*run.Load) (float64, bool)) (s Spread, known bool) {
	var values []float64
	for _, l := range loads {
		if value, known := of(l); known {
			values = append(values, value)
		}
	}
	if len(values) == 0 {
		return s, false
	}
	slices.Sort(values)
	return Spread{values[len(values)/2], values[0], values[len(values)-1]}, true
}
