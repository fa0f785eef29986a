// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

const (
	tickLength       = sim.Time(time.Millisecond) // of the timer wheel
	maxEventsPerTurn = 1024
	noHolder         = -1
)

// Kinds of events, of both flavors.
const (
	eventResume  uint8 = iota // Arg: worker
	eventIO                   // Arg: waker of the task whose socket became ready
	eventTimeout              // Arg: generation of the epoll_wait that times out
	eventSkipped              // Arg: worker that skips empty queues, and the generation of the skip above
	eventInPlace              // Arg: place of a task that goes on without a worker
	eventBlockOn              // the thread in block_on goes on
)

// driver is the I/O and timer driver: one epoll instance and one timer wheel, held by at most one worker. The holder calls
// look or wait, and, when epoll_wait returned, dispatch.
type driver struct {
	sim       *sim.Simulation
	target    sim.Target // of eventTimeout
	costs     *cost.Profile
	latencies *sim.Rand // of thread wake-ups
	thread    func(worker int) *host.Thread

	holder   int    // index of a worker, or noHolder
	blocked  bool   // the holder sleeps in epoll_wait, and nothing has ended that sleep yet
	poked    bool   // the eventfd was written while nobody slept: the next epoll_wait returns at once
	sleep    uint64 // generation of the current epoll_wait; an older timeout is void
	nextWake int64  // tick at which the holder promised to look at the wheel; noTick: it promised nothing
	timers   wheel
	ready    []scheduler.Waker // sockets ready, not yet dispatched; FIFO
	due      []scheduler.Waker // what dispatch returned; kept so that a turn allocates nothing
}

// ceilTick is the tick at which a timer fires: the first at or after its deadline (schedulers.md 1.11).
func ceilTick(t sim.Time) int64 { return int64((t + tickLength - 1) / tickLength) }

func floorTick(t sim.Time) int64 { return int64(t / tickLength) }

// ioReady notes that the kernel made a task's socket ready.
func (d *driver) ioReady(w scheduler.Waker) {
	d.ready = append(d.ready, w)
	d.endSleep()
}

// poke writes the eventfd: whoever sleeps in epoll_wait returns, or the next epoll_wait does. The result is the cost.
func (d *driver) poke() sim.Time {
	if !d.endSleep() {
		d.poked = true
	}
	return d.costs.UnparkDriver.Sample(d.latencies)
}

// endSleep resumes the worker in epoll_wait, if one sleeps there, after the latency of a thread that wakes up.
func (d *driver) endSleep() bool {
	if !d.blocked {
		return false
	}
	d.resumeHolder(d.costs.Rise(d.costs.WakeDriverLatency, d.thread(d.holder).Rouse(), d.latencies))
	return true
}

// timeout ends the epoll_wait of a generation.
func (d *driver) timeout(generation uint64) {
	if d.blocked && generation == d.sleep {
		d.resumeHolder(d.costs.TimerOvershoot)
	}
}

func (d *driver) resumeHolder(latency sim.Time) {
	d.blocked = false
	d.sleep++
	d.thread(d.holder).Wake(latency)
}

// look is epoll_wait with timeout 0, if no other worker holds the driver. The result is the time that the look takes.
func (d *driver) look(worker int) sim.Time {
	if d.holder != noHolder {
		return 0
	}
	d.holder = worker
	d.nextWake = d.timers.next()
	return d.costs.DriverPoll
}

// wait is epoll_wait with the timeout of the wheel, by a worker that found the driver free: eventResume comes when the wait ends.
// The result is false if the worker does not sleep, because events or timers are due already.
func (d *driver) wait(worker int) bool {
	d.holder = worker
	d.nextWake = d.timers.next()
	now := floorTick(d.sim.Now())
	if d.poked || len(d.ready) > 0 || d.nextWake <= now {
		return false
	}
	d.blocked = true
	if d.nextWake != noTick {
		// epoll's timeout is a whole number of milliseconds from now (schedulers.md 1.11).
		timeout := sim.Time(d.nextWake-now) * tickLength
		d.sim.Schedule(d.sim.Now()+timeout, d.target, eventTimeout, d.sleep)
	}
	return true
}

// dispatch ends the holder's epoll_wait and frees the driver. It returns what to wake, in order: sockets, at most 1024 a
// turn, then timers. The slice is valid until the next dispatch.
//
// Tokio wakes timers in batches of 32 and lets go of the wheel's lock in between; a turn is an instant here, so nobody
// could get in between.
func (d *driver) dispatch() []scheduler.Waker {
	d.poked = false
	events := min(len(d.ready), maxEventsPerTurn)
	d.due = append(d.due[:0], d.ready[:events]...)
	d.ready = append(d.ready[:0], d.ready[events:]...)
	d.due = d.timers.expire(floorTick(d.sim.Now()), d.due)
	d.nextWake = d.timers.next()
	d.holder = noHolder
	return d.due
}

// addTimer registers a timer and returns its number and the cost beyond the insertion: a write to the eventfd if the timer is
// due before the time that the driver promised to look. It reports false if the timer is not registered because its tick has
// elapsed.
func (d *driver) addTimer(deadline sim.Time, w scheduler.Waker) (timer int32, spent sim.Time, waits bool) {
	tick := ceilTick(deadline)
	timer, waits = d.timers.insert(tick, w)
	if waits && tick < d.nextWake {
		spent = d.poke()
	}
	return timer, spent, waits
}
