// SPDX-License-Identifier: Apache-2.0

package models

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/tokio"
)

// The flavors of Tokio.
const (
	multiThread   = "multi_thread"
	currentThread = "current_thread"
	perCore       = "tokio_per_core"
)

func tokioModel() *Model {
	versions := []Version{{"1.53", "1.53.1"}, {"1.51.0", "1.51.0"}, {"1.50", "1.50.0"}}
	return &Model{
		Name: "tokio", Crate: "tokio", Versions: versions,
		Threads: Threads{Count: 4, Available: true, Name: "tokio-rt-worker"},
		Keys: []Key{
			versionKey(versions),
			{
				Name: flavorKey, Kind: Choice, Choices: []string{multiThread, currentThread, perCore},
				Doc:  "Whether several threads share the tasks, the main thread runs them alone, or each of several threads runs those of its own connections.",
				Text: func(c *Config) *string { return &c.Flavor },
			},
			workersKey("The number of worker threads; of tokio_per_core the number of cores, each a runtime of one thread."),
			threadNameKey("The name of all threads of the runtime, those for blocking code included."),
			{
				Name: "disable_lifo_slot", Kind: Bool,
				Doc:  "Queues what a worker makes runnable behind the rest of its run queue: messages take longer, and others can steal the task.",
				Bool: func(c *Config) *bool { return &c.DisableLIFOSlot },
			},
			{
				Name: "global_queue_interval", Kind: Whole, Most: tokio.LongestInterval,
				Doc: "The ticks after which a worker looks at the inject queue before its own: fewer serve tasks from outside sooner and lock the queue more often. " +
					"Without the setting the mean time of polls decides; 31 for current_thread and tokio_per_core.",
				Int: func(c *Config) *int { return &c.GlobalQueueInterval },
			},
			{
				Name: "event_interval", Kind: Whole, Most: tokio.LongestInterval,
				Doc: "The ticks after which a busy worker looks at timers and sockets: fewer serve these sooner and call epoll_wait more often. Without the setting 61.",
				Int: func(c *Config) *int { return &c.EventInterval },
			},
			blockingKey("The most threads for blocking code beside the workers, of tokio_per_core on each core: fewer take less memory, and closures wait longer. Without the setting 512."),
		},
		settle: settleTokio,
		lacks: func(c *Config, op program.Op) string {
			if op == program.BlockInPlace && (c.Flavor == currentThread || c.Flavor == perCore) {
				return "flavor " + c.Flavor + " has no block_in_place: Tokio panics; want spawn_blocking, or flavor multi_thread"
			}
			return ""
		},
		start: startTokio,
	}
}

// settleTokio: current_thread has one worker, the main thread, and none of what belongs to several. tokio_per_core is several of these, whose
// threads are named after their cores.
func settleTokio(c *Config, set func(key string) bool) (mistakes []Mistake) {
	var none []string
	switch c.Flavor {
	case currentThread:
		c.Workers = 1
		none = []string{"worker_threads", "thread_name", "disable_lifo_slot"}
	case perCore:
		none = []string{"thread_name", "disable_lifo_slot"}
	}
	for _, key := range none {
		if set(key) {
			mistakes = append(mistakes, Mistake{key, "flavor " + c.Flavor + " has none; want it left out, or flavor multi_thread"})
		}
	}
	return mistakes
}

func startTokio(s *sim.Simulation, c *Config, costs *cost.Set, o scheduler.Observer) (scheduler.Runtime, error) {
	cfg := tokio.Config{
		Workers: c.Workers, ThreadName: c.ThreadName, Version: c.Version,
		DisableLIFOSlot: c.DisableLIFOSlot, GlobalQueueInterval: c.GlobalQueueInterval, EventInterval: c.EventInterval,
		MaxBlockingThreads: c.MaxBlockingThreads, Process: c.Process, Costs: costs.Tokio, Seed: c.Seed,
	}
	switch c.Flavor {
	case currentThread:
		return erase(tokio.NewCurrentThread(s, cfg, o))
	case perCore:
		return erase(tokio.NewPerCore(s, cfg, o))
	default:
		return erase(tokio.New(s, cfg, o))
	}
}
