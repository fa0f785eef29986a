// SPDX-License-Identifier: Apache-2.0

package live

import (
	"cmp"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

const (
	maxLanes      = 6  // that a page shows side by side
	maxTimes      = 24 // rows, and as many findings
	maxSlowest    = 12
	perBand       = 16 // buckets of a histogram: a quarter of an octave
	bands         = histogram.Buckets/perBand + 1
	perNine       = 10 // points of a curve for each nine
	mostNines     = 5  // 99.999 %
	onTheWay      = 2  // slots up to the last one with spans of a service that may lack some
	longestExport = 10 // slots after which a service that sends nothing has nothing to send
	curvePoints   = mostNines*perNine + 1
)

// Query reads what a scope selects, slot by slot.
type Query struct {
	names  []aggregate.OperationName
	limits limits
	axis   Axis
	every  bool

	lanes    map[laneKey]*lane
	heat     [Slots][bands]float64
	spans    float64
	cells    []*cell // by runtime and operation; nil: no spans
	findings map[findingKey]*found
	victims  map[victimKey]*victims
	slow     []slowSpan
}

type laneKey struct {
	runtime aggregate.Runtime
	service string
}

// cell adds up an operation on a runtime. It is looked up once for each span, so no map holds it.
type cell struct {
	Time
	lane *lane // nil: its spans are none of a lane so far
}

// cellKey is the index of a cell.
type cellKey int

func (q *Query) key(runtime aggregate.Runtime, operation aggregate.Number) cellKey {
	return cellKey(int(runtime)*len(q.names) + int(operation))
}

func (q *Query) cell(r *record) *cell {
	c := &q.cells[q.key(r.runtime, r.operation)]
	if *c == nil {
		name := q.names[r.operation]
		*c = &cell{Time: Time{Runtime: r.runtime.String(), Service: name.Service, Operation: name.Name}}
	}
	return *c
}

// victimKey is that of a culprit on a runtime.
type victimKey = cellKey

type victims struct{ spans, heldUp float64 }

type findingKey struct {
	cellKey
	bit int
}

type found struct {
	spans, cost float64
	culprits    map[aggregate.Number]float64
}

// lane adds up a service on a runtime.
type lane struct {
	Lane
	axis   Axis
	last   int // slot that has spans
	total  float64
	slot   histogram.Histogram // of the slot that is being read
	counts [histogram.Buckets]float64
	kept   int // records in counts
}

// NewQuery begins a query. names are those of the operations; axis is that of Recent.
func NewQuery(s Scope, names []aggregate.OperationName, axis Axis) *Query {
	return &Query{
		names: names, limits: newLimits(s, names), axis: axis, every: true,
		lanes: make(map[laneKey]*lane), cells: make([]*cell, aggregate.RuntimeCount*len(names)), findings: make(map[findingKey]*found), victims: make(map[victimKey]*victims),
	}
}

// Add reads one slot, 0 to Slots-1, of the axis with which the query began. The last call takes the slow spans as well.
func (q *Query) Add(r *Recent, i int) {
	second := q.axis.First + int64(i)
	if s := &r.slots[second%Slots]; s.second == second && len(s.kept) > 0 && second <= q.axis.Last {
		q.addSlot(i, s)
	}
	if i == Slots-1 {
		q.addSlow(r.slow)
	}
}

func (q *Query) addSlot(i int, s *slot) {
	weight := float64(s.seen) / float64(len(s.kept))
	q.every = q.every && weight == 1
	for k := range s.kept {
		r := &s.kept[k]
		if !q.limits.selects(r) {
			continue
		}
		c := q.cell(r)
		brushed := q.limits.brushed(s.second, r)
		if brushed {
			q.addTime(c, r, weight)
		}
		if r.request || q.limits.inner {
			q.heat[i][int(r.bucket)/perBand] += weight
			q.addToLane(c, r, weight, brushed)
		}
	}
	for _, l := range q.lanes {
		l.close(i, weight)
	}
}

// maxLanesRead bounds what a sender of many services makes of a query: 28 KB for each lane.
const maxLanesRead = 64

// lane finds a lane. Those beyond the limit are one, without a name.
func (q *Query) lane(key laneKey) *lane {
	l := q.lanes[key]
	if l == nil && len(q.lanes) == maxLanesRead {
		key = laneKey{}
		l = q.lanes[key]
	}
	if l == nil {
		l = newLane(key, q.axis)
		q.lanes[key] = l
	}
	return l
}

func (q *Query) addToLane(c *cell, r *record, weight float64, brushed bool) {
	if c.lane == nil {
		c.lane = q.lane(laneKey{r.runtime, c.Service})
	}
	l := c.lane
	l.slot.Add(int(r.bucket), 1)
	if brushed {
		l.counts[r.bucket] += weight
		l.Spans += weight
		l.kept++
	}
}

func (q *Query) addTime(c *cell, r *record, weight float64) {
	q.spans += weight
	t := &c.Time
	t.Spans += weight
	t.Classes[r.class] += weight
	for part, ns := range r.parts {
		t.Parts[part] += weight * float64(ns)
	}
	if r.findings == 0 {
		return
	}
	for bit := range aggregate.FindingNames {
		if r.findings&(1<<bit) != 0 {
			q.addFinding(findingKey{q.key(r.runtime, r.operation), bit}, r, weight)
		}
	}
	if culprit := q.culprit(r); culprit != aggregate.Further {
		by := q.key(r.runtime, culprit)
		if q.victims[by] == nil {
			q.victims[by] = new(victims)
		}
		q.victims[by].spans += weight
		q.victims[by].heldUp += weight * float64(r.parts[HeldUp])
	}
}

func (q *Query) addFinding(key findingKey, r *record, weight float64) {
	f := q.findings[key]
	if f == nil {
		f = &found{culprits: make(map[aggregate.Number]float64)}
		q.findings[key] = f
	}
	f.spans += weight
	f.cost += weight * cost(key.bit, &r.parts)
	if culprit := q.culprit(r); culprit != aggregate.Further && aggregate.Findings(1)<<key.bit == heldUp {
		f.culprits[culprit] += weight
	}
}

// culprit is what held a span up, if it came before the names were read.
func (q *Query) culprit(r *record) aggregate.Number {
	if int(r.culprit) >= len(q.names) {
		return aggregate.Further
	}
	return r.culprit
}

func (q *Query) addSlow(all []slowSpan) {
	for i := range all {
		s := &all[i]
		if q.limits.selects(&s.record) && q.limits.brushed(s.end/nsPerSec, &s.record) && (s.request || q.limits.inner) {
			q.slow = append(q.slow, *s)
		}
	}
	slices.SortFunc(q.slow, func(a, b slowSpan) int {
		return cmp.Or(cmp.Compare(b.duration, a.duration), cmp.Compare(a.end, b.end), cmp.Compare(a.span, b.span))
	})
	q.slow = q.slow[:min(len(q.slow), maxSlowest)]
}
