// SPDX-License-Identifier: Apache-2.0

package aggregate

import "github.com/runtimelab/otelcol-runtimelab/semconv"

// Runtime is the async runtime that a span ran on: Unknown, or 1 and more for the rows of semconv.Runtimes. Only those are told apart,
// so that whoever sends spans cannot add to the state.
type Runtime uint8

// Unknown is the runtime of spans that name none, or one that is not in the table.
const Unknown Runtime = 0

// RuntimeCount is the number of runtimes, Unknown included.
const RuntimeCount = len(semconv.Runtimes) + 1

// runtimes are those of the table in its order, and last Unknown: the order in which a snapshot lists them.
func runtimes() (all [RuntimeCount]Runtime) {
	for i := range len(semconv.Runtimes) {
		all[i] = Runtime(i + 1)
	}
	return all
}

// RuntimeNamed returns the runtime with this value of async_runtime.name, or Unknown.
func RuntimeNamed(name string) Runtime {
	for i := range semconv.Runtimes {
		if semconv.Runtimes[i].Name == name {
			return Runtime(i + 1)
		}
	}
	return Unknown
}

// String returns the runtime's value of async_runtime.name, or "unknown".
func (r Runtime) String() string {
	if r == Unknown {
		return "unknown"
	}
	return semconv.Runtimes[r-1].Name
}

// Real reports whether services run on it: it is known, and no baseline.
func (r Runtime) Real() bool { return r != Unknown && !semconv.Runtimes[r-1].Baseline }
