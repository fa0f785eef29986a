package tokio

import (
	"slices"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

const (
	tickLength       = sim.Time(time.Millisecond) // of the timer wheel
	maxEventsPerTurn = 1024
)

// driver is the I/O and timer driver: one epoll instance, held by at most one worker.
type driver struct {
	holder   *worker // nil: free
	blocked  bool    // the holder sleeps in epoll_wait, and nothing has ended that sleep yet
	poked    bool    // the eventfd was written while nobody slept: the next epoll_wait returns at once
	sleep    uint64  // generation of the current epoll_wait; an older timeout is void
	nextWake int64   // tick for which the last epoll_wait set its timeout
	timers   timerQueue
	ready    []scheduler.TaskID // sockets ready, not yet dispatched; FIFO
}

const noTick = int64(1) << 62

func newDriver() driver { return driver{nextWake: noTick} }

// ceilTick is the tick at which a timer fires: the first at or after its deadline (schedulers.md 1.11).
func ceilTick(t sim.Time) int64 { return int64((t + tickLength - 1) / tickLength) }

func floorTick(t sim.Time) int64 { return int64(t / tickLength) }

// ioReady notes that the kernel made a task's socket ready.
func (rt *Runtime) ioReady(id scheduler.TaskID) {
	rt.driver.ready = append(rt.driver.ready, id)
	rt.endDriverSleep(rt.costs.WakeDriverLatency.Sample(&rt.latencies))
}

// pokeDriver writes the eventfd: whoever sleeps in epoll_wait returns, or the next one does.
func (rt *Runtime) pokeDriver() {
	if !rt.endDriverSleep(rt.costs.WakeDriverLatency.Sample(&rt.latencies)) {
		rt.driver.poked = true
	}
}

// endDriverSleep lets the worker in epoll_wait run after a latency. It reports whether one slept there.
func (rt *Runtime) endDriverSleep(latency sim.Time) bool {
	d := &rt.driver
	if !d.blocked {
		return false
	}
	d.blocked = false
	d.sleep++
	d.holder.phase = phaseDriverReturned
	rt.resumeAfter(d.holder, latency)
	return true
}

// driverTimeout ends the epoll_wait of a generation.
func (rt *Runtime) driverTimeout(generation uint64) {
	if generation == rt.driver.sleep {
		rt.endDriverSleep(rt.costs.TimerOvershoot)
	}
}

// sleepInDriver starts an epoll_wait for a worker that holds the driver. It reports false if there is nothing to wait for:
// events or timers are due already.
func (rt *Runtime) sleepInDriver() bool {
	d := &rt.driver
	d.nextWake = d.timers.next()
	now := floorTick(rt.sim.Now())
	if d.poked || len(d.ready) > 0 || d.nextWake <= now {
		return false
	}
	d.blocked = true
	if d.nextWake != noTick {
		// epoll's timeout is a whole number of milliseconds from now (schedulers.md 1.11).
		timeout := sim.Time(d.nextWake-now) * tickLength
		rt.sim.Schedule(rt.sim.Now()+timeout, rt.target, eventTimeout, d.sleep)
	}
	return true
}

// addTimer registers a timer. It returns the cost beyond the insertion: a write to the eventfd if the timer is due before
// the time for which the driver sleeps.
func (rt *Runtime) addTimer(deadline sim.Time, id scheduler.TaskID) sim.Time {
	d := &rt.driver
	tick := ceilTick(deadline)
	d.timers.push(tick, id)
	if tick >= d.nextWake {
		return 0
	}
	rt.pokeDriver()
	return rt.costs.UnparkDriver
}

// turn dispatches what an epoll_wait returned, on the worker that holds the driver: sockets, then timers, then the tasks that
// gave way on this worker. It frees the driver and returns the time it takes. Wakes inside a turn notify nobody;
// one check at the end does (schedulers.md 1.8).
func (rt *Runtime) turn(w *worker) sim.Time {
	var spent sim.Time
	d := &rt.driver
	w.inTurn = true
	if d.holder == w {
		d.poked = false
		events := min(len(d.ready), maxEventsPerTurn)
		for _, id := range d.ready[:events] {
			spent += rt.wakeLocal(w, id)
		}
		d.ready = append(d.ready[:0], d.ready[events:]...)
		for now := floorTick(rt.sim.Now()); d.timers.next() <= now; {
			spent += rt.wakeLocal(w, d.timers.pop())
		}
		d.holder = nil
	}
	for _, id := range slices.Backward(w.deferred) { // a stack (schedulers.md 1.10)
		spent += rt.wakeLocal(w, id)
	}
	w.deferred = w.deferred[:0]
	w.inTurn = false
	if !w.searching && w.localTasks() > 1 {
		spent += rt.notifyOne()
	}
	return spent
}

// timerQueue orders timers by (tick, insertion): a binary heap.
type timerQueue struct {
	heap     []timer
	inserted uint64
}

type timer struct {
	tick int64
	seq  uint64
	task scheduler.TaskID
}

func (t *timer) before(o *timer) bool {
	return t.tick < o.tick || (t.tick == o.tick && t.seq < o.seq)
}

// next is the tick of the earliest timer, or noTick.
func (q *timerQueue) next() int64 {
	if len(q.heap) == 0 {
		return noTick
	}
	return q.heap[0].tick
}

func (q *timerQueue) push(tick int64, task scheduler.TaskID) {
	q.inserted++
	t := timer{tick: tick, seq: q.inserted, task: task}
	q.heap = append(q.heap, t)
	i := len(q.heap) - 1
	for i > 0 && t.before(&q.heap[(i-1)/2]) {
		q.heap[i] = q.heap[(i-1)/2]
		i = (i - 1) / 2
	}
	q.heap[i] = t
}

func (q *timerQueue) pop() scheduler.TaskID {
	top := q.heap[0].task
	last := q.heap[len(q.heap)-1]
	q.heap = q.heap[:len(q.heap)-1]
	if len(q.heap) == 0 {
		return top
	}
	i := 0
	for {
		child := 2*i + 1
		if child >= len(q.heap) {
			break
		}
		if child+1 < len(q.heap) && q.heap[child+1].before(&q.heap[child]) {
			child++
		}
		if !q.heap[child].before(&last) {
			break
		}
		q.heap[i] = q.heap[child]
		i = child
	}
	q.heap[i] = last
	return top
}
