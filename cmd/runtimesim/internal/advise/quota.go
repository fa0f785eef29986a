// SPDX-License-Identifier: Apache-2.0

package advise

import (
	"fmt"
	"math"
	"strconv"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/knee"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// FewerWorkers are the numbers of workers to try, where a quota stops those that a runtime has at the offered load, and the runtime misses the SLO:
// as many as the quota keeps busy, and twice as many. More workers than that only use the quota up sooner.
func (s *Simulation) FewerWorkers() (try []int) {
	if !s.AtOffered.Throttled() || s.AtOffered.Meets {
		return nil
	}
	least := int(math.Ceil(s.AtOffered.Machine.Quota))
	for _, n := range []int{least, 2 * least} {
		if n < s.Workers {
			try = append(try, n)
		}
	}
	return try
}

// weighQuota tells of a quota that stops the runtime.
func (c *Candidate) weighQuota(r *Request) {
	p := c.AtOffered
	if !p.Throttled() {
		return
	}
	m := p.Machine
	c.say(false, Simulated, "the %s stops it in %s of the periods: on average %s CPUs stand still with a thread on them", quotaOf(m), format.Share(m.ThrottledPeriods.Mean),
		format.Rate(m.ThrottledCPUs.Mean))
	f := c.Fewer
	if f == nil {
		return
	}
	with := fmt.Sprintf("with --workers %d it ", f.Workers)
	switch state := r.carries(f.AtOffered); {
	case state == meets:
		c.say(true, Simulated, "%swould meet %s", with, r.target())
	case c.fewerCarryMore():
		c.say(true, Simulated, "%swould meet the SLO up to %s/s", with, format.Rate(f.Knee))
	case state == open:
		c.say(f.AtOffered.Meets, Simulated, "%swould be too close to %s to be sure", with, r.target())
	default:
		c.say(false, Simulated, "%swould not meet %s either", with, r.target())
	}
}

// fewerCarryMore reports whether the runtime carries more with fewer workers, by WorthHaving, and surely is faster at the offered load, or surely
// carries more.
func (c *Candidate) fewerCarryMore() bool {
	f := c.Fewer
	return f != nil && f.Knee > 0 && f.Knee >= (1+WorthHaving)*c.Knee && (f.isFaster(&c.Simulation) || f.KneeLow > c.KneeHigh)
}

// remedy is what to have more of, to carry more load.
func (c *Candidate) remedy() string {
	m := c.AtOffered.Machine
	if m == nil {
		return "add workers"
	}
	switch m.Short {
	case knee.Quota:
		return "raise the " + quotaOf(m)
	case knee.CPUs:
		return "add CPUs"
	}
	return "add workers"
}

// withFewerWorkers tells of the runtime that does best with fewer workers than it has, if it then carries more, or meets the SLO that it misses.
func (a *Advice) withFewerWorkers(r *Request) string {
	var best *Candidate
	for _, c := range a.Candidates {
		if c.lacking || c.Fewer == nil {
			continue
		}
		perhaps := c.Fewer.AtOffered.Meets && r.carries(c.Fewer.AtOffered) >= open
		if (perhaps || c.fewerCarryMore()) && (best == nil || c.Fewer.Knee > best.Fewer.Knee) {
			best = c
		}
	}
	if best == nil {
		return ""
	}
	with := fmt.Sprintf("; the quota stops its %d workers, and with --workers %d %s ", best.Workers, best.Fewer.Workers, best.Runtime)
	switch {
	case r.carries(best.Fewer.AtOffered) == meets:
		return with + "would meet the SLO"
	case best.fewerCarryMore():
		return with + "would meet the SLO up to " + format.Rate(best.Fewer.Knee) + "/s"
	}
	return with + "would meet the SLO, though not beyond doubt"
}

// quotaOf names the quota.
func quotaOf(m *knee.Machine) string {
	cpus := strconv.FormatFloat(m.Quota, 'g', -1, 64) + " CPUs"
	if m.Quota == 1 {
		cpus = "1 CPU"
	}
	return "quota of " + cpus
}
