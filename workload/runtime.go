// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"fmt"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/asyncexecutor"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/asyncstd"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/blocking"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/ideal"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/smol"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/tokio"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// RuntimeSpec says which runtime a service runs on.
type RuntimeSpec struct {
	// Name is the value of async_runtime.name: one of semconv.RuntimeTokio, RuntimeAsyncStd, RuntimeSmol, RuntimeIdeal.
	Name string
	// Version of the model, such as 1.53.
	Version string
	// Crate and CrateVersion are the values of process.runtime.name and process.runtime.version, such as tokio and 1.53.1.
	Crate, CrateVersion string
	// Workers is the number of executor threads, at least 1.
	Workers int
	// ThreadName is the name of Tokio's threads, or of the threads that a program runs a smol executor on; empty: the runtime
	// names its threads itself.
	ThreadName string
	// Costs is what the primitives of each runtime cost; nil: cost.Default. Parse leaves it nil. Set before Play, it holds for the
	// instances played from then on. On the ideal runtime nothing costs anything.
	Costs *cost.Set

	// CPUs of the machine that each instance has to itself; 0: one for each thread.
	CPUs int

	tokio         tokio.Config // what only Tokio has
	currentThread bool         // Tokio's flavor
	blocking      int          // most threads of the blocking pool; 0: the runtime's default
	composition   asyncexecutor.Composition
	start         func(s *sim.Simulation, spec *RuntimeSpec, p *process.Process, seed uint64, o scheduler.Observer) scheduler.Runtime
}

// mustStart hands on a runtime. Parse keeps all settings within the bounds of the models.
func mustStart[R scheduler.Runtime](rt R, err error) R {
	if err != nil {
		panic(fmt.Sprintf("workload: %v", err))
	}
	return rt
}

// costs of the runtimes.
func (spec *RuntimeSpec) costs() cost.Set {
	if spec.Costs == nil {
		return cost.Default()
	}
	return *spec.Costs
}

// process makes the process of an instance, with its machine.
func (spec *RuntimeSpec) process(s *sim.Simulation) *process.Process {
	if spec.CPUs == 0 {
		return &process.Process{}
	}
	return &process.Process{Host: host.New(s, host.Config{CPUs: spec.CPUs})}
}

const mostWorkers = min(tokio.MaxWorkers, asyncexecutor.MaxThreads, ideal.MaxWorkers)

// runtimeModel is what a value of runtime.model means.
type runtimeModel struct {
	name     string // in YAML and in async_runtime.name
	crate    string
	keys     []string
	versions []string // the first is the default
	// crateVersions are the releases that the versions model, in the same order.
	crateVersions []string
	workers       int // default
	threadName    string
	start         func(s *sim.Simulation, spec *RuntimeSpec, p *process.Process, seed uint64, o scheduler.Observer) scheduler.Runtime
}

var runtimeModels = []runtimeModel{
	{
		name: semconv.RuntimeTokio, crate: semconv.CrateTokio,
		keys: []string{
			"model", "version", "flavor", "worker_threads", "thread_name",
			"disable_lifo_slot", "global_queue_interval", "event_interval", "max_blocking_threads",
		},
		versions: []string{"1.53", "1.51.0", "1.50"}, crateVersions: []string{"1.53.1", "1.51.0", "1.50.0"},
		workers: 4, threadName: semconv.ThreadTokio,
		start: func(s *sim.Simulation, spec *RuntimeSpec, p *process.Process, seed uint64, o scheduler.Observer) scheduler.Runtime {
			cfg := spec.tokio
			cfg.Workers, cfg.ThreadName, cfg.Version = spec.Workers, spec.ThreadName, spec.Version
			cfg.MaxBlockingThreads, cfg.Process = spec.blocking, p
			cfg.Costs, cfg.Seed = spec.costs().Tokio, seed
			if spec.currentThread {
				return mustStart(tokio.NewCurrentThread(s, cfg, o))
			}
			return mustStart(tokio.New(s, cfg, o))
		},
	},
	{
		name: semconv.RuntimeAsyncStd, crate: semconv.CrateAsyncStd,
		keys:     []string{"model", "version", "worker_threads", "max_blocking_threads"},
		versions: []string{"1.13"}, crateVersions: []string{"1.13.1"},
		workers: 4,
		start: func(s *sim.Simulation, spec *RuntimeSpec, p *process.Process, seed uint64, o scheduler.Observer) scheduler.Runtime {
			return mustStart(asyncstd.New(s, asyncstd.Config{
				Threads: spec.Workers, MaxBlockingThreads: spec.blocking, Process: p,
				Costs: spec.costs().AsyncStd, Seed: seed,
			}, o))
		},
	},
	{
		name: semconv.RuntimeSmol, crate: semconv.CrateSmol,
		keys:     []string{"model", "version", "executor", "worker_threads", "thread_name", "max_blocking_threads"},
		versions: []string{"2.0"}, crateVersions: []string{"2.0.2"},
		workers: 1,
		start: func(s *sim.Simulation, spec *RuntimeSpec, p *process.Process, seed uint64, o scheduler.Observer) scheduler.Runtime {
			return mustStart(smol.New(s, smol.Config{
				Composition: spec.composition, Threads: spec.Workers, ThreadName: spec.ThreadName,
				MaxBlockingThreads: spec.blocking, Process: p, Costs: spec.costs().Smol, Seed: seed,
			}, o))
		},
	},
	{
		// No real runtime: the baseline for the others. It has no versions to choose from.
		name: semconv.RuntimeIdeal, crate: semconv.CrateIdeal,
		keys:     []string{"model", "worker_threads"},
		versions: []string{"1.0"}, crateVersions: []string{"1.0.0"},
		workers: 4,
		start: func(s *sim.Simulation, spec *RuntimeSpec, p *process.Process, _ uint64, o scheduler.Observer) scheduler.Runtime {
			return mustStart(ideal.New(s, ideal.Config{Workers: spec.Workers, Process: p}, o))
		},
	},
}

// The values and keys of all models, for error messages.
var runtimeNames, runtimeKeys = func() (names, keys []string) {
	for _, m := range runtimeModels {
		names = append(names, m.name)
		for _, key := range m.keys {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return names, keys
}()

const (
	multiThread   = "multi_thread"
	currentThread = "current_thread"
)

var tokioFlavors = []string{multiThread, currentThread}

// longestInterval bounds Tokio's intervals, in ticks: beyond it a queue or the driver would be as good as never looked at.
const longestInterval = tokio.LongestInterval

func parseRuntime(v value) RuntimeSpec {
	t, ok := v.anyTable()
	if !ok {
		return RuntimeSpec{}
	}
	i := -1
	if model, ok := t.required("model", oneOf(runtimeNames)); ok {
		i = model.choice(runtimeNames)
	}
	if i < 0 { // without the model there is no judging the rest
		t.allow(runtimeKeys)
		return RuntimeSpec{}
	}
	model := &runtimeModels[i]
	model.allow(t)
	spec := RuntimeSpec{
		Name: model.name, Crate: model.crate,
		Version: model.versions[0], CrateVersion: model.crateVersions[0],
		Workers: model.workers, ThreadName: model.threadName,
		start: model.start,
	}
	if model.has("version") && t.has("version") {
		if i := t.child("version").choice(model.versions); i >= 0 {
			spec.Version, spec.CrateVersion = model.versions[i], model.crateVersions[i]
		}
	}
	if t.has("worker_threads") {
		spec.Workers = t.child("worker_threads").whole(mostWorkers)
	}
	if model.has("thread_name") && t.has("thread_name") {
		spec.ThreadName = t.child("thread_name").text()
	}
	if model.has("max_blocking_threads") && t.has("max_blocking_threads") {
		spec.blocking = t.child("max_blocking_threads").whole(mostBlockingThreads)
	}
	switch model.name {
	case semconv.RuntimeTokio:
		spec.parseTokio(t)
	case semconv.RuntimeSmol:
		spec.parseSmol(t)
	}
	return spec
}

// mostBlockingThreads is what the blocking crate accepts at most.
const mostBlockingThreads = blocking.MaxThreads

// executors are the ways to run tasks on smol, and which of them leave a choice of threads.
var executors = []struct {
	name        string
	composition asyncexecutor.Composition
	threads     bool // worker_threads
	named       bool // thread_name
}{
	{"global", asyncexecutor.Pool, true, false},
	{"main", asyncexecutor.Main, false, false},
	{"threads", asyncexecutor.Pool, true, true},
	{"thread_per_task", asyncexecutor.ThreadPerTask, false, true},
}

// parseSmol reads what only smol has.
func (spec *RuntimeSpec) parseSmol(t table) {
	names := make([]string, len(executors))
	for i := range executors {
		names[i] = executors[i].name
	}
	chosen := &executors[0]
	if t.has("executor") {
		i := t.child("executor").choice(names)
		if i < 0 {
			return
		}
		chosen = &executors[i]
	}
	spec.composition = chosen.composition
	if !chosen.threads && t.has("worker_threads") {
		t.child("worker_threads").fail("executor " + chosen.name + " has no choice of threads; want it left out, or executor global or threads")
	}
	switch {
	case !chosen.named && t.has("thread_name"):
		t.child("thread_name").fail("executor " + chosen.name + " names its threads itself; want it left out, or executor threads or thread_per_task")
	case chosen.name == "threads" && !t.has("thread_name"):
		t.child("thread_name").fail("missing; want the name that the program gives its threads")
	}
}

// lacks says why the runtime does not have a step; empty: it has it.
func (spec *RuntimeSpec) lacks(op program.Op) string {
	switch {
	case op == program.Signal && spec.Name == semconv.RuntimeSmol:
		return "runtime smol has no signal: its crate has no module for signals; want io for a socket that a signal handler writes to"
	case op == program.BlockInPlace && spec.Name != semconv.RuntimeTokio && spec.Name != "":
		return "runtime " + spec.Name + " has no block_in_place; want spawn_blocking, or block to hold the worker"
	case op == program.BlockInPlace && spec.currentThread:
		return "flavor current_thread has no block_in_place: Tokio panics; want spawn_blocking, or flavor multi_thread"
	}
	return ""
}

// parseTokio reads what only Tokio has.
func (spec *RuntimeSpec) parseTokio(t table) {
	if t.has("flavor") {
		i := t.child("flavor").choice(tokioFlavors)
		spec.currentThread = i >= 0 && tokioFlavors[i] == currentThread
	}
	if spec.currentThread {
		spec.Workers = 1
		for _, key := range []string{"worker_threads", "thread_name", "disable_lifo_slot"} {
			if t.has(key) {
				t.child(key).fail("flavor current_thread has none; want it left out, or flavor multi_thread")
			}
		}
	}
	if t.has("disable_lifo_slot") {
		spec.tokio.DisableLIFOSlot = t.child("disable_lifo_slot").boolean()
	}
	if t.has("global_queue_interval") {
		spec.tokio.GlobalQueueInterval = t.child("global_queue_interval").whole(longestInterval)
	}
	if t.has("event_interval") {
		spec.tokio.EventInterval = t.child("event_interval").whole(longestInterval)
	}
}

func (m *runtimeModel) has(key string) bool { return slices.Contains(m.keys, key) }

// allow notes the keys that the model does not have.
func (m *runtimeModel) allow(t table) {
	for _, key := range t.keys() {
		switch {
		case m.has(key):
		case slices.Contains(runtimeKeys, key):
			t.child(key).fail(fmt.Sprintf("runtime %s has no %s; want %s", m.name, key, oneOf(m.keys)))
		default:
			t.unknown("key", key, m.keys)
		}
	}
}

const mostCPUs = 4096

var hostKeys = []string{"cpus"}

// parseHost reads the machine of the service's instances.
func (spec *RuntimeSpec) parseHost(v value) {
	if spec.Name == semconv.RuntimeIdeal {
		v.fail("runtime ideal has no host: its workers need no CPU; want it left out")
		return
	}
	t, ok := v.table(hostKeys)
	if !ok {
		return
	}
	if cpus, ok := t.required("cpus", "a number of CPUs"); ok {
		spec.CPUs = cpus.whole(mostCPUs)
	}
}
