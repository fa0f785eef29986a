// SPDX-License-Identifier: Apache-2.0

package models

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/asyncstd"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

func asyncStdModel() *Model {
	const name = "async_std"
	versions := []Version{{"1.13", "1.13.1"}}
	return &Model{
		Name: name, Crate: "async-std", Versions: versions,
		Threads: Threads{Count: 4, Available: true},
		Keys: []Key{
			versionKey(versions),
			workersKey("The number of executor threads (ASYNC_STD_THREAD_COUNT)."),
			blockingKey("The most threads for blocking code (BLOCKING_MAX_THREADS): fewer take less memory, and closures wait longer. Without the setting 500."),
			blockingVersionKey(),
		},
		lacks: func(_ *Config, op program.Op) string { return noBlockInPlace(name, op) },
		start: func(s *sim.Simulation, c *Config, costs *cost.Set, o scheduler.Observer) (scheduler.Runtime, error) {
			return erase(asyncstd.New(s, asyncstd.Config{
				Threads: c.Workers, MaxBlockingThreads: c.MaxBlockingThreads, BlockingVersion: c.BlockingVersion, Process: c.Process, Costs: costs.AsyncStd, Seed: c.Seed,
			}, o))
		},
	}
}
