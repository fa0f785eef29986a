// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/explain"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/runtimes"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// observation is what one pass over a span's attributes found.
type observation struct {
	fields     runtimes.Fields
	upstream   runtimes.Fields // the same numbers under their derived names, written by somebody before us
	threadName string
	threadID   int64      // explain.Unknown without one
	module     string     // that made the span: its target, or the path of the module in the code
	line       int64      // in the code
	derived    derivedSet // derived attributes, written by somebody before us
	legacy     bool       // the tracing layer is 0.31 or older

	keyed  uint32                       // which attributes of the key the span has, by their index there
	keys   [maxKeyEntries]pcommon.Value // those
	joined []byte                       // memory for the key
	path   []byte                       // memory for a path in it
}

// derived numbers the attributes that this processor writes: first the parts of the account, then the rest. The latency
// attributes are one family: from one window or from none; latency.category alone may come from another processor.
type derived uint8

const (
	derivedRuntimeName = derived(runtimes.NumParts) + iota
	derivedBusyRatio
	derivedQueueWaitSource
	derivedInconsistent
	derivedFinding
	derivedCPUWaitRatio
	derivedCPUThrottled
	derivedLatency // any of latency.* but
	derivedLatencyCategory
	numDerived
)

type derivedSet uint32

func (s derivedSet) has(d derived) bool {
	return s&(1<<d) != 0
}

func (s derivedSet) hasLatency() bool {
	return s.has(derivedLatency) || s.has(derivedLatencyCategory)
}

// parts returns the parts of the account in the set.
func (s derivedSet) parts() runtimes.PartSet {
	return runtimes.PartSet(s & (1<<runtimes.NumParts - 1))
}

// role says what an attribute name means to this processor.
type role uint8

const (
	roleField role = iota // number: a runtimes.Field
	roleThreadName
	roleThreadID
	roleTarget
	roleModule
	roleLine
	roleLegacy  // a name that only older tracing layers use
	roleUnused  // of the tracing layer, of no use but to be dropped
	roleDerived // number: a derived
	roleNone    // only a part of the key
)

// attributeRole is one row of the table of all names that this processor knows.
type attributeRole struct {
	name   string
	role   role
	number uint8
}

var attributeRoles = [...]attributeRole{
	{semconv.BusyNs, roleField, uint8(runtimes.Busy)},
	{semconv.IdleNs, roleField, uint8(runtimes.Idle)},
	{semconv.ScheduledNs, roleField, uint8(runtimes.Scheduled)},
	{semconv.FirstPollDelayNs, roleField, uint8(runtimes.FirstPollDelay)},
	{semconv.LongestPollNs, roleField, uint8(runtimes.LongestPoll)},
	{semconv.PollCount, roleField, uint8(runtimes.PollCount)},
	{semconv.StealCount, roleField, uint8(runtimes.StealCount)},
	{semconv.ForcedYieldCount, roleField, uint8(runtimes.ForcedYieldCount)},
	{semconv.WorkerIndex, roleField, uint8(runtimes.WorkerIndex)},
	{semconv.TaskID, roleField, uint8(runtimes.TaskID)},

	{semconv.ThreadName, roleThreadName, 0},
	{semconv.CodeFilePathLegacy, roleLegacy, 0},
	{semconv.CodeLineNumberLegacy, roleLegacy, 0},
	{semconv.CodeModuleNameLegacy, roleLegacy, 0},
	{semconv.ThreadID, roleThreadID, 0},
	{semconv.CodeFilePath, roleUnused, 0},
	{semconv.CodeLineNumber, roleLine, 0},
	{semconv.CodeModuleName, roleModule, 0},
	{semconv.Target, roleTarget, 0},

	{semconv.RuntimeName, roleDerived, uint8(derivedRuntimeName)},
	{semconv.QueueWaitNs, roleDerived, uint8(runtimes.QueueWait)},
	{semconv.QueueWaitEstimate, roleDerived, uint8(runtimes.QueueWaitEstimate)},
	{semconv.IOWaitNs, roleDerived, uint8(runtimes.IOWait)},
	{semconv.UnaccountedNs, roleDerived, uint8(runtimes.Unaccounted)},
	{semconv.TaskBusyNs, roleDerived, uint8(runtimes.TaskBusy)},
	{semconv.TaskIdleNs, roleDerived, uint8(runtimes.TaskIdle)},
	{semconv.TaskLongestPoll, roleDerived, uint8(runtimes.TaskLongestPoll)},
	{semconv.TaskPollCount, roleDerived, uint8(runtimes.TaskPolls)},
	{semconv.TaskStealCount, roleDerived, uint8(runtimes.TaskSteals)},
	{semconv.TaskForcedYields, roleDerived, uint8(runtimes.TaskForcedYields)},
	{semconv.Worker, roleDerived, uint8(runtimes.Worker)},
	{semconv.WorkerCount, roleDerived, uint8(runtimes.Workers)},
	{semconv.TaskIdentifier, roleDerived, uint8(runtimes.Task)},
	{semconv.BusyRatio, roleDerived, uint8(derivedBusyRatio)},
	{semconv.QueueWaitSource, roleDerived, uint8(derivedQueueWaitSource)},
	{semconv.InconsistentTime, roleDerived, uint8(derivedInconsistent)},
	{semconv.Finding, roleDerived, uint8(derivedFinding)},
	{semconv.HeldUpBy, roleDerived, uint8(derivedFinding)},
	{semconv.CPUWaitRatio, roleDerived, uint8(derivedCPUWaitRatio)},
	{semconv.CPUThrottled, roleDerived, uint8(derivedCPUThrottled)},

	{semconv.LatencyCategory, roleDerived, uint8(derivedLatencyCategory)},
	{semconv.LatencyPercentile, roleDerived, uint8(derivedLatency)},
	{semconv.LatencyClass, roleDerived, uint8(derivedLatency)},
	{semconv.LatencyOutlier, roleDerived, uint8(derivedLatency)},
	{semconv.LatencyRatioToMedian, roleDerived, uint8(derivedLatency)},
	{semconv.LatencyBaselineP50, roleDerived, uint8(derivedLatency)},
	{semconv.LatencyBaselineP90, roleDerived, uint8(derivedLatency)},
	{semconv.LatencyBaselineP99, roleDerived, uint8(derivedLatency)},
	{semconv.LatencyBaselineCount, roleDerived, uint8(derivedLatency)},
}

// roles hold the rows by the slots of their names. Looked up for every attribute of every span: most names on a span are not ours, and
// nearly all of those fall into an empty slot.
type roles [256][]roleInKey

// roleInKey is what a name means to a processor with a certain key.
type roleInKey struct {
	attributeRole
	key   uint8  // index among the attributes of the key
	keyed uint32 // the bit of that index; 0 if the name is none of them
}

var (
	ownRoles  = newRoles(nil)
	partNames [runtimes.NumParts]string
	origins   [numDerived]runtimes.Field // the field that a derived attribute stands for, noField for none
)

const noField = runtimes.Field(runtimes.NumFields)

// slot spreads names by length and last character; the factors are those that leave the fewest of ours together.
func slot(name string) uint8 {
	if name == "" {
		return 0
	}
	return uint8(9*len(name)&0xff) + 10*name[len(name)-1]
}

// newRoles returns the table of this processor's own names, and of the attributes of its key.
func newRoles(key []string) *roles {
	var all roles
	for _, r := range attributeRoles {
		all[slot(r.name)] = append(all[slot(r.name)], roleInKey{attributeRole: r})
	}
	for i, name := range key {
		r := all.of(name)
		if r == nil {
			all[slot(name)] = append(all[slot(name)], roleInKey{attributeRole: attributeRole{name: name, role: roleNone}})
			r = all.of(name)
		}
		r.key, r.keyed = uint8(i), 1<<i
	}
	return &all
}

// of returns the row of a name, nil if it has none.
func (all *roles) of(name string) *roleInKey {
	rows := all[slot(name)]
	for i := range rows {
		if rows[i].name == name {
			return &rows[i]
		}
	}
	return nil
}

func init() {
	for i := range origins {
		origins[i] = noField
	}
	for part, field := range runtimes.Origins {
		origins[part] = field
	}
	for _, r := range attributeRoles {
		if r.role == roleDerived && int(r.number) < runtimes.NumParts {
			partNames[r.number] = r.name
		}
	}
}

// isSource reports whether an attribute is one that the tracing layer writes by itself.
func isSource(name string) bool {
	r := ownRoles.of(name)
	if r == nil {
		return false
	}
	switch r.role {
	case roleThreadName, roleThreadID, roleTarget, roleModule, roleLine, roleLegacy, roleUnused:
		return true
	case roleField:
		return name == semconv.BusyNs || name == semconv.IdleNs
	default:
		return false
	}
}

// read reads a span's attributes once, whatever the observation held before. An attribute whose value has not the type that its
// name promises is ignored, except for a derived one: whatever it holds, somebody put it there.
func (o *observation) read(attributes pcommon.Map, roles *roles) {
	o.fields.Reset()
	o.upstream.Reset()
	o.keyed = 0
	o.threadName, o.threadID, o.module, o.line, o.derived, o.legacy = "", explain.Unknown, "", 0, 0, false
	for name, value := range attributes.All() {
		r := roles.of(name)
		if r == nil {
			continue
		}
		if r.keyed != 0 {
			o.keyed |= r.keyed
			o.keys[r.key%maxKeyEntries] = value
		}
		switch r.role {
		case roleField:
			if n, ok := numberOf(value); ok {
				o.fields.Set(runtimes.Field(r.number), n)
			}
		case roleThreadName:
			o.threadName = value.Str()
		case roleThreadID:
			if value.Type() == pcommon.ValueTypeInt {
				o.threadID = value.Int()
			}
		case roleTarget:
			o.module = value.Str()
		case roleModule:
			if o.module == "" {
				o.module = value.Str()
			}
		case roleLine:
			if value.Type() == pcommon.ValueTypeInt {
				o.line = value.Int()
			}
		case roleLegacy:
			o.legacy = true
		case roleUnused, roleNone:
		case roleDerived:
			o.derived |= 1 << r.number
			if field := origins[r.number]; field != noField && value.Type() == pcommon.ValueTypeInt {
				o.upstream.Set(field, value.Int())
			}
		}
	}
}

// numberOf returns a whole number, in any form in which a service may record one: tracing-opentelemetry makes a text of each integer that
// it cannot be sure to fit into 64 bits with a sign, which are u64, usize and u128. What is no number that fits is none.
func numberOf(value pcommon.Value) (n int64, ok bool) {
	switch value.Type() {
	case pcommon.ValueTypeInt:
		return value.Int(), true
	case pcommon.ValueTypeDouble:
		f := value.Double()
		return int64(f), f >= 0 && f < 1<<63 // false for NaN
	case pcommon.ValueTypeStr:
		n, err := strconv.ParseInt(value.Str(), 10, 64)
		return n, err == nil
	default:
		return 0, false
	}
}
