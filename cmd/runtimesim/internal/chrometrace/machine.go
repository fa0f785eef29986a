// SPDX-License-Identifier: Apache-2.0

package chrometrace

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// machine is what the trace knows of the CPUs of the process between two looks at them, if they are limited.
type machine struct {
	host    *host.Host
	stopped []stop // by CPU
	waiting int    // threads, that was shown last
}

// stop is since when a thread is stopped on a CPU that is throttled.
type stop struct {
	open bool
	from sim.Time
}

// Machine adds the CPUs of the process.
func (t *Trace) Machine(h *host.Host) {
	t.machine = machine{host: h, stopped: make([]stop, h.CPUs())}
}

// lookAtMachine shows what changed: a CPU that is throttled with a thread on it has a slice on a lane of its own, and the threads that wait for
// a CPU are a counter.
func (t *Trace) lookAtMachine(now sim.Time) {
	m := &t.machine
	for cpu := range m.stopped {
		switch s, stops := &m.stopped[cpu], m.host.Stopped(cpu); {
		case stops && !s.open:
			*s = stop{true, now}
		case !stops && s.open:
			t.closeStop(cpu, now)
		}
	}
	if n := m.host.Waiting(); n != m.waiting {
		m.waiting = n
		t.counter("threads that wait for a CPU", now, n)
	}
}

// closeStop ends the time for which a CPU was throttled.
func (t *Trace) closeStop(cpu int, at sim.Time) {
	s := &t.machine.stopped[cpu]
	if !s.open {
		return
	}
	s.open = false
	t.show(slice{lane: t.cpuLane(cpu), from: s.from, to: at}, "throttled", "quota", "")
	t.totals.Throttled += at - s.from
}
