// SPDX-License-Identifier: Apache-2.0

package cost

// The default parameters. Section 8 of the design reference, schedulers.md, has the rows that the comments quote: "published" values
// were measured by the projects themselves, "here" on a 2-vCPU virtual machine, and those "to be calibrated" are a guess within the
// row's range. Bare metal wakes threads two to three times faster than the virtual machine; the default lies between the two.
//
// internal/costfile/default.yaml shows the same as a file; a test there compares the two.

// DefaultParameters are those to simulate with. The source of each value stands beside it.
func DefaultParameters() Parameters {
	return Parameters{
		Tokio: Profile{
			// Spawn + first poll + finish from a worker: 169 ns (published: tokio.rs blog, 2019-10), divided among the three. Poll is the
			// overhead of a poll beside the task's own work: pop, dispatch, bookkeeping (50-100 ns, to be calibrated; at most 73 ns
			// by yield_many of the same blog).
			Poll: 60,
			// Paid by the task that spawns: allocation, registration, push.
			Spawn: 80,
			// At a task's end: result, deregistration.
			Finish: 30,
			// For each task made runnable: state change and a push of 5-15 ns ("LIFO/runq push or pop", to be calibrated).
			Wake: 15,
			// For each operation on a channel, a mutex or a join handle: not measured yet.
			Hop: 0,
			// Of a task that moves to another worker, and of what workers share: not measured yet.
			Migration:  0,
			Contention: 0,
			// A take from the inject queue: "inject push/pop (uncontended mutex)", 25 ns here.
			GlobalPop: 25,
			// For each victim looked at: "steal attempt, empty victim", 10-30 ns (to be calibrated).
			StealAttempt: 20,
			// In addition for each task taken: "steal of k tasks", 5 ns x k (to be calibrated).
			StealTask: 5,
			// The way to sleep: "park entry (lock, list, state)", 0.5-1 us (to be calibrated).
			Park: 700,
			// Paid by the waker of a thread that sleeps on a condvar: 1.6-5.8 us here, 1-2 us on bare metal; log-normal, sigma a guess.
			Unpark: Latency{Median: 2_000, Sigma: 0.3},
			// The same for a thread in epoll, by a write to the eventfd: 6.3 us here, scaled like the row before.
			UnparkDriver: Latency{Median: 2_200, Sigma: 0.3},
			// From the wake until the thread runs, log-normal: 9.7-10 us here, 3-6 us on bare metal; sigma puts p99 at five
			// times the median, in the 20-45 us of the tail measured there.
			WakeLatency: Latency{Median: 5_000, Sigma: 0.7},
			// The same out of epoll: 10.3 us here, scaled.
			WakeDriverLatency: Latency{Median: 5_500, Sigma: 0.7},
			// Of a CPU that has slept for long: not measured yet.
			DeepSleep: DeepSleep{},
			// From the creation of a thread of the blocking pool until it runs: "thread start", 50-62 us here, spawn and join; the sigma is a guess.
			ThreadStart: Latency{Median: 50_000, Sigma: 0.3},
			// To give the blocking pool a job, and to create a thread: not measured yet.
			BlockingSubmit: 0,
			ThreadCreate:   0,
			// Fork and exec of a small program, as the parent sees it: posix_spawn, 0.3-0.8 ms (to be calibrated).
			ProcessStart: 500_000,
			// A look at timers and sockets without sleeping: "epoll_wait(0)", 1.1 us here.
			DriverPoll: 1_100,
			// "Timer insert": 50-150 ns (to be calibrated).
			TimerInsert: 100,
			// How late the kernel ends a timed sleep: "OS timer overshoot", epoll_wait 55-60 us on bare metal (50 us of it timer slack).
			TimerOvershoot: 57_000,
		},
		// smol, and async-std before its additions.
		AsyncExecutor: Profile{
			// Spawn + first poll + finish from a worker: 200-245 ns (published: async-executor#108, #93), divided among the three.
			Poll:   70,
			Spawn:  100,
			Finish: 40,
			// Every wake pushes on the global queue: "global push/pop", 15-30 ns uncontended (to be calibrated).
			Wake: 30,
			// Not measured yet.
			Hop: 0,
			// Not measured yet.
			Migration:  0,
			Contention: 0,
			GlobalPop:  30,
			// "Steal attempt": 20-50 ns (to be calibrated).
			StealAttempt: 35,
			// "Steal of k tasks": 20 ns x k, a pop and a push each (to be calibrated).
			StealTask: 20,
			// Threads sleep and wake as Tokio's do.
			Park:              700,
			Unpark:            Latency{Median: 2_000, Sigma: 0.3},
			UnparkDriver:      Latency{Median: 2_200, Sigma: 0.3},
			WakeLatency:       Latency{Median: 5_000, Sigma: 0.7},
			WakeDriverLatency: Latency{Median: 5_500, Sigma: 0.7},
			// Of a CPU that has slept for long: not measured yet.
			DeepSleep: DeepSleep{},
			// From the creation of a thread of the blocking pool until it runs: "thread start", 50-62 us here, spawn and join; the sigma is a guess.
			ThreadStart: Latency{Median: 50_000, Sigma: 0.3},
			// Not measured yet.
			BlockingSubmit: 0,
			ThreadCreate:   0,
			// Fork and exec, as Tokio's.
			ProcessStart: 500_000,
			// A turn of the reactor has two to four system calls more than Tokio's: "one I/O hop", +3 us to start with.
			DriverPoll: 4_000,
			// "Timer insert": 30 ns for the operation and 100-300 ns for the tree (to be calibrated).
			TimerInsert: 230,
			// "OS timer overshoot": timerfd, 5 us on bare metal.
			TimerOvershoot: 5_000,
		},
		// What async-std adds to async-executor (section 3; to be calibrated).
		AsyncStd: Profile{
			// A task id and a wrapper with the task's name and locals: tens of nanoseconds.
			Spawn: 40,
			// The pointer to the current task, swapped in and out of a thread-local: "poll dispatch", 2-5 ns.
			Poll: 4,
			// Its threads wake like any other.
			WakeLatency: Latency{Median: 0},
		},
		// What smol adds to async-executor: nothing is known.
		Smol: Profile{},
	}
}

// Default returns the default profile: DefaultParameters.
func Default() Set {
	p := DefaultParameters()
	return p.Set()
}

// Tokio is the default profile of the Tokio models: Default().Tokio.
func Tokio() Profile { return Default().Tokio }

// AsyncExecutor is the default profile of async-executor with the async-io reactor: Default().AsyncExecutor.
func AsyncExecutor() Profile { return Default().AsyncExecutor }
