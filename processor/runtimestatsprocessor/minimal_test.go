// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// The smallest captures in which something was once found that was wrong, and what is right. Each is played to a processor that has never
// heard of the process, and to one that has heard a longer capture of the same service: what the one does not know it does not say.
func TestMinimalCaptures(t *testing.T) {
	const blocking, heldUp = semconv.FindingBlocking, semconv.FindingHeldUp
	for _, tt := range []struct {
		name, service string
		plays         int // of the service before
		want          map[string][]string
		runtime       string
	}{
		{"parent-of-blocking-child.json", "axum.json", 2, map[string][]string{"load_profile": {blocking}}, semconv.RuntimeTokio},
		{"resource-per-span.json", "old022.json", 2, nil, semconv.RuntimeTokio}, // of an old layer, whose idle time tells no single poll
		{"spawn-blocking.json", "axum.json", 2, nil, semconv.RuntimeTokio},
		{"fast-span-inconsistent.json", "axum.json", 2, nil, semconv.RuntimeTokio},
		{"guard-across-await.json", "actix.json", 2, nil, semconv.RuntimeTokio}, // a sample tells too little of what the thread did meanwhile
		{"actix-threads.json", "actix.json", 2, nil, semconv.RuntimeTokio},
		{"async-std-blocking-pool.json", "async-std-svc.json", 2, nil, semconv.RuntimeAsyncStd},
		{"current-thread.json", "current.json", 2, nil, semconv.RuntimeTokio},
		{"task-fields-u64.json", "axum.json", 2, nil, semconv.RuntimeTokio},
		{"driver-held-up.json", "current.json", 6, map[string][]string{
			"w_block": {blocking, semconv.FindingStarved}, "w_sleep": {heldUp, heldUpBy + "w_block"},
		}, semconv.RuntimeTokio},
	} {
		service := spansOf(capture(t, tt.service))
		for _, warm := range []bool{false, true} {
			p := newTestProcessor(t, nil)
			for n := range tt.plays {
				if warm {
					hints(t, p, pack(again(service, n), inOne))
				}
			}
			all := spansOf(capture(t, "minimal/"+tt.name))
			for i := range all {
				all[i].resource = service[0].resource // some were taken of another run, under another name
			}
			requests := pack(all, inOne)
			found := hints(t, p, requests)
			for i, s := range spansOf(requests) {
				span, list := s.span, found[i]
				if warm {
					assert.Equal(t, tt.want[span.Name()], list, "%s: %s", tt.name, span.Name())
				} else {
					assert.Subset(t, tt.want[span.Name()], list, "%s: %s, of an unknown process", tt.name, span.Name())
				}
				if runtime, known := span.Attributes().Get(semconv.RuntimeName); warm || known {
					assert.Equal(t, tt.runtime, runtime.Str(), "%s: %s", tt.name, span.Name())
				}
				assert.NotContains(t, span.Attributes().AsRaw(), semconv.InconsistentTime, "%s: %s", tt.name, span.Name())
			}
		}
	}
}
