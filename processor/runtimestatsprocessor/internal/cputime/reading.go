// SPDX-License-Identifier: Apache-2.0

package cputime

// Usage is what threads did in nanoseconds, all of them added up.
type Usage struct {
	OnCPU int64
	// Wait is the time in which they were runnable and had no CPU: others had it, or a quota was used up.
	Wait int64
}

// Ratio returns which part of the time in which the threads wanted a CPU they had none. Of threads that wanted none it is 0.
func (u Usage) Ratio() float64 {
	if u.Wait == 0 {
		return 0
	}
	return float64(u.Wait) / (float64(u.Wait) + float64(u.OnCPU))
}

// add never exceeds Longest: what is as long as that is a lie anyway.
func (u Usage) add(o Usage) Usage {
	return Usage{min(u.OnCPU+o.OnCPU, Longest), min(u.Wait+o.Wait, Longest)}
}

// since returns by how much counters have grown, and whether they can have been these before.
func (u Usage) since(before Usage) (grown Usage, ok bool) {
	grown = Usage{u.OnCPU - before.OnCPU, u.Wait - before.Wait}
	return grown, grown.OnCPU >= 0 && grown.Wait >= 0
}

// Quota is how often a process could run in a period of its quota, and how often it was throttled then.
type Quota struct {
	Periods, Throttled int64
	// Stopped is for how long it was throttled, in nanoseconds. That of several CPUs at once counts several times.
	Stopped int64
}

func (q Quota) add(o Quota) Quota {
	return Quota{min(q.Periods+o.Periods, Longest), min(q.Throttled+o.Throttled, Longest), min(q.Stopped+o.Stopped, Longest)}
}

// Reading is what the kernel's counters said at a time, counted since From; 0 if it does not say since when.
type Reading struct {
	From, At int64
	// Groups are the threads by their group; "" for a process that tells all of its threads together.
	Groups map[string]Usage
	// Partial says that it leaves threads out.
	Partial bool
	// Later says since when groups count that do so since another time than From.
	Later    map[string]int64
	HasQuota bool
	Quota    Quota
}

// Longest is the longest time and the largest number that a counter may have: 70 years. Beyond lies what no kernel counts.
const Longest = 1 << 61

// since returns since when a group counts.
func (r *Reading) since(group string) int64 {
	if later, ok := r.Later[group]; ok {
		return later
	}
	return r.From
}

// Sound reports whether a reading can be what it says.
func (r *Reading) Sound() bool {
	if r.At <= 0 || r.From < 0 || r.From > r.At {
		return false
	}
	for _, later := range r.Later {
		if later < r.From || later > r.At {
			return false
		}
	}
	for _, u := range r.Groups {
		if u.OnCPU < 0 || u.Wait < 0 || u.OnCPU > Longest || u.Wait > Longest {
			return false
		}
	}
	return r.Quota.Throttled >= 0 && r.Quota.Throttled <= r.Quota.Periods && r.Quota.Periods <= Longest
}
