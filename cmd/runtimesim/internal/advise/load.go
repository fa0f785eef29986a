// SPDX-License-Identifier: Apache-2.0

package advise

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/knee"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// carrying is what the runs of the offered load say.
type carrying int

const (
	pilesUp carrying = iota // what is offered is not served
	misses                  // the SLO, beyond doubt
	open                    // the interval includes the limit
	meets                   // the SLO, beyond doubt
)

// tooSlow is the share of the offered requests that must be served in the time in which they arrive.
const tooSlow = 0.98

// carries says how a runtime does under the offered load.
func (r *Request) carries(p *knee.Point) carrying {
	limit := float64(r.SLO.Limit)
	switch {
	case p.Achieved.Mean+p.Achieved.HalfWidth < tooSlow*r.Offered:
		return pilesUp
	case p.Limited.Mean-p.Limited.HalfWidth > limit || p.Shed.Mean-p.Shed.HalfWidth > 0:
		return misses
	case p.Limited.Mean+p.Limited.HalfWidth > limit || p.Shed.Mean > 0:
		return open
	}
	return meets
}

// target is the SLO at the offered rate, in words.
func (r *Request) target() string { return fmt.Sprintf("%s at %s/s", r.SLO, format.Rate(r.Offered)) }

func (c *Candidate) weighLoad(r *Request) {
	p := c.AtOffered
	switch r.carries(p) {
	case pilesUp:
		c.say(false, Simulated, "serves %s of %s requests a second: they pile up", format.Rate(p.Achieved.Mean), format.Rate(r.Offered))
		c.RuledOut = true
	case misses:
		c.say(false, Simulated, "misses %s", r.target())
		c.RuledOut = true
	case open:
		c.unsure = true
		c.say(p.Meets, Simulated, "too close to %s to be sure", r.target())
	case meets:
		c.say(true, Simulated, "meets %s", r.target())
	}
}

// MostWorkers is how many threads the runtime with the most has.
func MostWorkers(simulated []Simulation) int {
	most := 0
	for i := range simulated {
		most = max(most, simulated[i].Workers)
	}
	return most
}

// weighThreads tells of threads that a runtime lacks because nobody asked for them. Only smol starts fewer than the others.
func (c *Candidate) weighThreads(r *Request, most int) {
	if c.Runtime != smol || c.Workers >= most {
		return
	}
	c.more = most
	c.say(false, Corrected, "starts %s unless SMOL_THREADS=%d is set", threads(c.Workers), most)
	if c.WithMore == nil {
		return
	}
	switch r.carries(c.WithMore) {
	case meets:
		c.say(true, Simulated, "with --workers %d it would meet %s", most, r.target())
	case open:
		c.say(c.WithMore.Meets, Simulated, "with --workers %d it would be too close to %s to be sure", most, r.target())
	case pilesUp, misses:
		c.say(false, Simulated, "with --workers %d it would not meet %s either", most, r.target())
	}
}

func threads(n int) string {
	if n == 1 {
		return "one thread"
	}
	return fmt.Sprintf("%d threads", n)
}
