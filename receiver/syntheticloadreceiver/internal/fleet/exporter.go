// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// exporter is what a process's SDK does with one signal's items: they wait in a queue, and leave in exports. The items themselves
// are its owner's, who appends one for each admit.
//
//	admit --> items[sent:] (the SDK's queue, bounded) --> items[:sent] (exported, until discard)
//
// The simple processor exports each item as it comes. The batch processor exports on a thread of its own, one export after the other:
// all that wait, as soon as a batch is full or the delay is over.
type exporter struct {
	sim    *sim.Simulation
	target sim.Target
	how    workload.Export

	length   int // number of items
	sent     int
	until    int // of the round of exports under way: up to there items leave
	exports  []export
	busy     bool     // an export is under way
	last     sim.Time // end of the last round
	tick     uint64   // generation of the timer: older ones are void
	ticking  bool
	dropped  uint64 // the queue was full
	sequence uint64 // number of items[0]
	exported uint64 // exports before those in exports
}

// export is one request: items up to to, from where the one before ends.
type export struct {
	to int
	at sim.Time
}

const (
	eventExported uint8 = iota
	eventTick
)

// init begins at virtual time 0, at which the delay has run for a phase already.
func (e *exporter) init(s *sim.Simulation, how workload.Export, phase sim.Time) {
	e.sim, e.how, e.last = s, how, -phase
	e.target = s.Register(e)
}

// admit gives the SDK one item more, which it drops if its queue is full: false.
func (e *exporter) admit() bool {
	if e.how.Simple {
		e.length++
		e.send(1)
		return true
	}
	waiting := e.waiting()
	if waiting >= e.how.MaxQueue {
		e.dropped++
		return false
	}
	e.length++
	switch {
	case e.busy:
	case waiting+1 >= e.how.MaxBatch:
		e.startRound()
	case !e.ticking:
		e.startTimer()
	}
	return true
}

// export gives the SDK n items that it exports at once, as one: a sample of its metrics.
func (e *exporter) export(n int) {
	e.length += n
	e.send(n)
}

// send exports the next n items.
func (e *exporter) send(n int) {
	e.sent += n
	e.exports = append(e.exports, export{to: e.sent, at: e.sim.Now()})
}

// startTimer lets the delay run. Its times are counted from the last round: the thread waits for the delay over and over.
func (e *exporter) startTimer() {
	e.ticking = true
	e.tick++
	passed := (e.sim.Now() - e.last) % e.how.Delay
	e.sim.Schedule(e.sim.Now()+e.how.Delay-passed, e.target, eventTick, e.tick)
}

// Handle implements sim.Handler.
func (e *exporter) Handle(ev sim.Event) {
	switch {
	case ev.Kind == eventExported:
		e.goOn()
	case ev.Arg == e.tick:
		e.startRound()
	}
}

// startRound exports all that wait now.
func (e *exporter) startRound() {
	e.busy, e.ticking = true, false
	e.tick++
	e.until = e.length
	e.goOn()
}

// goOn sends the next batch of the round. At its end the next round begins if a batch is full again.
func (e *exporter) goOn() {
	for {
		for e.sent < e.until {
			e.send(min(e.how.MaxBatch, e.until-e.sent))
			if e.how.Duration > 0 {
				e.sim.Schedule(e.sim.Now()+e.how.Duration, e.target, eventExported, 0)
				return
			}
		}
		e.last = e.sim.Now()
		waiting := e.waiting()
		if waiting < e.how.MaxBatch {
			e.busy = false
			if waiting > 0 {
				e.startTimer()
			}
			return
		}
		e.until = e.length
	}
}

// flush exports all that wait, as the SDK does when the process ends.
func (e *exporter) flush() {
	e.busy, e.ticking = true, false // nothing is started any more
	e.tick++
	for e.sent < e.length {
		n := e.waiting()
		if e.how.MaxBatch > 0 {
			n = min(n, e.how.MaxBatch)
		}
		e.send(n)
	}
	e.until = e.sent
}

// waiting is how many items have not been exported.
func (e *exporter) waiting() int { return e.length - e.sent }

// numbered is how many items were exported ever.
func (e *exporter) numbered() uint64 { return e.sequence + uint64(max(0, e.sent)) }

// discard forgets the first items, those that were exported, and returns their number.
func (e *exporter) discard() int {
	n := e.sent
	e.sequence = e.numbered()
	e.length -= n
	e.until = max(0, e.until-n)
	e.sent = 0
	e.exported += uint64(len(e.exports))
	e.exports = e.exports[:0]
	return n
}
