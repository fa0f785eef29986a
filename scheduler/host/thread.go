// SPDX-License-Identifier: Apache-2.0

package host

import (
	"math"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// New makes a machine whose CPUs are free.
func New(s *sim.Simulation, cfg Config) *Host {
	h := &Host{sim: s, cpus: cfg.CPUs, slice: cfg.Slice, idle: make([]idleCPU, cfg.CPUs)}
	for i := range h.idle {
		h.idle[i].cpu = narrow.Int32(i)
	}
	if cfg.Quota.CPUs > 0 {
		h.bandwidth = newBandwidth(cfg.Quota, cfg.CPUs)
		h.queues = newRunqueues(cfg.CPUs)
		if h.slice == 0 {
			h.slice = baseSlice(cfg.CPUs)
		}
	}
	if h.slice == 0 {
		h.slice = DefaultSlice
	}
	h.target = s.Register(h)
	return h
}

// Stats returns what the host counted so far; nothing for a nil Host.
func (h *Host) Stats() Stats {
	if h == nil {
		return Stats{}
	}
	stats := h.stats
	if b := h.bandwidth; b != nil {
		b.refresh(h.sim.Now())
		stats.Periods, stats.ThrottledPeriods = b.periods, b.throttledPeriods
	}
	return stats
}

// CPUs is how many the machine has; 0: one for each thread.
func (h *Host) CPUs() int {
	if h == nil {
		return 0
	}
	return h.cpus
}

// Waiting is how many threads are runnable without a CPU now.
func (h *Host) Waiting() int {
	if h == nil {
		return 0
	}
	n := len(h.queue) - h.head
	if h.queues != nil {
		for i := range h.queues.cpus {
			n += len(h.queues.cpus[i].waiting)
		}
	}
	return n
}

// Stopped reports whether a CPU is throttled now with a thread on it.
func (h *Host) Stopped(cpu int) bool { return h.queues != nil && len(h.queues.cpus[cpu].stopped) > 0 }

// NewThread makes a thread, asleep. When it runs or has run, its owner gets an event of the kind, with the argument.
func (h *Host) NewThread(s *sim.Simulation, owner sim.Handler, target sim.Target, kind uint8, arg uint64) *Thread {
	t := &Thread{host: h, sim: s, asleep: s.Now()}
	t.Give(owner, target, kind, arg)
	if h != nil {
		t.index = narrow.Uint32(len(h.threads))
		t.cpu = narrow.Int32(len(h.threads) % h.cpus)
		h.threads = append(h.threads, t)
	}
	return t
}

// Give gives a thread to another owner.
func (t *Thread) Give(owner sim.Handler, target sim.Target, kind uint8, arg uint64) {
	t.handler, t.target, t.kind, t.arg = owner, target, kind, arg
}

// Run lets the running thread compute for d. It reports true if that time has passed already, because nobody else has
// anything to do until then; otherwise the owner's event comes when the thread has had d of a CPU.
func (t *Thread) Run(d sim.Time) bool {
	if t.host != nil {
		return t.runOn(d)
	}
	if t.sim.Advance(d) {
		return true
	}
	t.sim.Schedule(t.sim.Now()+d, t.target, t.kind, t.arg)
	return false
}

func (t *Thread) runOn(d sim.Time) bool {
	h := t.host
	if h.queues != nil && d > 0 {
		return t.runFunded(d)
	}
	if h.head == len(h.queue) && t.sim.Advance(d) { // nobody waits, or no time passes
		h.stats.Busy += d
		return true
	}
	t.need = d
	if d == 0 { // no reason to lose the CPU
		h.schedule(t, eventDone, 0)
		return false
	}
	h.goOn(t)
	return false
}

// runFunded is runOn under a quota: up to each tick at which the CPU sees that it needs more of it.
func (t *Thread) runFunded(d sim.Time) bool {
	h, b := t.host, t.host.bandwidth
	for !h.contended(t) {
		left := b.noticed(t.cpu, t.sim.Now()) - t.sim.Now()
		step := min(d, left)
		if !t.sim.Advance(step) {
			break
		}
		h.stats.Busy += step
		b.local[t.cpu] -= step
		d -= step
		if step == left && !h.fund(t.cpu) {
			t.need = d
			h.halt(t)
			return false
		}
		if d == 0 {
			return true
		}
	}
	t.need = d
	h.goOn(t)
	return false
}

// Pause takes the running thread off its CPU for d, in a system call that blocks. It reports true if that time has passed
// already and the thread runs again; otherwise its event comes when it does.
func (t *Thread) Pause(d sim.Time) bool {
	h := t.host
	if h == nil {
		return t.Run(d)
	}
	if h.bandwidth == nil && !h.contended(t) && t.sim.Advance(d) {
		t.dispatched = t.sim.Now()
		return true
	}
	t.Sleep()
	t.Wake(d)
	return false
}

// Sleep takes the running thread off its CPU until Wake.
func (t *Thread) Sleep() {
	t.asleep = t.sim.Now()
	if t.host != nil {
		t.need = 0
		t.host.leave(t)
	}
}

// Rouse gives a sleeping thread, which is on its way to run, the CPU that has been idle for the shortest time, and returns for how long that
// was. 0: none is idle. Where each thread has a CPU, it is for how long the thread has slept.
func (t *Thread) Rouse() (idle sim.Time) {
	h := t.host
	if h == nil {
		return t.sim.Now() - t.asleep
	}
	if t.roused || t.placed {
		return 0
	}
	if h.queues != nil {
		return h.rouse(t)
	}
	c, ok := h.take()
	if !ok {
		return 0
	}
	t.roused, t.cpu = true, c.cpu
	return t.sim.Now() - c.since
}

// Visit lets a thread that is none of the host's do something, which takes too little to wait for a CPU. What it wakes runs elsewhere.
func (h *Host) Visit(do func() sim.Time) sim.Time {
	if h == nil {
		return do()
	}
	if h.queues != nil {
		return h.visit(do)
	}
	c, has := h.take()
	result := do()
	if has {
		h.idle = append(h.idle, idleCPU{h.sim.Now(), c.cpu})
	}
	return result
}

// Wake makes a sleeping thread runnable after a time. Its event comes when it has a CPU.
func (t *Thread) Wake(after sim.Time) {
	if t.host == nil {
		t.sim.Schedule(t.sim.Now()+after, t.target, t.kind, t.arg)
		return
	}
	t.generation++
	t.sim.Schedule(t.sim.Now()+after, t.host.target, eventWake, uint64(t.generation)<<32|uint64(t.index))
}

// WakeNow makes a sleeping thread runnable now. It reports true if the thread runs; otherwise its event comes when it does.
func (t *Thread) WakeNow() bool {
	h := t.host
	if h == nil {
		return true
	}
	t.need = 0
	if h.queues != nil {
		return h.wake(t)
	}
	if !t.roused {
		c, ok := h.take()
		if !ok {
			h.enqueue(t)
			return false
		}
		t.cpu = c.cpu
	}
	t.roused = false
	h.dispatch(t)
	return true
}

// Handle implements [sim.Handler].
func (h *Host) Handle(ev sim.Event) {
	if ev.Kind >= eventRefill {
		h.hand(ev.Kind)
		return
	}
	t := h.threads[ev.Arg&math.MaxUint32]
	if uint32(ev.Arg>>32) != t.generation {
		return
	}
	switch ev.Kind {
	case eventWake:
		if t.WakeNow() {
			t.deliver()
		}
	case eventGo:
		if h.queues == nil || h.funds(t) {
			h.goOn(t)
		}
	case eventDone:
		h.charge(t)
		t.deliver()
	case eventSliceEnd, eventRanOut:
		h.charge(t)
		switch {
		case h.queues == nil:
			h.goOn(t)
		case h.funds(t):
			h.atTick(t)
		}
	}
}
