package fleet

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"
)

// sample takes the state of every runtime, now.
func (f *Fleet) sample() {
	for _, p := range f.processes {
		if p.metrics != nil {
			p.metrics.Sample(f.sim.Now(), p.instance.Runtime().Counters())
		}
	}
}

// Flush takes a last sample, as services do at their end: of the part of an interval since the one before. At the time of a
// sample it does nothing.
func (f *Fleet) Flush() { f.sample() }

// Metrics builds the points of the samples taken since the last Discard. Virtual time 0 is epoch.
func (f *Fleet) Metrics(epoch time.Time) pmetric.Metrics {
	md := pmetric.NewMetrics()
	md.ResourceMetrics().EnsureCapacity(len(f.processes))
	for _, p := range f.processes {
		if p.metrics == nil || p.metrics.Points() == 0 {
			continue
		}
		rm := md.ResourceMetrics().AppendEmpty()
		p.identity.resource.CopyTo(rm.Resource())
		p.metrics.Build(rm.ScopeMetrics().AppendEmpty(), wall(epoch))
	}
	return md
}
