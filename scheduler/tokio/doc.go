// SPDX-License-Identifier: Apache-2.0

// Package tokio models Tokio's two schedulers, multi_thread ([New]) and current_thread ([NewCurrentThread]), of the versions in
// [Versions], and thread per core ([NewPerCore]).
//
// Each worker of multi_thread owns a LIFO slot for one task and a run queue for 256. All workers share the inject queue, which
// takes tasks from outside and overflow, and one driver: the epoll instance and the timers, held by at most one worker at a time.
//
//	spawn, wake                          +------------- worker ------------+
//	from outside --> inject queue -----> | LIFO slot   run queue (256)     | --> poll
//	                  every gqi ticks,   |   ^ newest      ^ displaced,    |
//	                  or when dry        +---|-------------|---------------+
//	                                     spawn, wake    self-wake      | half, when dry
//	                                     by a task here                v
//	                                                             another worker
//
// The worker loop ([worker.phase] names its places). A tick takes one task: the LIFO slot first, then the run queue, and
// once every gqi ticks the inject queue before both. After the task the slot's next occupant is polled in the same tick, at most
// three times, so that two tasks that message each other stay on one core without starving the queue. A worker with nothing to do
// searches: it steals half of another worker's run queue, then looks at the inject queue, then parks. At most half of the
// workers search at once. Every 61 ticks it runs maintenance: a look at the driver and at the tasks that gave way.
//
// Waking is sparing: a worker is woken only if none searches, and the woken one counts as searching from that moment. The last
// searcher that finds work wakes the next, so a burst ramps up as a chain. The first worker to park sleeps in the driver; the
// rest sleep on condition variables. A task in a LIFO slot cannot be stolen: it waits for its worker, whatever the others do.
//
// Tasks give way in two ways: by yield_now, and when the 128 units of their tick's coop budget are spent on timers, sockets and
// join handles that were ready. Either way they wait for the next look at the driver, not merely for their turn.
//
// The driver's timers are a wheel of 1 ms ticks ([wheel]). A timer fires when the driver looks at or after its tick: up to
// 2 ms late on an idle runtime, later if every awake worker is inside a long poll. Long timers wake the driver on their way
// down the wheel, for nothing.
//
// [CurrentThread] is the same without the other workers: one FIFO, an inject queue, the driver. [PerCore] is several of them in a process,
// each with connections of its own.
//
// The rules are those of schedulers.md (the design reference), sections 1.1 to 1.12, 1.14 and 1.17, cited where they are applied. The
// table in rules_test.go names the test of each; removing the rule fails the test.
//
// What costs time is data, package cost. What nobody can see costs no event: the way to a poll and its first
// computation are one delay, and the bookkeeping after a task's end is paid with the next one.
//
// Blocking jobs go to the pool of package blocking and wake their tasks from outside. A task that blocks in place keeps its thread,
// and its worker goes on on one of the pool's (inplace.go).
//
// A task may also be the future that the main thread polls in block_on, beside the workers (blockon.go).
//
// Not modelled: what tells releases apart outside the scheduler's rules; LocalSet; the unstable eager driver handoff,
// alternative timer and sharded blocking queue. Unlike Tokio's, a timer more than two years ahead never delays those that are
// more than twelve days ahead.
//
// Package tokio is built on the engine, package internal/task, and on package blocking. Package models starts it by name.
package tokio
