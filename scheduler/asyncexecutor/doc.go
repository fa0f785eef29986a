// SPDX-License-Identifier: Apache-2.0

// Package asyncexecutor models async-executor 1.13, the engine of smol and of async-std, with the reactor of async-io 2.6 under it.
//
// All tasks of an executor share one global FIFO. A task goes to its tail whenever it becomes runnable: spawned, woken or
// yielding, by whatever thread. The executor has no threads of its own: each thread that calls run is a runner, with a local
// FIFO of 512 tasks that it fills only by taking from others.
//
//	spawn, wake, yield                    +--------- runner ----------+
//	by any thread --> global FIFO ------> | local FIFO (512)          | --> poll, 200 to a round
//	      |           one, and half of    |    ^                      |
//	      |           what is left        +----|----------------------+
//	      |                                    | half, when all else is empty
//	      |                               another runner's local FIFO
//	      +-- notify --> sleepers (a stack of runners that found nothing)
//
// A runner looks for its next task in its local queue; then in the global queue, where it takes the head to run it and
// moves half of the rest (rounded up) to its local queue; then in the other runners' queues, from a random one on, where it moves the
// older half (rounded up) of the first that has any. Once every 64 tasks it also moves half of the global queue
// to its own. Tasks only ever move from head to tail, so one runner alone runs them in the exact order of their wakes.
//
// A runner that finds nothing registers as a sleeper, searches once more, and sleeps. Every push, and also every task found,
// notifies: the sleeper registered last is woken, unless one was notified already and has not acted. So runners wake one
// after the other, and a single task that comes to an idle executor wakes two: one that runs it, one that finds nothing and sleeps
// again (schedulers.md 2.4).
//
// Under the runner is block_on, where its thread sleeps (schedulers.md 4.3). The first thread to have nothing to do takes the
// reactor's lock and sleeps in epoll; the others park. Whoever holds the lock wakes the tasks of expired timers and of ready
// sockets, which go to the global queue as ever. After each round of 200 tasks a thread takes one look at the reactor, if it is
// free. A thread that has been in epoll for more than 500 us and is woken without work of its own gives the
// lock up, unparks the helper thread `async-io`, and parks. The helper polls the reactor when nobody else does: it looks
// every 50 us at first, then less often, up to 10 ms, and after ten fruitless looks it blocks on the lock. So when
// all threads are in long polls, timers and sockets wait for the helper's next look. Timers have the clock's resolution; registering one
// always gets the thread in epoll out of it, to compute its timeout anew (schedulers.md 4.2).
//
// The code is a state machine per thread. [phase] names the places of a runner's thread, stage those of a turn of the reactor,
// helperPhase those of the helper. What happens at a place takes effect at one instant; what it costs passes before the
// next place, and other threads act meanwhile. A task counts as runnable from its wake on, and is in the queue when the waker
// has paid for the push. A poll lasts from the first step of a task to the one that ends it, with the cost of spawning and of
// registering timers in it; looking for tasks, waking runners for them, and finishing them are outside.
//
// A program may also poll a future of its own under run, before the tasks ([Composition]). A timer that nobody waits for any more
// stays in the heap until it comes first or such timers are more than half; the thread in epoll does not learn that its
// deadline is gone.
//
// Left out: executors local to a thread, and the bound of 1000 on timer operations between two turns, which only moves work
// from one thread to another.
//
// Package asyncexecutor is built on the engine, package internal/task, and on package blocking. Packages smol and asyncstd are what users of
// the models start.
package asyncexecutor
