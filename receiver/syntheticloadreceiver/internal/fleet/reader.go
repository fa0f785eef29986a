// SPDX-License-Identifier: Apache-2.0

package fleet

import "github.com/runtimelab/otelcol-runtimelab/scheduler/sim"

// reader is the SDK's periodic metric reader: a timer that runs as long as the process does.
type reader struct {
	sim      *sim.Simulation
	target   sim.Target
	interval sim.Time
	sample   func(now sim.Time) bool // false: the process has exited
}

// start lets the timer run, which has run for a phase already.
func (r *reader) start(s *sim.Simulation, interval, phase sim.Time, sample func(now sim.Time) bool) {
	*r = reader{sim: s, interval: interval, sample: sample}
	r.target = s.Register(r)
	r.schedule(interval - phase)
}

func (r *reader) schedule(at sim.Time) { r.sim.Schedule(at, r.target, 0, 0) }

// Handle implements sim.Handler.
func (r *reader) Handle(sim.Event) {
	if r.sample(r.sim.Now()) {
		r.schedule(r.sim.Now() + r.interval)
	}
}
