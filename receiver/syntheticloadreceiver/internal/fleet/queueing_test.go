// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/queueing"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// TestQueueWaitOfSpansIsErlangs: a service whose requests arrive by a Poisson process and compute once, for an exponential time, is
// M/M/c on a runtime without costs. The mean of scheduled_ns, as the spans have it, is Erlang's: C(c, rho) / (c mu - lambda).
// So is the mean duration of the spans, which is the wait and the service time.
func TestQueueWaitOfSpansIsErlangs(t *testing.T) {
	const (
		utilization = 0.7
		service     = time.Millisecond
		requests    = 33 * 8_000
	)
	for _, model := range []string{semconv.RuntimeIdeal, semconv.RuntimeTokio} {
		for _, servers := range []int{1, 4, 16} {
			t.Run(fmt.Sprintf("%s/%d", model, servers), func(t *testing.T) {
				rate := utilization * float64(servers) / service.Seconds()
				services := mustParse(t, fmt.Sprintf(`
- name: a
  runtime: {model: %s, worker_threads: %d}
  arrivals: {process: poisson, rate: %g}
  max_in_flight: 1000000
  export: {processor: batch, max_queue_size: 1000000}
  operations: [{name: GET /, steps: [{compute: {exponential: {mean: %s}}}]}]
`, model, servers, rate, service))
				services[0].Runtime.Costs = &cost.Zero
				f := New(services, uint64(servers), sendSpans)

				type request struct{ start, wait, took sim.Time }
				var all []request
				read := func(_ pcommon.Map, _ string, span ptrace.Span) {
					all = append(all, request{
						start: sim.Time(span.StartTimestamp().AsTime().Sub(epoch)),
						wait:  sim.Time(value(t, span.Attributes(), semconv.ScheduledNs).Int()),
						took:  sim.Time(span.EndTimestamp() - span.StartTimestamp()),
					})
				}
				for at := second; len(all) < requests; at += second {
					f.Advance(at)
					each(sent(f), read)
					f.Discard()
				}
				f.StopArrivals()
				f.Advance(sim.Time(time.Hour))
				each(exported(f), read)
				require.EqualValues(t, len(all), f.Arrivals())
				require.Zero(t, f.DroppedBySDK(Traces))

				slices.SortFunc(all, func(a, b request) int { return int(a.start - b.start) })
				var waits, durations []sim.Time
				for _, r := range all {
					waits, durations = append(waits, r.wait), append(durations, r.took)
				}
				wait := queueing.ErlangC(servers, utilization) * float64(service) / (float64(servers) * (1 - utilization))
				for _, of := range []struct {
					what   string
					series []sim.Time
					want   float64
				}{
					{"wait", waits, wait},
					{"duration", durations, wait + float64(service)},
				} {
					estimate := queueing.BatchMeans(of.series)
					t.Logf("%s: %.0f ns; want %.0f +- %.0f", of.what, estimate.Mean, of.want, estimate.HalfWidth)
					assert.InDelta(t, of.want, estimate.Mean, estimate.HalfWidth, of.what)
					assert.Less(t, estimate.HalfWidth, 0.2*of.want, "an interval that says little")
				}
			})
		}
	}
}
