// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload/play"
)

// origins are the instances of a group, in the order of its network: whose spans may be parents, and whose arrivals begin traces.
type origins struct {
	identities []*identity
	places     map[*play.Instance]int // in identities
	traces     traceSpans
}

// traceID is that of a tag: of an arrival at one of the instances.
func (o *origins) traceID(tag uint64) pcommon.TraceID {
	instance, arrival := play.Origin(tag)
	return o.identities[instance].traceID(arrival)
}

// chosen reports whether the share of traces that is chosen has the one of a tag.
func (o *origins) chosen(tag uint64, share float64) bool {
	instance, arrival := play.Origin(tag)
	r := sim.Stream(o.identities[instance].draws, arrival, streamChosen)
	return r.Float64() < share
}

// cluster is the key of the trace of a tag, which a sampler keeps or drops as a whole.
func (o *origins) cluster(tag uint64) uint64 {
	instance, arrival := play.Origin(tag)
	return o.identities[instance].cluster(clusterTrace, arrival)
}

// randomness is the random value of the trace of a tag, of which a consistent sampler keeps those that are not below its threshold: 56 bits.
func (o *origins) randomness(tag uint64) uint64 {
	instance, arrival := play.Origin(tag)
	return o.identities[instance].cluster(clusterRandomness, arrival) >> 8
}
