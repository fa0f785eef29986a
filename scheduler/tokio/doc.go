// Package tokio models Tokio's multi_thread scheduler, version 1.53.
//
// Each worker owns a LIFO slot for one task and a run queue for 256. All workers share the inject queue, which takes tasks
// from outside and overflow, and one driver: the epoll instance and the timers, held by at most one worker at a time.
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
// The rules are those of schedulers.md (the design reference), sections 1.1 to 1.12, cited where they are applied.
//
// Not modelled yet: the timer wheel's levels (a timer fires at the same tick, without the extra wake-ups of a
// cascade), the blocking pool, block_in_place, current_thread, other versions than 1.53, and coop budget on anything
// but join handles.
package tokio
