// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/backendtest"
	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/load"
	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/plan"
	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/tally"
)

// outcome of a run.
type outcome struct {
	tally.Snapshot
	load.Ending
	said string
}

// play plays a request to its end. Meanwhile may watch it; its context's end is Ctrl-C.
func play(t *testing.T, r *plan.Request, meanwhile func(l *load.Load, ctrlC func())) outcome {
	t.Helper()
	p, err := r.Check()
	require.NoError(t, err)
	var mu sync.Mutex
	var said strings.Builder
	l, err := load.New(t.Context(), p, "v0", func(text string) {
		mu.Lock()
		defer mu.Unlock()
		said.WriteString(text + "\n")
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	require.NoError(t, l.Start(ctx))
	if meanwhile != nil {
		go meanwhile(l, cancel)
	}
	ending, err := l.Run(ctx)
	require.NoError(t, err)
	result, err := l.Snapshot(t.Context(), true)
	require.NoError(t, err)
	l.Stop(t.Context())
	mu.Lock()
	defer mu.Unlock()
	return outcome{result, ending, said.String()}
}

// short is a load of a third of a second over a protocol, to a backend in plaintext.
func short(b *backendtest.Backend, protocol string) *plan.Request {
	r := plan.Default()
	r.Protocol, r.Insecure, r.Rate, r.Duration = protocol, true, 1000, 300*time.Millisecond
	r.Endpoint = map[string]string{plan.GRPC: b.GRPC, plan.HTTP: b.HTTP}[protocol]
	return &r
}

// TestAccepted: what the run says was accepted is what the backend has, of each signal.
func TestAccepted(t *testing.T) {
	t.Parallel()
	for _, protocol := range plan.Protocols() {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			b := backendtest.Start(t, backendtest.Settings{})
			r := short(b, protocol)
			r.SignalNames, r.Duration = plan.Signals(), 1500*time.Millisecond // metrics are sampled once a second
			r.Header = []string{"X-Tenant=$a, \"b\""}
			got := play(t, r, nil)

			assert.True(t, got.Complete())
			assert.Empty(t, got.said)
			assert.Equal(t, load.Ending{}, got.Ending)
			require.Len(t, got.Signals, 3)
			for i, there := range []int{b.Traces.SpanCount(), b.Metrics.DataPointCount(), b.Logs.LogRecordCount()} {
				assert.EqualValues(t, there, got.Signals[i].Accepted, got.Signals[i].Name)
				assert.Positive(t, there)
			}
			assert.Positive(t, got.Arrived)
			assert.Equal(t, []string{`$a, "b"`}, b.Header("x-tenant"))
			name, _ := b.Traces.AllTraces()[0].ResourceSpans().At(0).Resource().Attributes().Get("service.name")
			assert.Equal(t, "api-gateway", name.Str())
		})
	}
}

// TestRefusedForNow: a backend refuses two requests, and gets them again.
func TestRefusedForNow(t *testing.T) {
	t.Parallel()
	for _, protocol := range plan.Protocols() {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			b := backendtest.Start(t, backendtest.Settings{Answer: func(request int) error {
				if request <= 2 {
					return errors.New("not now")
				}
				return nil
			}})
			got := play(t, short(b, protocol), nil)
			assert.True(t, got.Complete())
			assert.EqualValues(t, b.Traces.SpanCount(), got.Total().Accepted)
			assert.GreaterOrEqual(t, got.Failures(), int64(2))
			assert.Equal(t, 1, strings.Count(got.said, "Trying again."), got.said)
			assert.Equal(t, 1, strings.Count(got.said, "takes traces again"), got.said)
		})
	}
}

// TestRefusedForGood: a backend refuses the first request for good. Its items are dropped, and no other ones.
func TestRefusedForGood(t *testing.T) {
	t.Parallel()
	for _, protocol := range plan.Protocols() {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			b := backendtest.Start(t, backendtest.Settings{Answer: func(request int) error {
				if request == 1 {
					return consumererror.NewPermanent(errors.New("never"))
				}
				return nil
			}})
			r := short(b, protocol)
			r.Rate = 5000 // several exports of 512 spans
			got := play(t, r, nil)
			total := got.Total()
			assert.False(t, got.Complete())
			assert.EqualValues(t, b.Traces.SpanCount(), total.Accepted)
			assert.Positive(t, total.Dropped)
			assert.Equal(t, total.Emitted(), total.Accepted+total.Dropped)
			assert.Contains(t, got.said, "never")
			assert.Contains(t, got.said, "What it refuses is lost.")
		})
	}
}

// TestNobodyListens: the load tries until its duration is over, and says so in one line.
func TestNobodyListens(t *testing.T) {
	t.Parallel()
	for _, protocol := range plan.Protocols() {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			r := short(&backendtest.Backend{GRPC: backendtest.FreeAddress(t), HTTP: backendtest.FreeAddress(t)}, protocol)
			got := play(t, r, nil)
			total := got.Total()
			assert.True(t, got.Silent)
			assert.False(t, got.Complete())
			assert.Positive(t, total.Unconfirmed)
			assert.Equal(t, total.Emitted(), total.Unconfirmed)
			assert.Greater(t, got.Failures(), int64(1))
			why := "nobody listens at " + r.Endpoint + ": start the backend, or name another address with --endpoint"
			assert.Equal(t, why+" (connection refused). Trying again.\n", got.said)
			assert.Equal(t, why, got.Trouble)
		})
	}
}

// TestInterrupted: Ctrl-C in the middle of a load without end. What the services had sent by then arrives.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	for _, protocol := range plan.Protocols() {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			second := make(chan struct{})
			b := backendtest.Start(t, backendtest.Settings{Answer: func(request int) error {
				if request == 2 {
					close(second)
				}
				return nil
			}})
			r := short(b, protocol)
			r.Duration = 0
			got := play(t, r, func(_ *load.Load, ctrlC func()) {
				<-second
				ctrlC()
			})
			assert.True(t, got.Interrupted)
			assert.True(t, got.Complete())
			assert.EqualValues(t, b.Traces.SpanCount(), got.Total().Accepted)
			assert.Empty(t, got.said)
		})
	}
}

// TestSeed: one seed and one run id give the same spans; another seed gives others.
func TestSeed(t *testing.T) {
	t.Parallel()
	spans := func(seed uint64) int {
		b := backendtest.Start(t, backendtest.Settings{})
		r := short(b, plan.GRPC)
		r.Seed, r.RunID, r.Instances = seed, "r", 2
		require.True(t, func() bool { got := play(t, r, nil); return got.Complete() }())
		return b.Traces.SpanCount()
	}
	first := spans(1)
	assert.Equal(t, first, spans(1))
	assert.NotEqual(t, first, spans(2))
}
