// SPDX-License-Identifier: Apache-2.0

package host

import (
	"math/bits"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// baseSlice is base_slice_ns of Linux 6.15 and later: 0.7 ms x (1 + log2 of the CPUs, at most 8).
func baseSlice(cpus int) sim.Time {
	return sim.Time(700_000 * bits.Len(uint(min(cpus, 8))))
}

// wake puts a thread that becomes runnable on a CPU, where it runs, or waits, or is stopped. It reports whether the thread runs.
func (h *Host) wake(t *Thread) bool {
	q, now := h.queues, h.sim.Now()
	switch {
	case t.roused:
		t.roused = false
	case t.placed && !q.idle(t.cpu):
		t.placed = false
		h.join(t)
		return false
	case !t.placed:
		c, idle := q.place(t, now)
		q.move(t, c, now)
		if !idle {
			h.join(t)
			return false
		}
	}
	t.placed = false
	h.occupy(t)
	return h.funds(t)
}

// rouse chooses the CPU for a thread that is on its way to run, and keeps it for the thread if it is idle.
func (h *Host) rouse(t *Thread) (idle sim.Time) {
	q, now := h.queues, h.sim.Now()
	c, free := q.place(t, now)
	q.move(t, c, now)
	if t.placed = !free; t.placed {
		return 0
	}
	t.roused = true
	q.cpus[c].held = true
	return now - q.cpus[c].since
}

// visit lets the thread from outside do something on a CPU: on the one on which it was, or another idle one. If it finds none it takes the CPU
// from a thread, for too short a time to count.
func (h *Host) visit(do func() sim.Time) sim.Time {
	q, now := h.queues, h.sim.Now()
	if c := q.idleOne(q.visitor, now); c >= 0 {
		q.visitor, q.free = c, true
		q.cpus[c].held, q.cpus[c].since = true, now
	}
	result := do()
	if q.free {
		q.free = false
		c := &q.cpus[q.visitor]
		c.held, c.since = false, now
		if t := q.left; t != nil && t.placed {
			h.fetchLeft(t)
		} else {
			h.fetch(q.visitor)
		}
	}
	q.left = nil
	return result
}

// fetchLeft lets the CPU that the thread from outside leaves fetch the thread that was woken, and is on its way to a busy CPU: unless that
// thread takes its CPU at once.
func (h *Host) fetchLeft(t *Thread) {
	q, now := h.queues, h.sim.Now()
	c := &q.cpus[q.visitor]
	if h.bandwidth.out[q.visitor] {
		return
	}
	weight, looks := c.fetches.tries()
	if !looks {
		return
	}
	r := q.cpus[t.cpu].running
	if now-t.ranLast < hot || r == nil || now-r.dispatched >= h.slice {
		c.fetches.count(0)
		return
	}
	c.fetches.count(weight)
	q.move(t, q.visitor, now)
	t.placed, t.roused, c.held = false, true, true
}

// occupy lets a thread run on its CPU, which nobody else has.
func (h *Host) occupy(t *Thread) {
	now := h.sim.Now()
	c := &h.queues.cpus[t.cpu]
	c.load.to(now, false)
	t.load.to(now, false)
	c.running, c.held = t, false
	t.dispatched = now
}

// vacate is the end of that.
func (h *Host) vacate(t *Thread) *cpu {
	now := h.sim.Now()
	c := &h.queues.cpus[t.cpu]
	c.load.to(now, true)
	t.load.to(now, true)
	t.ranLast = now
	c.running = nil
	return c
}

// next gives a CPU that nobody has to the thread that has waited longest for it, or to one that waits for another CPU and may move.
func (h *Host) next(cpu int32) {
	c := &h.queues.cpus[cpu]
	if len(c.waiting) > 0 {
		h.start(c.pop())
		return
	}
	c.failed, c.since = 0, h.sim.Now()
	h.giveBack(cpu)
	h.fetch(cpu)
}

// fetch lets a CPU that becomes idle have a thread that waits for another CPU. The kernel moves nothing to a throttled CPU.
func (h *Host) fetch(cpu int32) {
	q, now := h.queues, h.sim.Now()
	c := &q.cpus[cpu]
	if h.bandwidth.out[cpu] {
		return
	}
	weight, looks := c.fetches.tries()
	if !looks {
		return
	}
	t := q.cold(cpu, now)
	if t == nil {
		c.fetches.count(0)
		return
	}
	c.fetches.count(weight)
	q.move(t, cpu, now)
	h.start(t)
}

// start lets a thread run that waited.
func (h *Host) start(t *Thread) {
	waited := h.sim.Now() - t.since
	h.stats.Waited += waited
	h.stats.LongestWait = max(h.stats.LongestWait, waited)
	h.occupy(t)
	h.send(t)
}

// join lets a thread wait for its CPU. The thread that has that keeps it for a slice, and from then on until the next tick; one that has
// computed for a slice by itself loses it at once.
func (h *Host) join(t *Thread) {
	now := h.sim.Now()
	c := &h.queues.cpus[t.cpu]
	t.since = now
	t.computes = false
	c.waiting = append(c.waiting, t)
	r := c.running
	if r == nil || !r.computes {
		return
	}
	switch {
	case now-r.dispatched >= h.slice:
		h.charge(r)
		h.schedule(r, eventSliceEnd, 0)
	case len(c.waiting) == 1:
		h.charge(r)
		h.plan(r)
	}
}

// carryOn lets a running thread compute what it still has to, or tells its owner that it has.
func (h *Host) carryOn(t *Thread) {
	if t.need == 0 {
		t.deliver()
		return
	}
	h.plan(t)
}

// plan sets what a thread that computes does next: it ends, or there is a tick at which it may lose its CPU.
func (h *Host) plan(t *Thread) {
	if left := nextTick(h.sim.Now()+1) - h.sim.Now(); h.contended(t) && t.need > left {
		h.schedule(t, eventSliceEnd, left)
	} else {
		h.schedule(t, eventDone, t.need)
	}
}

// atTick is what the kernel does with a CPU at a tick, and when a thread has joined that takes the CPU.
func (h *Host) atTick(t *Thread) {
	now, cpu := h.sim.Now(), t.cpu
	keeps := t.need == 0 || !h.contended(t) || now-t.dispatched < h.slice
	if !keeps {
		h.stats.Preemptions++
		c := h.vacate(t)
		t.generation++
		t.since = now
		c.waiting = append(c.waiting, t)
		h.start(c.pop())
	}
	if now == nextTick(now) {
		h.balance(cpu)
	}
	if keeps {
		h.carryOn(t)
	}
}

// balance moves a thread that waits for a CPU to an idle one.
func (h *Host) balance(from int32) {
	q, now := h.queues, h.sim.Now()
	at := &q.cpus[from]
	if len(at.waiting) == 0 {
		at.failed = 0
		return
	}
	for i := range q.cpus {
		to := narrow.Int32(i)
		if h.bandwidth.out[to] || !q.idle(to) {
			continue
		}
		t := at.cold(now, at.failed > retries)
		if t == nil {
			at.failed++
			return
		}
		at.failed = 0
		q.move(t, to, now)
		h.start(t)
		return
	}
}

// halt stops a thread on its way to user space, and all that wait there: its CPU is throttled. For threads that wake, the CPU is idle.
func (h *Host) halt(t *Thread) {
	now := h.sim.Now()
	c := h.vacate(t)
	t.generation++
	t.computes = false
	t.since = now
	if len(c.stopped) == 0 {
		c.halted = now
	}
	c.stopped = append(c.stopped, t)
	for _, w := range c.waiting {
		h.stats.Waited += now - w.since
		w.since = now
		c.stopped = append(c.stopped, w)
	}
	c.waiting = c.waiting[:0]
	c.since = now
}

// resume lets the threads go on that are stopped on a CPU.
func (h *Host) resume(cpu int32) {
	now := h.sim.Now()
	c := &h.queues.cpus[cpu]
	if len(c.stopped) == 0 {
		return
	}
	h.stats.Throttled += now - c.halted
	for _, t := range c.stopped {
		h.stats.Stopped += now - t.since
		t.since = now
		if c.running == nil && !c.held {
			h.start(t)
		} else {
			h.join(t)
		}
	}
	c.stopped = c.stopped[:0]
}

// funds reports whether the CPU of a thread has runtime. If it has none, the thread stops there.
func (h *Host) funds(t *Thread) bool {
	if h.bandwidth == nil || h.fund(t.cpu) {
		return true
	}
	h.halt(t)
	return false
}

// fund reports whether a CPU has runtime. One that finds none is throttled at least until the next refill.
func (h *Host) fund(cpu int32) bool {
	if h.bandwidth.funds(cpu, h.sim.Now()) {
		return true
	}
	h.awaitRefill()
	return false
}

func (h *Host) awaitRefill() {
	if !h.refilling {
		h.refilling = true
		h.sim.Schedule(h.bandwidth.next, h.target, eventRefill, 0)
	}
}

// giveBack is what a CPU does that became idle: it settles its account.
func (h *Host) giveBack(cpu int32) {
	if now := h.sim.Now(); h.fund(cpu) && h.bandwidth.giveBack(cpu, now) && !h.sharing {
		h.sharing = true
		h.sim.Schedule(now+slackDelay, h.target, eventSlack, 0)
	}
}

// hand gives throttled CPUs runtime again, at a refill or from what idle CPUs gave back: the threads on them go on.
func (h *Host) hand(kind uint8) {
	b, now := h.bandwidth, h.sim.Now()
	b.refresh(now)
	if kind == eventRefill {
		h.refilling = false
	} else if h.sharing = false; !b.shares() {
		return
	}
	for cpu, ok := b.release(); ok; cpu, ok = b.release() {
		h.resume(cpu)
	}
	if len(b.throttled) > 0 {
		h.awaitRefill()
	}
}
