package asyncexecutor

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// deadline is a task to be woken at a time.
type deadline struct {
	at   sim.Time
	id   uint64 // order of registration; breaks ties
	task scheduler.TaskID
}

func (d *deadline) before(o *deadline) bool {
	return d.at < o.at || (d.at == o.at && d.id < o.id)
}

// deadlines is a 4-ary min-heap of tasks by (time, registration).
type deadlines struct {
	heap   []deadline
	nextID uint64
}

func (h *deadlines) len() int { return len(h.heap) }

// next is the earliest time, or Never.
func (h *deadlines) next() sim.Time {
	if len(h.heap) == 0 {
		return sim.Never
	}
	return h.heap[0].at
}

func (h *deadlines) push(at sim.Time, task scheduler.TaskID) {
	h.nextID++
	d := deadline{at: at, id: h.nextID, task: task}
	h.heap = append(h.heap, d)
	q := h.heap
	i := len(q) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !d.before(&q[parent]) {
			break
		}
		q[i] = q[parent]
		i = parent
	}
	q[i] = d
}

// due removes the tasks due by now, at most limit of them, and appends them to tasks in order.
func (h *deadlines) due(now sim.Time, limit int, tasks []scheduler.TaskID) []scheduler.TaskID {
	for range limit {
		if h.next() > now {
			break
		}
		tasks = append(tasks, h.heap[0].task)
		h.removeFirst()
	}
	return tasks
}

func (h *deadlines) removeFirst() {
	last := h.heap[len(h.heap)-1]
	q := h.heap[:len(h.heap)-1]
	h.heap = q
	if len(q) == 0 {
		return
	}
	i := 0
	for {
		first := 4*i + 1
		if first >= len(q) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(q)); c++ {
			if q[c].before(&q[least]) {
				least = c
			}
		}
		if !q[least].before(&last) {
			break
		}
		q[i] = q[least]
		i = least
	}
	q[i] = last
}
