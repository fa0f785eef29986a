// SPDX-License-Identifier: Apache-2.0

package host

// goOn lets a running thread compute what it still has to, up to the end of its slice if others wait. Under a quota ticks decide (carryOn).
func (h *Host) goOn(t *Thread) {
	if h.queues != nil {
		h.carryOn(t)
		return
	}
	switch left := t.dispatched + h.slice - h.sim.Now(); {
	case t.need == 0:
		t.deliver()
	case h.head == len(h.queue):
		h.schedule(t, eventDone, t.need)
	case left <= 0:
		h.preempt(t)
	case t.need <= left:
		h.schedule(t, eventDone, t.need)
	default:
		h.schedule(t, eventSliceEnd, left)
	}
}

// preempt sends a running thread to the end of the line.
func (h *Host) preempt(t *Thread) {
	h.stats.Preemptions++
	h.enqueue(t)
	h.leave(t)
}

// leave gives a thread's CPU to the one that has waited longest.
func (h *Host) leave(t *Thread) {
	t.generation++
	if h.queues != nil {
		t.ahead = h.contended(t)
		h.vacate(t)
		h.next(t.cpu)
		return
	}
	for i, r := range h.running {
		if r == t {
			last := len(h.running) - 1
			h.running[i] = h.running[last]
			h.running = h.running[:last]
			break
		}
	}
	if h.head == len(h.queue) {
		h.idle = append(h.idle, idleCPU{h.sim.Now(), t.cpu})
		return
	}
	next := h.queue[h.head]
	h.head++
	if 2*h.head >= len(h.queue) { // at most as many moves as takes
		h.queue = append(h.queue[:0], h.queue[h.head:]...)
		h.head = 0
	}
	waited := h.sim.Now() - next.since
	h.stats.Waited += waited
	h.stats.LongestWait = max(h.stats.LongestWait, waited)
	next.cpu = t.cpu
	h.dispatch(next)
	h.send(next)
}

func (h *Host) dispatch(t *Thread) {
	t.dispatched = h.sim.Now()
	h.running = append(h.running, t)
}

// enqueue lets a runnable thread wait. Those that compute past the end of their slices have to stop now, the others then.
func (h *Host) enqueue(t *Thread) {
	first := h.head == len(h.queue)
	t.since = h.sim.Now()
	t.computes = false
	h.queue = append(h.queue, t)
	if !first {
		return
	}
	for _, r := range h.running {
		left := max(r.dispatched+h.slice-h.sim.Now(), 0)
		if r.computes && r.need-(h.sim.Now()-r.since) > left {
			h.charge(r)
			h.schedule(r, eventSliceEnd, left)
		}
	}
}

// take takes the CPU that has been idle for the shortest time. ok: there is one.
func (h *Host) take() (c idleCPU, ok bool) {
	last := len(h.idle) - 1
	if last < 0 {
		return idleCPU{}, false
	}
	c = h.idle[last]
	h.idle = h.idle[:last]
	return c, true
}
