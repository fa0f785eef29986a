// SPDX-License-Identifier: Apache-2.0

package advise

import "github.com/runtimelab/otelcol-runtimelab/semconv"

// What is known about the runtimes without running anything. The rows are the source document's (Rust asynchronous runtime
// comparison, October 2025: sections 1, 6, 7 and 8), except those marked as corrected, where the real crates differ from it;
// docs/runtimes.md says how.

// Level is how far a runtime has something.
type Level int

// The levels.
const (
	No Level = iota
	Partly
	Yes
)

var levels = [...]string{No: "no", Partly: "partly", Yes: "yes"}

// String is the level as the document writes it.
func (l Level) String() string { return levels[l] }

// Where a fact comes from.
const (
	FromDocument = "document"
	Corrected    = "corrected" // the document says otherwise
	Simulated    = "simulated"
	InUse        = "in_use" // the file that was asked about
)

// candidates are the runtimes to choose from, in the document's order: those of which it tells.
var candidates = []string{tokio, asyncStd, smol}

const (
	tokio    = semconv.RuntimeTokio
	asyncStd = semconv.RuntimeAsyncStd
	smol     = semconv.RuntimeSmol
)

// need is a library or a feature that a service may need.
type need struct {
	name   string
	levels [3]Level  // by candidate
	notes  [3]string // why not, or how, where that is known
	source string
}

var needs = []need{
	{"hyper", [3]Level{Yes, Yes, Yes}, [3]string{"", "since 1.0, by its rt traits", "since 1.0, by smol-hyper"}, Corrected},
	{"tonic", [3]Level{Yes, No, No}, [3]string{}, FromDocument},
	{"axum", [3]Level{Yes, No, No}, [3]string{}, FromDocument},
	{"actix-web", [3]Level{Yes, No, No}, [3]string{}, FromDocument},
	{"warp", [3]Level{Yes, No, No}, [3]string{}, FromDocument},
	{"tide", [3]Level{No, Yes, Yes}, [3]string{}, FromDocument},
	{"surf", [3]Level{No, Yes, Yes}, [3]string{}, FromDocument},
	{"sqlx", [3]Level{Yes, Yes, Partly}, [3]string{"", "", "its 0.9 line runs on smol::spawn's executor only"}, Corrected},
	{"rdkafka", [3]Level{Yes, Yes, Partly}, [3]string{}, FromDocument},
	{"redis", [3]Level{Yes, Yes, Partly}, [3]string{}, FromDocument},
	{"signal", [3]Level{Yes, Partly, Partly}, [3]string{"", "by another crate, on the same reactor", "not in its crate; async-signal beside it"}, Corrected},
	{"process", [3]Level{Yes, Partly, Yes}, [3]string{"", "by async-process, on the same reactor", "smol::process"}, Corrected},
	{"multi_thread", [3]Level{Yes, Yes, Yes}, [3]string{"", "", "SMOL_THREADS, or threads of one's own"}, Corrected},
	{"single_thread", [3]Level{Yes, Yes, Yes}, [3]string{}, FromDocument},
	{"cancellation", [3]Level{Yes, Yes, Yes}, [3]string{}, FromDocument},
	{"custom_scheduling", [3]Level{Yes, Partly, Yes}, [3]string{"", "any async-executor beside it", ""}, Corrected},
	{"priority", [3]Level{No, No, No}, [3]string{"none has task priorities", "none has task priorities", "none has task priorities; several executors polled in order come close"}, FromDocument},
}

// Needs are the names of the known libraries and features.
func Needs() []string {
	names := make([]string, len(needs))
	for i := range needs {
		names[i] = needs[i].name
	}
	return names
}

// binaries are the document's sizes of a minimal binary, in bytes, by candidate.
var binaries = [3]int64{2_500_000, 1_800_000, 500_000}

// Goals are what one may want of a runtime beside what one needs, and how the document rates it, of 5.
var goals = []struct {
	name    string
	ratings [3]int // nil: the runs decide
	what    string
}{
	{"performance", [3]int{}, ""},
	{"api", [3]int{3, 5, 4}, "ease of use"},
	{"size", [3]int{2, 3, 5}, "size"},
	{"ecosystem", [3]int{5, 4, 3}, "ecosystem"},
}

// Goals are the names of what may be preferred; the first is the default.
func Goals() []string {
	names := make([]string, len(goals))
	for i := range goals {
		names[i] = goals[i].name
	}
	return names
}

// discontinued is said of async-std.
const discontinued = "discontinued upstream since 1.13.1 (2025); its users are sent to smol, which has the same executor"
