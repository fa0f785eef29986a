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
)

func tokioModel() *Model {
	versions := []Version{{"1.53", "1.53.1"}, {"1.51.0", "1.51.0"}, {"1.50", "1.50.0"}}
	return &Model{
		Name: "tokio", Crate: "tokio", Versions: versions,
		Threads: Threads{Count: 4, Name: "tokio-rt-worker"},
		Keys: []Key{
			versionKey(versions),
			{
				Name: "flavor", Kind: Choice, Choices: []string{multiThread, currentThread},
				Doc:  "Whether several threads run tasks, or the main thread alone.",
				Text: func(c *Config) *string { return &c.Flavor },
			},
			workersKey("The number of worker threads."),
			threadNameKey("The name of all threads of the runtime, those for blocking code included."),
			{
				Name: "disable_lifo_slot", Kind: Bool,
				Doc:  "Queues what a worker makes runnable behind the rest of its run queue: messages take longer, and others can steal the task.",
				Bool: func(c *Config) *bool { return &c.DisableLIFOSlot },
			},
			{
				Name: "global_queue_interval", Kind: Whole, Most: tokio.LongestInterval,
				Doc: "The ticks after which a worker looks at the inject queue before its own: fewer serve tasks from outside sooner and lock the queue more often. " +
					"Without the setting the mean time of polls decides; 31 for current_thread.",
				Int: func(c *Config) *int { return &c.GlobalQueueInterval },
			},
			{
				Name: "event_interval", Kind: Whole, Most: tokio.LongestInterval,
				Doc: "The ticks after which a busy worker looks at timers and sockets: fewer serve these sooner and call epoll_wait more often. Without the setting 61.",
				Int: func(c *Config) *int { return &c.EventInterval },
			},
			blockingKey("The most threads for blocking code beside the workers: fewer take less memory, and closures wait longer. Without the setting 512."),
		},
		settle: settleTokio,
		lacks: func(c *Config, op program.Op) string {
			if op == program.BlockInPlace && c.Flavor == currentThread {
				return "flavor current_thread has no block_in_place: Tokio panics; want spawn_blocking, or flavor multi_thread"
			}
			return ""
		},
		start: startTokio,
	}
}

// settleTokio: current_thread has one worker, the main thread, and none of what belongs to several.
func settleTokio(c *Config, set func(key string) bool) (mistakes []Mistake) {
	if c.Flavor != currentThread {
		return nil
	}
	c.Workers = 1
	for _, key := range []string{"worker_threads", "thread_name", "disable_lifo_slot"} {
		if set(key) {
			mistakes = append(mistakes, Mistake{key, "flavor current_thread has none; want it left out, or flavor multi_thread"})
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
	if c.Flavor == currentThread {
		return erase(tokio.NewCurrentThread(s, cfg, o))
	}
	return erase(tokio.New(s, cfg, o))
}
