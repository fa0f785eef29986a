// SPDX-License-Identifier: Apache-2.0

package live

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
	"github.com/runtimelab/otelcol-runtimelab/histogram"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// View gives what the slots that were read hold.
func (q *Query) View() View {
	return View{
		First: q.axis.First, Slots: q.axis.slots(), Every: q.every, Spans: q.spans,
		Lanes: q.shownLanes(), Heatmap: q.heatmap(), Times: q.shownTimes(), Findings: q.shownFindings(), Slow: q.shownSlow(),
	}
}

// order is the place of a runtime in every list: that of the table of runtimes, and last the unknown one.
func order(runtime string) int {
	if r := aggregate.RuntimeNamed(runtime); r != aggregate.Unknown {
		return int(r)
	}
	return math.MaxInt
}

// heatmap leaves out the bands below the shortest span and above the longest.
func (q *Query) heatmap() Heatmap {
	low, high := bands, -1
	for i := range q.heat {
		for band, n := range q.heat[i] {
			if n > 0 {
				low, high = min(low, band), max(high, band)
			}
		}
	}
	if high < 0 {
		return Heatmap{Cells: []float64{}}
	}
	h := Heatmap{Low: int64(histogram.LowerBound(low * perBand)), Bands: high - low + 1}
	slots := q.axis.slots()
	h.Cells = make([]float64, 0, h.Bands*slots)
	for i := range slots {
		h.Cells = append(h.Cells, q.heat[i][low:high+1]...)
	}
	return h
}

func (p *Parts) total() float64 {
	sum := 0.0
	for _, ns := range p {
		sum += ns
	}
	return sum
}

func (q *Query) shownTimes() []Time {
	times := []Time{}
	for _, c := range q.cells {
		if c != nil && c.Spans > 0 {
			times = append(times, c.Time)
		}
	}
	slices.SortFunc(times, func(a, b Time) int {
		return cmp.Or(cmp.Compare(b.Parts.total(), a.Parts.total()), strings.Compare(a.Service, b.Service), strings.Compare(a.Operation, b.Operation),
			strings.Compare(a.Runtime, b.Runtime))
	})
	return times[:min(len(times), maxTimes)]
}

// lost is the part of a span's time that a finding cost it. The others cost others.
var lost = map[string]int{
	semconv.FindingHeldUp:     HeldUp,
	semconv.FindingStarved:    QueueWait,
	semconv.FindingWorkerSkew: QueueWait,
	semconv.FindingCPUStarved: CPUWait,
}

func cost(bit int, parts *[PartCount]float32) float64 {
	if part, known := lost[aggregate.FindingNames[bit]]; known {
		return float64(parts[part])
	}
	return 0
}

// ranked is a finding with the time in ns by which it is ranked.
type ranked struct {
	Finding
	weight float64
}

// shownFindings ranks what cost a span time by that time. What holds a thread is ranked by what it cost others. If nobody says who held them up, that is
// an estimate: of the time that spans of the same service were queued, the share that the operation has of what ran.
func (q *Query) shownFindings() []Finding {
	all := make([]ranked, 0, len(q.findings))
	ran, queued := q.ranAndQueued()
	for key, f := range q.findings {
		r := ranked{Finding: q.finding(key, f)}
		r.weight = r.Cost
		if lane := (laneKey{aggregate.RuntimeNamed(r.Runtime), r.Service}); r.Ran > 0 {
			r.weight = max(r.Cost, queued[lane]*r.Ran/ran[lane])
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(b.Spans, a.Spans), strings.Compare(a.Service, b.Service),
			strings.Compare(a.Operation, b.Operation), strings.Compare(a.Runtime, b.Runtime), strings.Compare(a.Finding.Finding, b.Finding.Finding))
	})
	findings := make([]Finding, min(len(all), maxTimes))
	for i := range findings {
		findings[i] = all[i].Finding
	}
	return findings
}

// ranAndQueued is for how long the spans of each service ran and were queued, ns.
func (q *Query) ranAndQueued() (ran, queued map[laneKey]float64) {
	ran, queued = make(map[laneKey]float64), make(map[laneKey]float64)
	for _, c := range q.cells {
		if c != nil {
			key := laneKey{aggregate.RuntimeNamed(c.Runtime), c.Service}
			ran[key] += c.Parts[Running]
			queued[key] += c.Parts[QueueWait]
		}
	}
	return ran, queued
}

func (q *Query) finding(key findingKey, f *found) Finding {
	of := q.cells[key.cellKey]
	finding := Finding{
		Finding: aggregate.FindingNames[key.bit], Runtime: of.Runtime, Service: of.Service, Operation: of.Operation,
		Spans: f.spans, Of: of.Spans, Cost: f.cost, Culprits: []Culprit{},
	}
	if holdsThread(finding.Finding) {
		finding.Ran = of.Parts[Running]
		if v := q.victims[key.cellKey]; v != nil {
			finding.Victims, finding.Cost = v.spans, v.heldUp
		}
	}
	for by, spans := range f.culprits {
		finding.Culprits = append(finding.Culprits, Culprit{q.names[by].Name, spans})
	}
	slices.SortFunc(finding.Culprits, func(a, b Culprit) int {
		return cmp.Or(cmp.Compare(b.Spans, a.Spans), strings.Compare(a.Operation, b.Operation))
	})
	return finding
}

// holdsThread reports whether a finding is a reason to be named as what held others up.
func holdsThread(finding string) bool {
	return finding == semconv.FindingBlocking || finding == semconv.FindingNeverIdle
}

func (q *Query) shownSlow() []Slow {
	slow := make([]Slow, len(q.slow))
	for i := range q.slow {
		s := &q.slow[i]
		name := q.names[s.operation]
		slow[i] = Slow{
			Runtime: s.runtime.String(), Service: name.Service, Operation: name.Name,
			Trace: hex.EncodeToString(s.trace[:]), Span: hex.EncodeToString(binary.LittleEndian.AppendUint64(nil, s.span)),
			End: s.end / 1e6, Duration: s.duration, Findings: []string{},
		}
		for part, ns := range s.parts {
			slow[i].Parts[part] = float64(ns)
		}
		for bit, finding := range aggregate.FindingNames {
			if s.findings&(1<<bit) != 0 {
				slow[i].Findings = append(slow[i].Findings, finding)
			}
		}
		slow[i].Culprit = q.names[q.culprit(&s.record)].Name
	}
	return slow
}
