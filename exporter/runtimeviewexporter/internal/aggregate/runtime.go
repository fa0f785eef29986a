// SPDX-License-Identifier: Apache-2.0

package aggregate

import "github.com/runtimelab/otelcol-runtimelab/semconv"

// Runtime is the async runtime that a span ran on. Only those that Runtimelab knows are told apart, so that whoever
// sends spans cannot add to the state.
type Runtime uint8

// The runtimes.
const (
	// Unknown is the runtime of spans that name none, or one that is not known here.
	Unknown Runtime = iota
	// Tokio is the runtime "tokio".
	Tokio
	// AsyncStd is the runtime "async_std".
	AsyncStd
	// Smol is the runtime "smol".
	Smol
	// Ideal is the baseline "ideal", which is simulated only.
	Ideal

	runtimeCount
)

// order is the order in which a snapshot lists the runtimes.
var order = [runtimeCount]Runtime{Tokio, AsyncStd, Smol, Ideal, Unknown}

// RuntimeNamed returns the runtime with this value of async_runtime.name, or Unknown.
func RuntimeNamed(name string) Runtime {
	switch name {
	case semconv.RuntimeTokio:
		return Tokio
	case semconv.RuntimeAsyncStd:
		return AsyncStd
	case semconv.RuntimeSmol:
		return Smol
	case semconv.RuntimeIdeal:
		return Ideal
	default:
		return Unknown
	}
}

// String returns the runtime's value of async_runtime.name, or "unknown".
func (r Runtime) String() string {
	switch r {
	case Tokio:
		return semconv.RuntimeTokio
	case AsyncStd:
		return semconv.RuntimeAsyncStd
	case Smol:
		return semconv.RuntimeSmol
	case Ideal:
		return semconv.RuntimeIdeal
	default:
		return "unknown"
	}
}
