// SPDX-License-Identifier: Apache-2.0

package cost

// The default parameters. Section 8 of docs/schedulers.md has the rows that the comments quote: "published" values were measured by the
// projects themselves, "here" on a 2-vCPU virtual machine, and those "to be calibrated" are a guess within the row's range. "Compared" values
// were chosen so that the models come near to what the real crates (tokio 1.53, async-executor 1.13) took for the same work on a virtual
// machine with 2 CPUs, in a first comparison; each of them is uncertain by a factor of 1.5 or so.
//
// internal/costfile/default.yaml shows the same as a file; a test there compares the two.

// DefaultParameters are those to simulate with. The source of each value stands beside it.
func DefaultParameters() Parameters {
	return Parameters{
		Tokio: Profile{
			// The overhead of a poll beside the task's own work: pop, dispatch, bookkeeping. Compared: 100 tasks that yield take 46-55 ns a
			// poll, with Wake and a share of DriverPoll in it (published for 2019: 73 ns).
			Poll: 35,
			// Paid by the task that spawns: allocation, registration, push. Compared: a chain of spawns takes 216-235 ns a task, with Poll
			// and Finish in it (published: 169 ns in 2019, 415-500 ns on other machines of 2026).
			Spawn: 150,
			// At a task's end: result, deregistration.
			Finish: 35,
			// For each task made runnable: state change and a push, "LIFO/runq push or pop", 5-15 ns (to be calibrated).
			Wake: 10,
			Hop:  Hop{Channel: 62, Wait: 10, Lock: 30, Join: 85},
			// A task on another worker: some cache lines of 50-80 ns each ("cache-cold penalty", 0.5-5 us for larger tasks); for each other
			// worker: 20-40 ns an operation with 2 threads here, 26-52 ns published (tokio#7944: spawns from 1 to 8 threads). Compared: to spawn
			// and join tasks takes 320 ns each on two workers, and 376 ns on one.
			Migration:  300,
			Contention: 50,
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
			// From the wake until the thread runs, log-normal: 9.7-10 us here, 3-6 us on bare metal, 6-20 us compared; sigma puts p99 at five
			// times the median, in the 20-45 us of the tail measured here.
			WakeLatency: Latency{Median: 6_000, Sigma: 0.7},
			// The same out of epoll: 10.3 us here; compared: about 6 us at light load, with DeepSleep in it.
			WakeDriverLatency: Latency{Median: 4_000, Sigma: 0.7},
			// A CPU that has slept for long sleeps deeper: a guess; Linux enters deeper states after some 100 us, and leaves them in 2-100 us.
			DeepSleep: DeepSleep{After: 500_000, Latency: 3_000},
			// From the creation of a thread of the blocking pool until it runs: "thread start", 50-62 us here, spawn and join; the sigma is a guess.
			ThreadStart: Latency{Median: 50_000, Sigma: 0.3},
			// To give the blocking pool a job: a task, a lock and a push (a guess: a spawn, and the 25 ns of a mutex with a queue here; a round
			// takes 3.7 us, published: tokio#7748). To create a thread: 10-20 us of its start, for clone (to be calibrated).
			BlockingSubmit: 200,
			ThreadCreate:   10_000,
			// Fork and exec of a small program, as the parent sees it: posix_spawn, 0.3-0.8 ms (to be calibrated).
			ProcessStart: 500_000,
			// A look at timers and sockets without sleeping, "epoll_wait(0)". Compared: a task that yields alone takes 334-420 ns a lap, with
			// Poll and Wake in it (1.1 us here, by another probe).
			DriverPoll: 330,
			// "Timer insert": 50-150 ns (to be calibrated).
			TimerInsert: 100,
			// How late the kernel ends a timed sleep: "OS timer overshoot", epoll_wait 55-60 us on bare metal (50 us of it timer slack).
			TimerOvershoot: 57_000,
		},
		// smol, and async-std before its additions.
		AsyncExecutor: Profile{
			// Compared: a task that yields alone takes 95 ns, with Wake, GlobalPop and a share of DriverPoll in it; a chain of spawns 194 ns
			// a task, with all of these (published: 200-245 ns, async-executor#108, #93).
			Poll:   45,
			Spawn:  75,
			Finish: 35,
			// Every wake pushes on the global queue: "global push/pop", 15-30 ns uncontended (to be calibrated).
			Wake: 25,
			// As Tokio's: the channels and mutexes are those of other crates, and were compared alike.
			Hop: Hop{Channel: 70, Wait: 150, Lock: 25, Join: 35},
			// As Tokio's. Compared: to spawn and join takes 424 ns a task on two threads, and 205 ns on one; but messages bear less.
			Migration:  300,
			Contention: 50,
			GlobalPop:  25,
			// "Steal attempt": 20-50 ns (to be calibrated).
			StealAttempt: 35,
			// "Steal of k tasks": 20 ns x k, a pop and a push each (to be calibrated).
			StealTask: 20,
			// Threads sleep and wake as Tokio's do.
			Park:              700,
			Unpark:            Latency{Median: 2_000, Sigma: 0.3},
			UnparkDriver:      Latency{Median: 2_200, Sigma: 0.3},
			WakeLatency:       Latency{Median: 6_000, Sigma: 0.7},
			WakeDriverLatency: Latency{Median: 4_000, Sigma: 0.7},
			// As Tokio's.
			DeepSleep: DeepSleep{After: 500_000, Latency: 3_000},
			// From the creation of a thread of the blocking pool until it runs: "thread start", 50-62 us here, spawn and join; the sigma is a guess.
			ThreadStart: Latency{Median: 50_000, Sigma: 0.3},
			// As Tokio's.
			BlockingSubmit: 200,
			ThreadCreate:   10_000,
			// Fork and exec, as Tokio's.
			ProcessStart: 500_000,
			// A turn of the reactor has two to four system calls more than Tokio's: "one I/O hop", +3 us to start with.
			DriverPoll: 4_000,
			// "Timer insert": 30 ns for the operation and 100-300 ns for the tree (to be calibrated).
			TimerInsert: 230,
			// "OS timer overshoot": timerfd, 55-72 us here, 5 us on bare metal. Compared: timers are 39-75 us late.
			TimerOvershoot: 40_000,
		},
		// What async-std adds to async-executor (section 3; to be calibrated).
		AsyncStd: Profile{
			// A task id and a wrapper with the task's name and locals: tens of nanoseconds.
			Spawn: 40,
			// The pointer to the current task, swapped in and out of a thread-local: "poll dispatch", 2-5 ns.
			Poll: 4,
			Hop:  Hop{Channel: 33, Wait: 120},
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
