// SPDX-License-Identifier: Apache-2.0

// Package runtimes knows what a span of a Rust async service tells about its runtime: which one it was, and where the time
// of the span's task went.
//
// A service records times and counters as plain span fields ([Fields]). They are its word only: the layer that writes
// busy_ns and idle_ns took nested enters for idle time before tracing-opentelemetry 0.32, and spans get cut, merged and
// rewritten on their way. So [Fields.Account] checks every time against the span's duration, and drops what does not add
// up instead of deriving nonsense from it. The package knows no pdata; numbers in, numbers out.
package runtimes

import (
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Known are the runtimes that can be recognised: the values of async_runtime.name.
var Known = []string{semconv.RuntimeTokio, semconv.RuntimeAsyncStd, semconv.RuntimeSmol, semconv.RuntimeIdeal}

// Attributes looks up resource attributes as strings.
type Attributes func(name string) (value string, present bool)

// Names names the runtime of the spans of one scope. It answers from, in this order: the configured rules, the thread that
// created the span, the resource, the scope. The thread goes before the resource: a Tokio worker may well run in a process
// whose main runtime is smol.
type Names struct {
	rules []Rule // those that match in all but the thread
	hint  string // what resource and scope say, "" for nothing

	// The last answer. The spans of a batch come from few threads, most of which have the same name.
	thread, name string
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
	if !n.answered || thread != n.thread {
		n.thread, n.name, n.answered = thread, n.find(thread), true
	}
	return n.name
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
	if n.hint == "" && numbered(thread, semconv.ThreadBlockingPrefix) {
		// A thread of the blocking crate: smol's, or that of async-std, which is discontinued in favour of smol.
		return semconv.RuntimeSmol
	}
	return n.hint
}

// linuxThreadName is how many characters of a thread's name Linux keeps; who asks the kernel for it gets no more.
const linuxThreadName = 15

// FromThread returns the async_runtime.name that a worker's default thread name gives away, or "" if it gives away none.
// The name is that of the thread which created the span: "main" therefore says nothing, since main creates the spans of
// accepted requests under every runtime.
func FromThread(name string) string {
	switch name {
	case semconv.ThreadTokio, semconv.ThreadTokioOld, semconv.ThreadTokioOld[:linuxThreadName]:
		return semconv.RuntimeTokio
	case semconv.ThreadAsyncStd, semconv.ThreadAsyncStd[:linuxThreadName]:
		return semconv.RuntimeAsyncStd
	}
	if numbered(name, semconv.ThreadSmolPrefix) {
		return semconv.RuntimeSmol
	}
	return ""
}

// FromCrate returns the async_runtime.name of the crate that the resource attribute process.runtime.name holds, or "" if
// it is none of ours.
func FromCrate(crate string) string {
	switch crate {
	case semconv.CrateTokio:
		return semconv.RuntimeTokio
	case semconv.CrateAsyncStd:
		return semconv.RuntimeAsyncStd
	case semconv.CrateSmol:
		return semconv.RuntimeSmol
	case semconv.CrateIdeal:
		return semconv.RuntimeIdeal
	default:
		return ""
	}
}

// frameworks are crates that run on one runtime only and give their name to the spans that they make.
var frameworks = map[string]string{
	"actix-web": semconv.RuntimeTokio,
	"axum":      semconv.RuntimeTokio,
	"reqwest":   semconv.RuntimeTokio,
	"tonic":     semconv.RuntimeTokio,
	"warp":      semconv.RuntimeTokio,
	"tide":      semconv.RuntimeAsyncStd,
}

// FromScope returns the async_runtime.name that an instrumentation scope gives away, or "". A scope is named after a crate or a
// module of one (tokio::net): that of a runtime, one named after it (tokio-postgres), or a framework that runs on one only.
func FromScope(scope string) string {
	crate, _, _ := strings.Cut(scope, "::")
	if name := frameworks[crate]; name != "" {
		return name
	}
	for _, runtime := range [...]string{semconv.CrateTokio, semconv.CrateAsyncStd, semconv.CrateSmol} {
		if rest, ok := strings.CutPrefix(crate, runtime); ok && (rest == "" || rest[0] == '-') {
			return FromCrate(runtime)
		}
	}
	switch crate { // a module path has underscores
	case "async_std":
		return semconv.RuntimeAsyncStd
	case "actix_web":
		return semconv.RuntimeTokio
	default:
		return ""
	}
}

// numbered reports whether a name is the prefix and a number.
func numbered(name, prefix string) bool {
	number, ok := strings.CutPrefix(name, prefix)
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
