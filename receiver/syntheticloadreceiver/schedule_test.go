// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	schedules "github.com/runtimelab/otelcol-runtimelab/workload/play"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// configOf is a configuration with the services of a YAML text.
func configOf(tb testing.TB, services string, change func(*Config)) *Config {
	tb.Helper()
	cfg := NewDefaultConfig()
	cfg.RunID = "test"
	require.NoError(tb, yaml.Unmarshal([]byte(services), &cfg.Services))
	if change != nil {
		change(cfg)
	}
	require.NoError(tb, cfg.Validate())
	return cfg
}

// prescribed is when requests are to arrive by the processes of arrivals alone, up to and including the end, by host.name.
func prescribed(t *testing.T, cfg *Config, end time.Duration) map[string][]sim.Time {
	t.Helper()
	services, err := spec.Decode(cfg.Services)
	require.NoError(t, err)
	times := map[string][]sim.Time{}
	for _, s := range services {
		for instance := range s.Instances {
			host := fmt.Sprintf("%s-%d", s.Name, instance)
			schedule := schedules.Schedule(s, cfg.Seed, instance)
			for at := schedule.Next(); at <= sim.Time(end); at = schedule.Next() {
				times[host] = append(times[host], at)
			}
		}
	}
	return times
}

// started is when the root spans of each host began, in that order.
func started(batches []ptrace.Traces, epoch time.Time) map[string][]sim.Time {
	times := map[string][]sim.Time{}
	for _, td := range batches {
		for _, rs := range td.ResourceSpans().All() {
			host, _ := rs.Resource().Attributes().Get(semconv.HostName)
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					if span.ParentSpanID().IsEmpty() {
						times[host.Str()] = append(times[host.Str()], sim.Time(span.StartTimestamp().AsTime().Sub(epoch)))
					}
				}
			}
		}
	}
	for _, of := range times {
		slices.Sort(of)
	}
	return times
}

// TestEmittedAsScheduled: a root span begins at each time at which the process of arrivals, played alone, says that a request
// arrives, to the nanosecond, and none begins at another; on each runtime, from one request a second to 200,000.
func TestEmittedAsScheduled(t *testing.T) {
	for _, process := range []string{"process: constant", "process: poisson", "process: gamma, shape: 0.25"} {
		for _, load := range []struct {
			rate  int
			lasts time.Duration
		}{
			{1, 100 * time.Second},
			{100, 10 * time.Second},
			{10_000, 300 * time.Millisecond},
			{200_000, 50 * time.Millisecond},
		} {
			t.Run(fmt.Sprintf("%s, rate: %d", process, load.rate), func(t *testing.T) {
				var services strings.Builder
				for _, model := range []string{"tokio", "async_std", "smol", "ideal"} {
					fmt.Fprintf(&services, `
- name: %s
  instances: 2
  runtime: {model: %s}
  arrivals: {%s, rate: %d}
  operations: [{name: GET /, steps: [{compute: 1us}]}]
`, model, model, process, load.rate)
				}
				cfg := configOf(t, services.String(), unpaced(load.lasts))
				want := prescribed(t, cfg, load.lasts)
				require.Len(t, want, 8)
				if total := float64(load.rate) * load.lasts.Seconds(); total >= 1000 {
					for host, times := range want {
						assert.InEpsilon(t, total, len(times), 0.25, host)
					}
				}
				synctest.Test(t, func(t *testing.T) { // with whose clock the epoch is known
					sink := new(consumertest.TracesSink)
					r, _ := newTraces(t, cfg, sink)
					epoch := time.Now()
					require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
					r.running.Wait()
					require.NoError(t, r.Shutdown(t.Context()))
					assertSameTimes(t, want, started(sink.AllTraces(), epoch))
				})
			})
		}
	}
}

// assertSameTimes compares arrival by arrival, and shows the first that differs: all would be too many to read.
func assertSameTimes(t *testing.T, want, got map[string][]sim.Time) {
	t.Helper()
	assert.Len(t, got, len(want))
	for host, times := range want {
		for i := range min(len(times), len(got[host])) {
			if times[i] != got[host][i] {
				assert.Equal(t, times[i], got[host][i], "%s, arrival %d", host, i)
				break
			}
		}
		assert.Len(t, got[host], len(times), host)
	}
}
