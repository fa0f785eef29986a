// SPDX-License-Identifier: Apache-2.0

package semconv

import (
	"fmt"
	"strings"
)

// Values of async_runtime.name.
const (
	RuntimeTokio    = "tokio"
	RuntimeAsyncStd = "async_std"
	RuntimeSmol     = "smol"
	// RuntimeIdeal is no real runtime: the baseline that simulated ones are compared with.
	RuntimeIdeal = "ideal"
)

// Values of process.runtime.name: the crates' own names.
const (
	CrateTokio    = "tokio"
	CrateAsyncStd = "async-std"
	CrateSmol     = "smol"
	// CrateIdeal stands where the others have a crate; there is none.
	CrateIdeal = "ideal"
)

// Thread names as the runtimes give them by default.
const (
	// ThreadMain is the thread that runs main: it accepts requests and is no worker.
	ThreadMain = "main"
	// ThreadTokio names Tokio's workers and blocking threads since 1.50.
	ThreadTokio = "tokio-rt-worker"
	// ThreadTokioOld is the name before 1.50; Linux shows 15 characters of it.
	ThreadTokioOld = "tokio-runtime-worker"
	// ThreadRocket names the workers that Rocket starts.
	ThreadRocket = "rocket-worker-thread"
	// ThreadActixPrefix begins the names of Actix's threads, each of which is a runtime of one thread: actix-rt|system:0|arbiter:1. Linux
	// shows this much of it.
	ThreadActixPrefix = "actix-rt|system"
	// ThreadAsyncStd names every async-std executor thread.
	ThreadAsyncStd = "async-std/runtime"
	// ThreadSmolPrefix and a number from 1 name the threads of smol's global executor.
	ThreadSmolPrefix = "smol-"
	// ThreadBlockingPrefix and a number from 1 name the threads of the blocking crate's pool, which smol and async-std use.
	ThreadBlockingPrefix = "blocking-"
	// ThreadIdeal names every worker of the ideal runtime.
	ThreadIdeal = "ideal-worker"
)

// AsyncRuntime is one async runtime: its names, and what gives it away in telemetry.
type AsyncRuntime struct {
	Name  string // value of async_runtime.name
	Crate string // value of process.runtime.name
	// Baseline: no service runs on it. It is simulated, so that real runtimes can be compared with it.
	Baseline bool
	// Successor is the runtime that the users of a discontinued one are sent to.
	Successor string
	// Threads are the names of its worker threads, where the program does not choose others.
	Threads []ThreadPattern
	// Arbiters are the names of threads that each run tasks of their own: no other thread may run them.
	Arbiters []ThreadPattern
	// Blocking are the names of the threads that are there to block, where these differ from the names of workers.
	Blocking []ThreadPattern
	// Frameworks are the crates that run on this runtime only, and those that instrument them. Instrumentation scopes have their names,
	// and the targets and modules of the spans that they make begin with them.
	Frameworks []string
	// Servers are those of the frameworks whose spans stand for requests that a server was sent.
	Servers []string
	// Metrics are what the names of metrics begin with that only a process with this runtime sends.
	Metrics []string
}

// ThreadPattern is how threads are called that are there for one purpose.
type ThreadPattern struct {
	Name string
	// Numbered: a number from 1 follows the name.
	Numbered bool
	// Begins: anything may follow the name.
	Begins bool
}

// linuxThreadName is how many characters of a thread's name Linux keeps. Who asks the kernel for the name gets no more.
const linuxThreadName = 15

// Matches reports whether a thread of this name is called thread, in full or as far as Linux keeps it.
func (p ThreadPattern) Matches(thread string) bool {
	if p.Begins {
		return strings.HasPrefix(thread, p.Name)
	}
	if !p.Numbered {
		return thread == p.Name || len(p.Name) > linuxThreadName && thread == p.Name[:linuxThreadName]
	}
	number, ok := strings.CutPrefix(thread, p.Name)
	if !ok {
		return false
	}
	for _, c := range []byte(number) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return number != ""
}

// Runtimes is the only list of runtimes outside the models: one row each, in the order in which tables, help texts and errors show
// them. A row is all that recognition, view, receiver and commands need to know of a runtime. If two rows claim the same sign, the
// first has it.
var Runtimes = [...]AsyncRuntime{
	{
		Name: RuntimeTokio, Crate: CrateTokio,
		Threads:  []ThreadPattern{{Name: ThreadTokio}, {Name: ThreadTokioOld}, {Name: ThreadRocket}},
		Arbiters: []ThreadPattern{{Name: ThreadActixPrefix, Begins: true}},
		Frameworks: []string{
			"actix-rt", "actix-server", "actix-web", "actix-web-opentelemetry", "axum", "axum-otel", "axum-tracing-opentelemetry",
			"opentelemetry-instrumentation-actix-web", "opentelemetry-instrumentation-tokio", "opentelemetry-instrumentation-tower",
			"reqwest", "reqwest-tracing", "rocket", "tonic", "tonic-tracing-opentelemetry", "tower-http", "tracing-actix-web", "warp",
		},
		Servers: []string{"actix-web-opentelemetry", "tower-http", "tracing-actix-web"},
		Metrics: []string{"tokio.", "tokio_"},
	},
	{
		Name: RuntimeAsyncStd, Crate: CrateAsyncStd, Successor: RuntimeSmol,
		Threads:    []ThreadPattern{{Name: ThreadAsyncStd}},
		Blocking:   []ThreadPattern{{Name: ThreadBlockingPrefix, Numbered: true}},
		Frameworks: []string{"tide"},
	},
	{
		Name: RuntimeSmol, Crate: CrateSmol,
		Threads:  []ThreadPattern{{Name: ThreadSmolPrefix, Numbered: true}},
		Blocking: []ThreadPattern{{Name: ThreadBlockingPrefix, Numbered: true}},
	},
	{
		// Its threads are not listed: only synthetic_load has them, and there the resource names the runtime.
		Name: RuntimeIdeal, Crate: CrateIdeal, Baseline: true,
	},
}

// RuntimeNamed returns the row of a value of async_runtime.name, or nil if it is none of ours.
func RuntimeNamed(name string) *AsyncRuntime {
	for i := range Runtimes {
		if Runtimes[i].Name == name {
			return &Runtimes[i]
		}
	}
	return nil
}

// RuntimeOfMetric returns the number, in the table, of the runtime that a metric of this name tells of, or -1 if it may be any.
func RuntimeOfMetric(name string) int {
	for i := range Runtimes {
		for _, beginning := range Runtimes[i].Metrics {
			if strings.HasPrefix(name, beginning) {
				return i
			}
		}
	}
	return -1
}

// RuntimeNames are the values of async_runtime.name, in the order of the table.
func RuntimeNames() []string {
	names := make([]string, len(Runtimes))
	for i := range Runtimes {
		names[i] = Runtimes[i].Name
	}
	return names
}

// ServiceRuntimes are the names of the runtimes that services run on: all but the baselines.
func ServiceRuntimes() []string {
	var names []string
	for i := range Runtimes {
		if !Runtimes[i].Baseline {
			names = append(names, Runtimes[i].Name)
		}
	}
	return names
}

func nameMeaning() string {
	return meaning(func(r *AsyncRuntime) string { return r.Name }, " or ", "simulated baseline")
}

func crateMeaning() string {
	return "Crate of the runtime: " + meaning(func(r *AsyncRuntime) string { return r.Crate }, ", ", "baseline")
}

// meaning lists a value of all runtimes: first those of services, then those of baselines.
func meaning(value func(*AsyncRuntime) string, before, baseline string) string {
	var services, baselines []string
	for i := range Runtimes {
		if quoted := "`" + value(&Runtimes[i]) + "`"; Runtimes[i].Baseline {
			baselines = append(baselines, quoted)
		} else {
			services = append(services, quoted)
		}
	}
	last := len(services) - 1
	return fmt.Sprintf("%s%s%s; %s for the %s.", strings.Join(services[:last], ", "), before, services[last], strings.Join(baselines, ", "), baseline)
}
