// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/asyncexecutor"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/ideal"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/tokio"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

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
	},
	{
		name: semconv.RuntimeAsyncStd, crate: semconv.CrateAsyncStd,
		keys:     []string{"model", "version", "worker_threads", "max_blocking_threads"},
		versions: []string{"1.13"}, crateVersions: []string{"1.13.1"},
		workers: 4,
	},
	{
		name: semconv.RuntimeSmol, crate: semconv.CrateSmol,
		keys:     []string{"model", "version", "executor", "worker_threads", "thread_name", "max_blocking_threads"},
		versions: []string{"2.0"}, crateVersions: []string{"2.0.2"},
		workers: 1,
	},
	{
		// No real runtime: the baseline for the others. It has no versions to choose from.
		name: semconv.RuntimeIdeal, crate: semconv.CrateIdeal,
		keys:     []string{"model", "worker_threads"},
		versions: []string{"1.0"}, crateVersions: []string{"1.0.0"},
		workers: 4,
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
const longestInterval = 1_000_000

func readRuntime(v value) workload.RuntimeSpec {
	t, ok := v.anyTable()
	if !ok {
		return workload.RuntimeSpec{}
	}
	i := -1
	if model := t.child("model"); t.has("model") {
		i = model.choice(runtimeNames)
	} else {
		model.fail("missing; want " + oneOf(runtimeNames))
	}
	if i < 0 { // without the model there is no judging the rest
		t.allow(runtimeKeys)
		return workload.RuntimeSpec{}
	}
	model := &runtimeModels[i]
	model.allow(t)
	spec := workload.RuntimeSpec{
		Name: model.name, Crate: model.crate,
		Version: model.versions[0], CrateVersion: model.crateVersions[0],
		Workers: model.workers, ThreadName: model.threadName,
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
		spec.MaxBlockingThreads = t.child("max_blocking_threads").whole(mostBlockingThreads)
	}
	switch model.name {
	case semconv.RuntimeTokio:
		parseTokio(&spec, t)
	case semconv.RuntimeSmol:
		parseSmol(&spec, t)
	}
	return spec
}

// mostBlockingThreads is what the blocking crate accepts at most.
const mostBlockingThreads = 10_000

// executors are the ways to run tasks on smol, and which of them leave a choice of threads.
var executors = []struct {
	name    string
	threads bool // worker_threads
	named   bool // thread_name
}{
	{"global", true, false},
	{"main", false, false},
	{"threads", true, true},
	{"thread_per_task", false, true},
}

// parseSmol reads what only smol has.
func parseSmol(spec *workload.RuntimeSpec, t table) {
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
	spec.Executor = chosen.name
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
func lacks(spec *workload.RuntimeSpec, op program.Op) string {
	switch {
	case op == program.Signal && spec.Name == semconv.RuntimeSmol:
		return "runtime smol has no signal: its crate has no module for signals; want io for a socket that a signal handler writes to"
	case op == program.BlockInPlace && spec.Name != semconv.RuntimeTokio && spec.Name != "":
		return "runtime " + spec.Name + " has no block_in_place; want spawn_blocking, or block to hold the worker"
	case op == program.BlockInPlace && spec.Flavor == currentThread:
		return "flavor current_thread has no block_in_place: Tokio panics; want spawn_blocking, or flavor multi_thread"
	}
	return ""
}

// parseTokio reads what only Tokio has.
func parseTokio(spec *workload.RuntimeSpec, t table) {
	if t.has("flavor") {
		i := t.child("flavor").choice(tokioFlavors)
		if i >= 0 {
			spec.Flavor = tokioFlavors[i]
		}
	}
	if spec.Flavor == currentThread {
		spec.Workers = 1
		for _, key := range []string{"worker_threads", "thread_name", "disable_lifo_slot"} {
			if t.has(key) {
				t.child(key).fail("flavor current_thread has none; want it left out, or flavor multi_thread")
			}
		}
	}
	if t.has("disable_lifo_slot") {
		spec.DisableLIFOSlot = t.child("disable_lifo_slot").boolean()
	}
	if t.has("global_queue_interval") {
		spec.GlobalQueueInterval = uint32(t.child("global_queue_interval").whole(longestInterval)) //nolint:gosec // G115: at most longestInterval
	}
	if t.has("event_interval") {
		spec.EventInterval = uint32(t.child("event_interval").whole(longestInterval)) //nolint:gosec // G115: at most longestInterval
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

var hostForm = form{name: "host", means: "The machine that each instance has to itself.", keys: []key{
	{name: "cpus", takes: whole{mostCPUs}, missing: "a number of CPUs", means: "CPUs, which the threads share."},
}}

// readHost reads the machine of the service's instances.
func readHost(v value, spec *workload.RuntimeSpec) (cpus int) {
	if spec.Name == semconv.RuntimeIdeal {
		v.fail("runtime ideal has no host: its workers need no CPU; want it left out")
		return 0
	}
	if t, ok := v.table(&hostForm); ok {
		t.whole("cpus", &cpus)
	}
	return cpus
}
