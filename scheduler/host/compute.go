// SPDX-License-Identifier: Apache-2.0

package host

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// contended reports whether another thread waits for the CPU of a thread.
func (h *Host) contended(t *Thread) bool {
	if h.queues != nil {
		return len(h.queues.cpus[t.cpu].waiting) > 0
	}
	return h.head < len(h.queue)
}

// schedule sets the next event of a thread, which voids the one before. What it computes is counted from now.
func (h *Host) schedule(t *Thread, kind uint8, after sim.Time) {
	t.generation++
	t.since = h.sim.Now()
	if b := h.bandwidth; b != nil {
		if left := b.noticed(t.cpu, t.since) - t.since; after >= left {
			kind, after = eventRanOut, left
		}
	}
	t.computes = true
	h.sim.Schedule(h.sim.Now()+after, h.target, kind, uint64(t.generation)<<32|uint64(t.index))
}

// charge counts what a thread has computed.
func (h *Host) charge(t *Thread) {
	d := h.sim.Now() - t.since
	t.need -= d
	h.stats.Busy += d
	if b := h.bandwidth; b != nil {
		b.local[t.cpu] -= d
	}
	t.computes = false
}

// send tells a thread that has a CPU to go on.
func (h *Host) send(t *Thread) {
	t.generation++
	h.sim.Schedule(h.sim.Now(), h.target, eventGo, uint64(t.generation)<<32|uint64(t.index))
}

func (t *Thread) deliver() {
	t.handler.Handle(sim.Event{At: t.sim.Now(), Kind: t.kind, Arg: t.arg})
}
