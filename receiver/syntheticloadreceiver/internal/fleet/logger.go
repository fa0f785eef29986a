// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// logger is a timer for each of the log records that a service writes now and then: a Poisson process of its own.
type logger struct {
	sim    *sim.Simulation
	target sim.Target
	rates  []float64 // per second
	draws  []sim.Rand
	write  func(record int, work sim.Rand) bool // false: the process has exited
}

// start lets the timers run.
func (l *logger) start(s *sim.Simulation, rates []float64, seed uint64, write func(record int, work sim.Rand) bool) {
	*l = logger{sim: s, rates: rates, write: write}
	l.target = s.Register(l)
	for i := range rates {
		l.draws = append(l.draws, sim.Stream(seed, uint64(max(0, i)), streamLog))
		l.schedule(i)
	}
}

// schedule the next record.
func (l *logger) schedule(record int) {
	gap := sim.Time(l.draws[record].Exp() / l.rates[record] * float64(time.Second))
	l.sim.Schedule(l.sim.Now()+max(1, gap), l.target, 0, uint64(max(0, record)))
}

// Handle implements sim.Handler.
func (l *logger) Handle(ev sim.Event) {
	record := int(ev.Arg) //nolint:gosec // G115: an index
	if l.write(record, sim.Rand(l.draws[record].Uint64())) {
		l.schedule(record)
	}
}
