// SPDX-License-Identifier: Apache-2.0

package quality

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

const cpuStarved = semconv.FindingCPUStarved

// quotas are services with a CPU quota. The cure is that they have none. They were there when the rules were chosen.
var quotas = []load{
	{preset: "cpu_quota", cure: []string{", quota: {cpus: 1}", ""}},
	{preset: "rayon_beside_tokio", cure: []string{", quota: {cpus: 4}", ""}},
	{preset: "noisy_neighbor", cure: []string{", quota: {cpus: 0.5}", ""}, altered: []string{
		"runtime", "{model: tokio, worker_threads: 2}\nhost: {cpus: 2, quota: {cpus: 0.5}}", "arrivals", "{process: poisson, rate: 200}",
	}},
	{preset: "head_of_line_blocking", cure: []string{", quota: {cpus: 0.3}", ""}, altered: []string{
		"runtime", "{model: tokio, flavor: current_thread}\nhost: {cpus: 2, quota: {cpus: 0.3}}", "arrivals", "{process: poisson, rate: 40}",
	}},
}

// quotasHeldOut were written down before they were played.
var quotasHeldOut = []load{
	{preset: "data_processing", cure: []string{", quota: {cpus: 0.5}", ""}, altered: []string{
		"runtime", "{model: smol, worker_threads: 2}\nhost: {cpus: 2, quota: {cpus: 0.5}}",
	}},
	{preset: "noisy_neighbor", cure: []string{", quota: {cpus: 1}", ""}, altered: []string{
		"runtime", "{model: async_std, worker_threads: 4}\nhost: {cpus: 4, quota: {cpus: 1}}", "arrivals", "{process: poisson, rate: 300}",
	}},
	{preset: "lock_convoy", cure: []string{", quota: {cpus: 0.2}", ""}, altered: []string{
		"runtime", "{model: tokio, worker_threads: 2}\nhost: {cpus: 2, quota: {cpus: 0.2}}", "arrivals", "{process: poisson, rate: 120}",
	}},
	{preset: "cpu_quota", cure: []string{", quota: {cpus: 2}", ""}, altered: []string{
		"runtime", "{model: smol, worker_threads: 8}", "quota: {cpus: 1}", "quota: {cpus: 2}", "arrivals", "{process: gamma, rate: 300, shape: 0.5}",
	}},
	{preset: "rayon_beside_tokio", cure: []string{", quota: {cpus: 3}", ""}, altered: []string{"quota: {cpus: 4}", "quota: {cpus: 3}", "arrivals", "{process: poisson, rate: 600}"}},
}

// lacked is what a span of a service with a quota is compared with: the same span of the same run without it.
type lacked struct {
	duration, longestPoll time.Duration
	found                 map[string]bool
}

// playQuota plays a service beside what the kernel tells of it, once a second, or without, and returns its spans of the second half.
func playQuota(t *testing.T, service string, taskFields, kernel bool) map[pcommon.SpanID]lacked {
	t.Helper()
	spans := map[pcommon.SpanID]lacked{}
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		polls := map[pcommon.SpanID]time.Duration{}
		backend, err := consumer.NewTraces(func(_ context.Context, traces ptrace.Traces) error {
			each(traces, func(span ptrace.Span) {
				if span.StartTimestamp().AsTime().Sub(begun) < length/2 {
					return
				}
				s := lacked{span.EndTimestamp().AsTime().Sub(span.StartTimestamp().AsTime()), polls[span.SpanID()], map[string]bool{}}
				if list, ok := span.Attributes().Get(semconv.Finding); ok {
					for _, finding := range list.Slice().All() {
						s.found[finding.Str()] = true
					}
				}
				spans[span.SpanID()] = s
			})
			return nil
		})
		require.NoError(t, err)
		stats := runtimestatsprocessor.NewFactory()
		settings := processortest.NewNopSettings(stats.Type())
		processor, err := stats.CreateTraces(t.Context(), settings, stats.CreateDefaultConfig(), backend)
		require.NoError(t, err)
		metrics, err := stats.CreateMetrics(t.Context(), settings, stats.CreateDefaultConfig(), consumertest.NewNop())
		require.NoError(t, err)
		tap, err := consumer.NewTraces(func(ctx context.Context, traces ptrace.Traces) error {
			each(traces, func(span ptrace.Span) {
				polls[span.SpanID()] = time.Duration(number(span.Attributes(), semconv.LongestPollNs, 0))
				if !taskFields {
					span.Attributes().RemoveIf(func(name string, _ pcommon.Value) bool { return isTaskField[name] })
				}
			})
			return processor.ConsumeTraces(ctx, traces)
		})
		require.NoError(t, err)

		factory := syntheticloadreceiver.NewFactory()
		var tree map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(service), &tree))
		cfg := factory.CreateDefaultConfig()
		require.NoError(t, confmap.NewFromStringMap(map[string]any{
			"duration": length.String(), "verify": false, "services": []any{tree}, "run_id": "quality",
			"metrics": map[string]any{"interval": "1s", "temporality": "cumulative"},
		}).Unmarshal(cfg))
		of := receivertest.NewNopSettings(factory.Type())
		receiver, err := factory.CreateTraces(t.Context(), of, cfg, tap)
		require.NoError(t, err)
		starts := 1
		if kernel {
			_, err = factory.CreateMetrics(t.Context(), of, cfg, metrics) // the same one
			require.NoError(t, err)
			starts = 2
		}
		require.NoError(t, processor.Start(t.Context(), componenttest.NewNopHost()))
		require.NoError(t, metrics.Start(t.Context(), componenttest.NewNopHost()))
		time.Sleep(apart)
		for range starts {
			require.NoError(t, receiver.Start(t.Context(), componenttest.NewNopHost()))
		}
		time.Sleep(length + drain)
		require.NoError(t, receiver.Shutdown(t.Context()))
		require.NoError(t, metrics.Shutdown(t.Context()))
		require.NoError(t, processor.Shutdown(t.Context()))
	})
	require.NotEmpty(t, spans)
	return spans
}

// The same limits as for real services: what must be found, and what may be.
const (
	graveLack, gravePart     = 5 * time.Millisecond, 2
	notableLack, notablePart = time.Millisecond, 10
)

// quotaScore counts spans: those that must have cpu_starved, those of them that have it, those that have it, and those of them that may; those
// that blocking_suspected accuses wrongly, with what the kernel tells and without; and the cured ones that have cpu_starved.
type quotaScore struct {
	spans, must, met, found, right int
	wrong, wrongWithout            int
	blocks, blocking               int // those whose poll is long without a quota as well, and those of them that are accused
	cured                          int
}

func (s quotaScore) add(o quotaScore) quotaScore {
	return quotaScore{
		s.spans + o.spans, s.must + o.must, s.met + o.met, s.found + o.found, s.right + o.right, s.wrong + o.wrong, s.wrongWithout + o.wrongWithout,
		s.blocks + o.blocks, s.blocking + o.blocking, s.cured + o.cured,
	}
}

func (s quotaScore) precision() float64 { return share(s.right, s.found) }
func (s quotaScore) recall() float64    { return share(s.met, s.must) }

// judgeQuota compares a service under a quota with itself without.
func judgeQuota(t *testing.T, l *load, taskFields bool) (s quotaScore) {
	t.Helper()
	service := l.service(t)
	sick, without := playQuota(t, service, taskFields, true), playQuota(t, service, taskFields, false)
	well := playQuota(t, change(t, service, l.cure), taskFields, true)
	for _, w := range well {
		s.cured += one(w.found[cpuStarved])
	}
	for id, span := range sick {
		w, known := well[id]
		if !known {
			continue // it was not sent in both
		}
		lack := span.duration - w.duration
		must := lack >= graveLack && lack*gravePart >= span.duration
		may := lack >= notableLack && lack*notablePart >= span.duration
		blocks, found, accused := w.longestPoll >= leastPoll, span.found[cpuStarved], span.found[blocking]
		s = s.add(quotaScore{
			spans: 1, must: one(must), met: one(must && found), found: one(found), right: one(found && may),
			wrong: one(accused && !blocks), wrongWithout: one(without[id].found[blocking] && !blocks),
			blocks: one(blocks), blocking: one(blocks && accused),
		})
	}
	return s
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// playQuotas plays services with a quota and adds a table.
func (r *report) playQuotas(t *testing.T, name string, services []load, taskFields bool) (all quotaScore) {
	t.Helper()
	_, _ = fmt.Fprintf(r, "\n## %s\n\n| service | spans | lacked a CPU | found | right | precision | recall | "+
		"wrong `blocking_suspected`: without the join | with it | found on the cured |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n", name)
	row := func(name string, s quotaScore) {
		_, _ = fmt.Fprintf(r, "| %s | %d | %d | %d | %d | %.3f | %.3f | %d | %d | %d |\n", name, s.spans, s.must, s.found, s.right, s.precision(), s.recall(), s.wrongWithout, s.wrong, s.cured)
	}
	for i := range services {
		s := judgeQuota(t, &services[i], taskFields)
		row(services[i].name(), s)
		all = all.add(s)
	}
	row("**all**", all)
	return all
}

// quotaRuns are the tables of services with a quota.
var quotaRuns = []struct {
	name       string
	services   []load
	taskFields bool
}{
	{"A CPU quota, measured task fields", quotas, true},
	{"A CPU quota, busy and idle only", quotas, false},
	{"A CPU quota, measured task fields, held out", quotasHeldOut, true},
	{"A CPU quota, busy and idle only, held out", quotasHeldOut, false},
}

// playAllQuotas adds all of these tables, and holds the finding to what it has to be worth.
func (r *report) playAllQuotas(t *testing.T) {
	t.Helper()
	for _, run := range quotaRuns {
		s := r.playQuotas(t, run.name, run.services, run.taskFields)
		assert.GreaterOrEqual(t, s.precision(), 0.9, "%s: precision", run.name)
		assert.GreaterOrEqual(t, s.recall(), 0.75, "%s: recall", run.name) // 0.8 of those not held out
		assert.LessOrEqual(t, 10*s.wrong, s.wrongWithout, "%s: blocking_suspected", run.name)
		assert.Zero(t, s.cured, "%s: the cured lack nothing", run.name)
	}
}
