// SPDX-License-Identifier: Apache-2.0

package models

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/asyncexecutor"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/blocking"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/ideal"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/tokio"
)

// mostWorkers is what every model can run, so that a service can move from one runtime to another.
const mostWorkers = min(tokio.MaxWorkers, asyncexecutor.MaxThreads, ideal.MaxWorkers)

// flavorKey is the setting that chooses among schedulers of one runtime.
const flavorKey = "flavor"

// The settings that several models have.

func versionKey(of []Version) Key {
	var names []string
	for _, v := range of {
		names = append(names, v.Name)
	}
	return Key{
		Name: "version", Kind: Choice, Choices: names,
		Doc:  "The version that is simulated.",
		Text: func(c *Config) *string { return &c.Version },
	}
}

func workersKey(doc string) Key {
	return Key{
		Name: "worker_threads", Kind: Whole, Most: mostWorkers, Doc: doc,
		Int: func(c *Config) *int { return &c.Workers },
	}
}

func threadNameKey(doc string) Key {
	return Key{
		Name: "thread_name", Kind: Text, Doc: doc,
		Text: func(c *Config) *string { return &c.ThreadName },
	}
}

func blockingKey(doc string) Key {
	return Key{
		Name: "max_blocking_threads", Kind: Whole, Most: blocking.MaxThreads, Doc: doc,
		Int: func(c *Config) *int { return &c.MaxBlockingThreads },
	}
}

func blockingVersionKey() Key {
	return Key{
		Name: "blocking_version", Kind: Choice, Choices: blocking.CrateVersions(),
		Doc:  "The version of the crate blocking, whose threads run blocking code: up to 1.6 they end after half a second without a job, since 1.7 they stay.",
		Text: func(c *Config) *string { return &c.BlockingVersion },
	}
}

// noBlockInPlace is why no runtime but Tokio has block_in_place; empty for other steps.
func noBlockInPlace(name string, op program.Op) string {
	if op != program.BlockInPlace {
		return ""
	}
	return "runtime " + name + " has no block_in_place; want spawn_blocking, or block to hold the worker"
}
