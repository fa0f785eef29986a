// SPDX-License-Identifier: Apache-2.0

// Package runtimes knows what a span of a Rust async service tells about its runtime: which one it was, and where the time
// of the span's task went.
//
// A service records times and counters as plain span fields ([Fields]). They are its word only: the layer that writes
// busy_ns and idle_ns took nested enters for idle time before tracing-opentelemetry 0.32, and spans get cut, merged and
// rewritten on their way. So [Fields.Account] checks every time against the span's duration, and drops what does not add
// up instead of deriving nonsense from it. The package knows no pdata; numbers in, numbers out.
//
// The package stands at the bottom of the runtime_stats processor, on the tables of package semconv and on package untrusted. Only
// the processor uses it: observation.go fills the fields, and resource.go asks for the names.
package runtimes

import (
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Names names the runtime of the spans of one scope. It answers from, in this order: the configured rules, the thread that
// created the span, the resource, the scope, the module. The thread goes before the resource: a Tokio worker may well run in a process
// whose main runtime is smol.
type Names struct {
	rules []Rule // those that match in all but the thread
	hint  string // what resource and scope say, "" for nothing

	// The last answer. The spans of a batch come from few threads and modules, most of which have the same names.
	thread, module string
	sign           Sign
	answered       bool
}

// Sign is what the names on a span tell.
type Sign struct {
	Runtime string // async_runtime.name, "" if nothing gives it away
	Number  int    // of the runtime in semconv.Runtimes; negative for none of ours
	// Blockable: the thread is there to block. Some runtimes have such threads without telling: Tokio gives them the names of its workers.
	Blockable bool
	Arbiter   bool // the thread runs tasks that no other thread may run
	Worker    bool // the thread has the name of a runtime's workers
	Server    bool // the span stands for a request that a server was sent
}

// NewNames returns the names for the spans of a resource, as far as it goes without their scope. The resource attribute
// async_runtime.name is the word of whoever knows it, any other than process.runtime.name is not asked.
func NewNames(rules []Rule, resource Attributes) Names {
	n := Names{rules: matching(rules, func(r *Rule) bool { return r.matchesResource(resource) })}
	if name, _ := resource(semconv.RuntimeName); name != "" {
		n.hint = name
	} else if crate, _ := resource(semconv.ProcessRuntimeName); crate != "" {
		n.hint = FromCrate(crate)
	}
	return n
}

// InScope returns the names for the spans of one instrumentation scope of the resource.
func (n Names) InScope(scope string) Names {
	n.answered = false
	n.rules = matching(n.rules, func(r *Rule) bool { return r.scope == nil || r.scope.matches(scope) })
	if n.hint == "" {
		n.hint = FromModule(scope)
	}
	return n
}

// matching returns those rules for which the condition holds. It runs once per resource and scope, mostly without rules.
func matching(rules []Rule, condition func(*Rule) bool) []Rule {
	if len(rules) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(rules), func(r Rule) bool { return !condition(&r) })
}

// Of returns what the name of the thread that created a span tells, and the module that it comes from: its target, or the path of the module
// in the code. The sign is good until the next call. told reports whether it is the same as that of the call before.
func (n *Names) Of(thread, module string) (sign *Sign, told bool) {
	if n.answered && thread == n.thread && module == n.module {
		return &n.sign, true
	}
	n.thread, n.module, n.answered = thread, module, true
	n.sign = Sign{Runtime: n.find(thread, module)}
	n.sign.Number = slices.IndexFunc(semconv.Runtimes[:], func(r semconv.AsyncRuntime) bool { return r.Name == n.sign.Runtime })
	n.sign.Worker = FromThread(thread) != ""
	crate := crateOf(module)
	for i := range semconv.Runtimes {
		r := &semconv.Runtimes[i]
		n.sign.Blockable = n.sign.Blockable || among(r.Blocking, thread)
		n.sign.Arbiter = n.sign.Arbiter || among(r.Arbiters, thread)
		n.sign.Server = n.sign.Server || isOne(r.Servers, crate)
	}
	return &n.sign, false
}

func (n *Names) find(thread, module string) string {
	for i := range n.rules {
		if r := &n.rules[i]; r.thread == nil || r.thread.matches(thread) {
			return r.name
		}
	}
	if name := FromThread(thread); name != "" {
		return name
	}
	if n.hint != "" {
		return n.hint
	}
	return FromModule(module)
}

// FromThread returns the async_runtime.name that a worker's default thread name gives away, or "" if it gives away none.
// The name is that of the thread which created the span: "main" therefore says nothing, since main creates the spans of
// accepted requests under every runtime.
func FromThread(name string) string {
	return first(func(r *semconv.AsyncRuntime) bool { return among(r.Threads, name) || among(r.Arbiters, name) })
}

// FromCrate returns the async_runtime.name of the crate that the resource attribute process.runtime.name holds, or "" if
// it is none of ours.
func FromCrate(crate string) string {
	return first(func(r *semconv.AsyncRuntime) bool { return r.Crate == crate })
}

// FromModule returns the async_runtime.name that an instrumentation scope, a target or the path of a module gives away, or "". They are
// named after a crate or a module of one (tokio::net): that of a runtime, one named after it (tokio-postgres), or a framework that
// runs on one only.
func FromModule(path string) string {
	if path == "" {
		return ""
	}
	crate := crateOf(path)
	return first(func(r *semconv.AsyncRuntime) bool {
		if r.Baseline {
			return false
		}
		rest, ok := strings.CutPrefix(crate, r.Crate)
		return ok && (rest == "" || rest[0] == '-') || crate == module(r.Crate) || isOne(r.Frameworks, crate)
	})
}

// crateOf returns the crate of a module's path.
func crateOf(path string) string {
	crate, _, _ := strings.Cut(path, "::")
	return crate
}

// isOne reports whether a crate is in a list, in either spelling.
func isOne(crates []string, crate string) bool {
	return slices.ContainsFunc(crates, func(c string) bool { return crate == c || crate == module(c) })
}

// module is how Rust spells a crate's name in the path of a module.
func module(crate string) string { return strings.ReplaceAll(crate, "-", "_") }

// first returns the name of the first runtime for which the condition holds, or "".
func first(condition func(*semconv.AsyncRuntime) bool) string {
	for i := range semconv.Runtimes {
		if r := &semconv.Runtimes[i]; condition(r) {
			return r.Name
		}
	}
	return ""
}

func among(names []semconv.ThreadPattern, thread string) bool {
	return slices.ContainsFunc(names, func(p semconv.ThreadPattern) bool { return p.Matches(thread) })
}
