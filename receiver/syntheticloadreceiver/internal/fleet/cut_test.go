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
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// TestCutLosesNothing cuts requests of every signal into pieces of many sizes. Together the pieces carry each item of the whole, once.
func TestCutLosesNothing(t *testing.T) {
	for _, separate := range []bool{false, true} {
		f := newSignals(mixed(t), nil)
		f.options.Verify, f.options.Separate = true, separate
		f.Advance(sim.Time(2500 * time.Millisecond))
		requests := append(f.Requests(), f.EndMarkers(Traces, Metrics, Logs)...)
		mostPieces := [signals]int{}
		for i := range requests {
			whole := &requests[i]
			for _, n := range []int{1, 2, 7, 100, 1000} {
				var items []string
				pieces := 1
				rest := *whole
				for rest.Items > n {
					var piece Request
					piece, rest = rest.Cut(n)
					require.GreaterOrEqual(t, piece.Items, n)
					if whole.Signal != Metrics || whole.ends {
						require.Equal(t, n, piece.Items)
					}
					items = append(items, sentItems(t, f, &piece)...)
					pieces++
				}
				if rest.Items > 0 {
					items = append(items, sentItems(t, f, &rest)...)
				}
				slices.Sort(items)
				all := sentItems(t, f, whole)
				slices.Sort(all)
				require.Equal(t, all, items)
				mostPieces[whole.Signal] = max(mostPieces[whole.Signal], pieces)
			}
		}
		for s, n := range mostPieces {
			assert.Greater(t, n, 2, "requests of signal %d that can be cut", s)
		}
	}
}

// sentItems names each item of a request by its stamp.
func sentItems(t *testing.T, f *Fleet, r *Request) (items []string) {
	t.Helper()
	note := func(a pcommon.Map) {
		items = append(items, fmt.Sprint(a.AsRaw()[semconv.StampSource], a.AsRaw()[semconv.StampSequence]))
	}
	switch r.Signal {
	case Traces:
		each(f.Traces(r, epoch), func(_ pcommon.Map, _ string, span ptrace.Span) { note(span.Attributes()) })
	case Metrics:
		for _, rm := range f.Metrics(r, epoch).ResourceMetrics().All() {
			for _, m := range rm.ScopeMetrics().At(0).Metrics().All() {
				if m.Type() == pmetric.MetricTypeExponentialHistogram {
					for _, p := range m.ExponentialHistogram().DataPoints().All() {
						note(p.Attributes())
					}
					continue
				}
				for _, p := range numberPoints(m).All() {
					note(p.Attributes())
				}
			}
		}
	default:
		for _, rl := range f.Logs(r, epoch).ResourceLogs().All() {
			for _, sl := range rl.ScopeLogs().All() {
				for _, record := range sl.LogRecords().All() {
					note(record.Attributes())
				}
			}
		}
	}
	require.Len(t, items, r.Items)
	return items
}
