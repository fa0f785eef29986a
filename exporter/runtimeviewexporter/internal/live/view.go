// SPDX-License-Identifier: Apache-2.0

package live

import "github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"

// View is what there is to see of a scope. Counts are estimates if Every is false.
type View struct {
	First int64 `json:"first"` // second of the first slot; 0: no spans
	Slots int   `json:"slots"`
	Every bool  `json:"every"` // every span was kept, none stands for several
	// Lanes, Heatmap: of the runtimes, services and operations that are selected, whatever the brush selects.
	Lanes   []Lane  `json:"lanes"` // the one with the most spans first
	Heatmap Heatmap `json:"heatmap"`
	// The others are of what the brush selects.
	Spans    float64   `json:"spans"`
	Times    []Time    `json:"times"`    // by operation, those that took the most time first
	Findings []Finding `json:"findings"` // those to which the most lost time goes back first
	Slow     []Slow    `json:"slow"`     // the longest first
}

// Lane is a service on a runtime.
type Lane struct {
	Runtime string `json:"runtime"`
	Service string `json:"service"`
	// By slot; -1: no spans, or not known yet, as spans of that time may still be on their way.
	Rate []float64 `json:"rate"` // spans a second
	P50  []int64   `json:"p50"`  // ns
	P99  []int64   `json:"p99"`
	// Curve is of what the brush selects: the duration in ns at 1 - 10^-(i/10), as far as there are spans to tell it.
	Curve []int64 `json:"curve"`
	Spans float64 `json:"spans"` // those of the curve
}

// Heatmap counts spans by second and duration.
type Heatmap struct {
	Low   int64 `json:"low"`   // ns, where the first band begins
	Bands int   `json:"bands"` // each is 2^(1/4) times as wide as the one before
	// Cells holds all bands of the first slot, from the shortest durations on, then those of the next.
	Cells []float64 `json:"cells"`
}

// Time says where the time of an operation's spans went.
type Time struct {
	Runtime   string  `json:"runtime"`
	Service   string  `json:"service"`
	Operation string  `json:"operation"`
	Spans     float64 `json:"spans"`
	Parts     Parts   `json:"parts"`
	// Classes counts spans that nobody classified, and then those of each class from normal to extreme.
	Classes [aggregate.ClassCount]float64 `json:"classes"`
}

// Finding is what was found on spans of an operation.
type Finding struct {
	Finding   string  `json:"finding"`
	Runtime   string  `json:"runtime"`
	Service   string  `json:"service"`
	Operation string  `json:"operation"`
	Spans     float64 `json:"spans"` // that have it
	Of        float64 `json:"of"`    // spans of the operation
	// Cost is the time in ns that the spans lost by it: held up, queued, or without a CPU. That of one that held its thread is what it cost others.
	Cost float64 `json:"cost"`
	// Ran is for how long in ns the spans of the operation were polled and on a CPU, if the finding is that it holds its thread.
	Ran float64 `json:"ran"`
	// Victims is how many spans name the operation as what held them up, if this is what held them up.
	Victims  float64   `json:"victims"`
	Culprits []Culprit `json:"culprits"` // what held them up, the most spans first
}

// Culprit is an operation that held up spans of another.
type Culprit struct {
	Operation string  `json:"operation"`
	Spans     float64 `json:"spans"`
}

// Slow is an outlier of its operation.
type Slow struct {
	Runtime   string   `json:"runtime"`
	Service   string   `json:"service"`
	Operation string   `json:"operation"`
	Trace     string   `json:"trace"` // in hexadecimal digits
	Span      string   `json:"span"`
	End       int64    `json:"end"`      // ms since 1970
	Duration  int64    `json:"duration"` // ns
	Parts     Parts    `json:"parts"`
	Findings  []string `json:"findings"`
	Culprit   string   `json:"culprit"` // empty: nobody is known to have held it up
}
