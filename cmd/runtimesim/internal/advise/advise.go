// SPDX-License-Identifier: Apache-2.0

// Package advise chooses a runtime: the source document's decision tree (its section 8), answered by runs on the models where
// the document has an opinion. A run is a simulation, and no word here calls it a measurement.
//
//	needs (libraries, features), binary size     --> ruled out, or not
//	the offered load, played                     --> ruled out if the SLO is missed or requests pile up
//	what is left, by the goal                    --> performance: simulated; api, size, ecosystem: the document's ratings
//
// A simulated difference counts if the confidence intervals leave no doubt of it, and if it is at least [WorthHaving]: the intervals
// cover the seeds, and not how close the models are to the real runtimes. Else it is a tie: the runtime in use stays, or the document's
// rating of the ecosystem decides. async-std, which is discontinued, is advised only if no other meets the SLO.
package advise

import (
	"fmt"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/knee"
)

// Request is what is asked for.
type Request struct {
	Needs []string // of Needs()
	// MaxBinary is the largest binary in bytes; 0: any.
	MaxBinary int64
	Goal      string // of Goals()
	SLO       knee.SLO
	// Offered is the rate of arrivals per second.
	Offered float64
	// InUse is the runtime that the service has now; empty: not known.
	InUse string
}

// Simulation is what runs of one runtime showed.
type Simulation struct {
	// AtOffered is the offered load.
	AtOffered *knee.Point
	// Knee is the last rate at which the SLO was met; 0: none. KneeLow and KneeHigh are the rates between which it surely is.
	Knee, KneeLow, KneeHigh float64
	// Capacity and MostServed are those of [knee.Result].
	Capacity, MostServed float64
	CapacityOf           knee.Scarce
	// Workers are the worker threads. They differ between the runtimes only if neither the command line nor the file says how many.
	Workers int
	// WithMore is the offered load on as many threads as the other runtimes have; nil: not simulated.
	WithMore *knee.Point
	// Fewer is the runtime with fewer workers, where the quota stops those that it has; nil: not simulated.
	Fewer *Simulation
}

// Reason is something that speaks for or against a runtime.
type Reason struct {
	For    bool   `json:"for"`
	Text   string `json:"text"`
	Source string `json:"source"` // simulated, document, corrected or in_use
}

// Candidate is a runtime and what speaks for and against it.
type Candidate struct {
	Runtime  string
	RuledOut bool
	Reasons  []Reason

	lacking bool // something that is needed: no load matters
	unsure  bool // whether it carries the offered load
	more    int  // the threads that other runtimes have; 0: it has as many
	Simulation
}

// Advice is the answer.
type Advice struct {
	Candidates []*Candidate // in the order of the document
	// Runtime to take; empty: nothing fits.
	Runtime string
	Because string
}

// Candidates are the runtimes to measure.
func Candidates() []string { return slices.Clone(candidates) }

// Decide weighs what was simulated, by candidate, against the request.
func Decide(r *Request, simulated []Simulation) *Advice {
	a := &Advice{}
	most := MostWorkers(simulated)
	for i, name := range candidates {
		c := &Candidate{Runtime: name, Simulation: simulated[i]}
		c.weighNeeds(r, i)
		c.weighBinary(r, i)
		c.lacking = c.RuledOut
		c.weighLoad(r)
		c.weighThreads(r, most)
		c.weighQuota(r)
		a.Candidates = append(a.Candidates, c)
	}
	a.choose(r)
	return a
}

func (c *Candidate) say(f bool, source, format string, args ...any) {
	c.Reasons = append(c.Reasons, Reason{For: f, Text: fmt.Sprintf(format, args...), Source: source})
}

func (c *Candidate) weighNeeds(r *Request, i int) {
	for _, name := range r.Needs {
		n := &needs[slices.Index(Needs(), name)]
		level := n.levels[i]
		text := name + ": " + level.String()
		if n.notes[i] != "" {
			text += ", " + n.notes[i]
		}
		c.say(level != No, n.source, "%s", text)
		c.RuledOut = c.RuledOut || level == No
	}
}

func (c *Candidate) weighBinary(r *Request, i int) {
	if r.MaxBinary == 0 {
		return
	}
	fits := binaries[i] <= r.MaxBinary
	c.say(fits, FromDocument, "a minimal binary has about %s", FormatSize(binaries[i]))
	c.RuledOut = c.RuledOut || !fits
}

// FormatSize shows a number of bytes.
func FormatSize(bytes int64) string {
	for _, u := range units {
		if bytes >= u.bytes {
			return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(bytes)/float64(u.bytes)), ".0") + u.name
		}
	}
	return fmt.Sprintf("%dB", bytes)
}

var units = []struct {
	name  string
	bytes int64
}{{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}}

// ParseSize reads 800kB, 1MB or 1.5MB.
func ParseSize(text string) (int64, error) {
	for _, u := range units {
		number, ok := strings.CutSuffix(strings.ToLower(text), strings.ToLower(u.name))
		if !ok {
			continue
		}
		var f float64
		if n, err := fmt.Sscanf(number+" ", "%f ", &f); n == 1 && err == nil && f > 0 && f < 1e6 {
			return int64(f * float64(u.bytes)), nil
		}
	}
	return 0, fmt.Errorf("--max-binary: %q is not allowed; want a size of more than 0, such as 800kB or 1.5MB", text)
}
