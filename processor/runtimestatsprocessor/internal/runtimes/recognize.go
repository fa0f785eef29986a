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
// created the span, the resource, the scope. The thread goes before the resource: a Tokio worker may well run in a process
// whose main runtime is smol.
type Names struct {
	rules []Rule // those that match in all but the thread
	hint  string // what resource and scope say, "" for nothing

	// The last answer. The spans of a batch come from few threads, most of which have the same name.
	thread, name string
	mayBlock     bool
	answered     bool
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
		n.hint = FromScope(scope)
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

// Of returns the async_runtime.name for a span that a thread of the given name created, or "" if nothing gives it away.
func (n *Names) Of(thread string) string {
	n.ask(thread)
	return n.name
}

// MayBlock reports whether a thread of this name is there to block. Some runtimes have such threads without telling: Tokio gives them
// the names of its workers.
func (n *Names) MayBlock(thread string) bool {
	n.ask(thread)
	return n.mayBlock
}

func (n *Names) ask(thread string) {
	if !n.answered || thread != n.thread {
		n.thread, n.name, n.answered = thread, n.find(thread), true
		n.mayBlock = first(func(r *semconv.AsyncRuntime) bool { return among(r.Blocking, thread) }) != ""
	}
}

func (n *Names) find(thread string) string {
	for i := range n.rules {
		if r := &n.rules[i]; r.thread == nil || r.thread.matches(thread) {
			return r.name
		}
	}
	if name := FromThread(thread); name != "" {
		return name
	}
	if n.hint == "" {
		return fromBlockingThread(thread)
	}
	return n.hint
}

// FromThread returns the async_runtime.name that a worker's default thread name gives away, or "" if it gives away none.
// The name is that of the thread which created the span: "main" therefore says nothing, since main creates the spans of
// accepted requests under every runtime.
func FromThread(name string) string {
	return first(func(r *semconv.AsyncRuntime) bool { return among(r.Threads, name) })
}

// fromBlockingThread returns the async_runtime.name that a thread of a blocking pool hints at, or "". Runtimes share such pools; a
// discontinued one leaves the thread to its successor.
func fromBlockingThread(name string) string {
	return first(func(r *semconv.AsyncRuntime) bool { return r.Successor == "" && among(r.Blocking, name) })
}

// FromCrate returns the async_runtime.name of the crate that the resource attribute process.runtime.name holds, or "" if
// it is none of ours.
func FromCrate(crate string) string {
	return first(func(r *semconv.AsyncRuntime) bool { return r.Crate == crate })
}

// FromScope returns the async_runtime.name that an instrumentation scope gives away, or "". A scope is named after a crate or a
// module of one (tokio::net): that of a runtime, one named after it (tokio-postgres), or a framework that runs on one only.
func FromScope(scope string) string {
	crate, _, _ := strings.Cut(scope, "::")
	return first(func(r *semconv.AsyncRuntime) bool {
		if r.Baseline {
			return false
		}
		rest, ok := strings.CutPrefix(crate, r.Crate)
		return ok && (rest == "" || rest[0] == '-') || crate == module(r.Crate) ||
			slices.ContainsFunc(r.Frameworks, func(f string) bool { return crate == f || crate == module(f) })
	})
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
