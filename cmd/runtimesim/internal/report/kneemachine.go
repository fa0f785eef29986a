// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/knee"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// machineColumns are the columns of a search on limited CPUs.
func (k *Knee) machineColumns() []string {
	switch {
	case k.Quota > 0:
		return []string{"of the quota", "throttled"}
	case k.CPUs > 0:
		return []string{"of the CPUs"}
	}
	return nil
}

// machineCells are those of a point.
func (k *Knee) machineCells(p *knee.Point) []string {
	m := p.Machine
	switch {
	case m == nil:
		return nil
	case k.Quota == 0:
		return []string{interval(m.CPUUtilization, format.Share)}
	}
	return []string{interval(m.CPUUtilization, format.Share), interval(m.ThrottledPeriods, format.Share)}
}

// inUse says how much of the limited CPUs a rate uses, to follow how busy the workers are.
func (k *Knee) inUse(p *knee.Point) string {
	m := p.Machine
	switch {
	case m == nil:
		return ""
	case k.Quota == 0:
		return fmt.Sprintf(", and %s %s", CPUs(float64(k.CPUs)), format.Share(m.CPUUtilization.Mean))
	}
	used := fmt.Sprintf(", and %s of the quota of %s used", format.Share(m.CPUUtilization.Mean), CPUs(k.Quota))
	if p.Throttled() {
		used += fmt.Sprintf(", which stops them in %s of the periods", format.Share(m.ThrottledPeriods.Mean))
	}
	return used
}

// short says what there is too little of at the first rate that missed the SLO, on limited CPUs; empty: nothing that is seen.
func (k *Knee) short() string {
	if k.LastRate == nil || k.FirstRate == nil {
		return ""
	}
	for _, p := range k.Points {
		if m := p.Machine; p.Rate == *k.FirstRate && m != nil {
			return k.shortAt(p)
		}
	}
	return ""
}

func (k *Knee) shortAt(p *knee.Point) string {
	m, at, workers := p.Machine, format.Rate(p.Rate), format.Share(p.Utilization.Mean)
	used := format.Share(m.CPUUtilization.Mean)
	switch {
	case m.Short == knee.Quota:
		short := "short"
		if m.CPUUtilization.Mean <= knee.Busy {
			short = "short at times"
		}
		return fmt.Sprintf("at %s/s %s is %s: %s of it is used, and it stops the process in %s of the periods; the workers are %s busy", at, k.scarce(m.Short),
			short, used, format.Share(m.ThrottledPeriods.Mean), workers)
	case m.Short == knee.CPUs:
		return fmt.Sprintf("at %s/s %s are short: %s of their time is used; the workers are %s busy", at, k.scarce(m.Short), used, workers)
	case m.Short == knee.Workers:
		return fmt.Sprintf("at %s/s the workers are short: they are %s busy%s", at, workers, strings.Replace(k.inUse(p), " used", " is used", 1))
	}
	return ""
}

func (k *Knee) scarce(of knee.Scarce) string { return scarce(of, k.CPUs, k.Quota) }

// scarce names what is used up.
func scarce(of knee.Scarce, cpus int, quota float64) string {
	switch of {
	case knee.Quota:
		return "the quota of " + CPUs(quota)
	case knee.CPUs:
		return "the " + CPUs(float64(cpus))
	}
	return "the workers"
}
