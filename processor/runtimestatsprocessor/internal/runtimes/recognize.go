// Package runtimes knows what a span of a Rust async service tells about its runtime: which one it was, and where the time
// of the span's task went.
//
// A service records times and counters as plain span fields ([Fields]). They are its word only: the layer that writes
// busy_ns and idle_ns counted nested enters wrongly before tracing-opentelemetry 0.32, and spans get cut, merged and
// rewritten on their way. So [Fields.Account] checks every time against the span's duration, and drops what does not add
// up instead of deriving nonsense from it. The package knows no pdata; numbers in, numbers out.
package runtimes

import (
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

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
	if number, ok := strings.CutPrefix(name, semconv.ThreadSmolPrefix); ok && isNumber(number) {
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

func isNumber(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}
