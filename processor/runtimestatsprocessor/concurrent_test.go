// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Eight requests at a time, of one process and of several. Each span is judged once, and what is found is the same as from one sender
// where each has a process of its own.
func TestConcurrentRequests(t *testing.T) {
	all := spansOf(capture(t, "actix.json"))
	alone := hints(t, newTestProcessor(t, nil), pack(all, inOne))
	for _, processes := range []int{1, 8} {
		p := newTestProcessor(t, nil)
		var senders sync.WaitGroup
		for sender := range 8 {
			senders.Go(func() {
				requests := pack(again(all, sender), func() cut { return newRequest })
				for _, request := range requests {
					id := strconv.Itoa(sender % processes)
					request.ResourceSpans().At(0).Resource().Attributes().PutStr(semconv.ServiceInstanceID, id)
				}
				if found := hints(t, p, requests); processes == 8 {
					assert.Equal(t, alone, found)
				}
			})
		}
		senders.Wait()
		assert.Equal(t, processes, p.join.instances.Len())
	}
}
