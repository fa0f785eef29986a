// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/metadatatest"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

var update = flag.Bool("update", false, "rewrite golden files")

// host records the component's status and has extensions.
type host struct {
	component.Host
	extensions map[component.ID]component.Component
	mu         sync.Mutex
	events     []*componentstatus.Event
}

func newHost() *host { return &host{Host: componenttest.NewNopHost()} }

func (h *host) GetExtensions() map[component.ID]component.Component { return h.extensions }

func (h *host) Report(e *componentstatus.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
}

// rig is the exporter of all signals, as a Collector has it.
type rig struct {
	traces  exporter.Traces
	metrics exporter.Metrics
	logs    exporter.Logs
	host    *host
	out     bytes.Buffer
	config  *Config
}

func newRig(t *testing.T, set exporter.Settings, h *host, configure func(*Config)) *rig {
	t.Helper()
	return newRigTo(t, nil, set, h, configure)
}

// newRigTo prints tables elsewhere than to the rig's buffer, unless out is nil.
func newRigTo(t *testing.T, out io.Writer, set exporter.Settings, h *host, configure func(*Config)) *rig {
	t.Helper()
	r := &rig{host: h}
	if out == nil {
		out = &r.out
	}
	set.ID = component.NewID(metadata.Type)
	r.config = createDefaultConfig().(*Config)
	r.config.Report = filepath.Join(t.TempDir(), "report.json")
	if configure != nil {
		configure(r.config)
	}
	require.NoError(t, r.config.Validate())
	f := newFactory(func() io.Writer { return out })
	var err error
	r.traces, err = f.CreateTraces(t.Context(), set, r.config)
	require.NoError(t, err)
	r.metrics, err = f.CreateMetrics(t.Context(), set, r.config)
	require.NoError(t, err)
	r.logs, err = f.CreateLogs(t.Context(), set, r.config)
	require.NoError(t, err)
	return r
}

func (r *rig) all() []component.Component { return []component.Component{r.traces, r.metrics, r.logs} }

func (r *rig) start(t *testing.T) {
	t.Helper()
	for _, c := range r.all() {
		require.NoError(t, c.Start(t.Context(), r.host))
	}
}

func (r *rig) shutdown(t *testing.T) {
	t.Helper()
	for _, c := range r.all() {
		require.NoError(t, c.Shutdown(context.WithoutCancel(t.Context())))
	}
}

// report reads the JSON report as others do: without our types.
func (r *rig) report(t *testing.T) map[string]any {
	t.Helper()
	text, err := os.ReadFile(r.config.Report)
	require.NoError(t, err)
	var report map[string]any
	require.NoError(t, json.Unmarshal(text, &report))
	return report
}

// at follows keys and indices into a report.
func at(t *testing.T, report any, path ...any) any {
	t.Helper()
	for _, p := range path {
		switch p := p.(type) {
		case string:
			require.Contains(t, report, p)
			report = report.(map[string]any)[p]
		case int:
			require.Greater(t, len(report.([]any)), p)
			report = report.([]any)[p]
		}
	}
	return report
}

// TestTranscript tells of a run with one fault of each kind, as a person at the console sees it.
func TestTranscript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		telemetry := componenttest.NewTelemetry()
		set := exportertest.NewNopSettings(metadata.Type)
		set.TelemetrySettings = telemetry.NewTelemetrySettings()
		r := newRig(t, set, newHost(), func(c *Config) { c.TableInterval = 10 * time.Second })
		r.start(t)
		assert.Equal(t, "running", at(t, r.report(t), "verdict"), "there is a report from the start")

		// Items of 20 ms ago arrive, but of the spans 7 is held up and 5 is lost; 6 loses its parent with it... 4 does.
		a := source{run: "nightly", name: "gateway-a", at: time.Now().Add(-20 * time.Millisecond)}
		b := source{run: "nightly", name: "gateway-b", at: a.at}
		a.says = stamp.End{Sources: 2, Sends: [audit.Signals]bool{true, true, true}}
		b.says = a.says
		a.says.Process = [audit.Signals]stamp.Totals{{Numbered: 12, GivenUp: 1}, {Numbered: 9}, {Numbered: 5}}
		b.says.Process[audit.Traces].Numbered = 6
		ctx := t.Context()
		require.NoError(t, r.traces.ConsumeTraces(ctx, a.traces(0, 1, 2, 3, 4, 6, 8, 9)))
		require.NoError(t, r.traces.ConsumeTraces(ctx, b.traces(upTo(6)...)))
		require.NoError(t, r.metrics.ConsumeMetrics(ctx, a.metrics(upTo(8)...)))
		require.NoError(t, r.logs.ConsumeLogs(ctx, a.logs(0, 1, 2)))
		time.Sleep(11 * time.Second)
		assert.Equal(t, "running", at(t, r.report(t), "runs", 0, "verdict"))

		// 7 comes late, and 6 a second time. A processor changes a metric's name and adds an attribute to a log record: only the
		// first is corruption. Somebody else's log record has no stamp.
		a.at = time.Now()
		require.NoError(t, r.traces.ConsumeTraces(ctx, a.traces(7, 6)))
		changed := a.metrics(8)
		changed.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).SetName("renamed")
		require.NoError(t, r.metrics.ConsumeMetrics(ctx, changed))
		enriched := a.logs(3)
		enriched.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().PutStr("added", "x")
		enriched.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().AppendEmpty()
		require.NoError(t, r.logs.ConsumeLogs(ctx, enriched))

		// The end: of the spans of a one was given up. The marker of its logs is lost with the record before, but others tell of it.
		require.NoError(t, r.traces.ConsumeTraces(ctx, a.tracesEnd(12, 1)))
		require.NoError(t, r.traces.ConsumeTraces(ctx, b.tracesEnd(6, 0)))
		require.NoError(t, r.metrics.ConsumeMetrics(ctx, a.metricsEnd(9, 0)))
		require.NoError(t, r.metrics.ConsumeMetrics(ctx, b.metricsEnd(0, 0)))
		require.NoError(t, r.logs.ConsumeLogs(ctx, b.logsEnd(0, 0)))
		time.Sleep(10 * time.Second)
		r.shutdown(t)

		report := r.report(t)
		assert.Equal(t, "fail", at(t, report, "verdict"))
		assert.Equal(t, true, at(t, report, "final"))
		assert.Equal(t, audit.Schema, at(t, report, "schema"))
		for key, want := range map[string]float64{
			"sent": 18, "received": 15, "missing": 3, "given_up": 1, "lost": 2, "duplicate": 1, "out_of_order": 1, "corrupt": 0,
			"orphans": 1, "incomplete_traces": 1, "sources": 2, "ended": 2,
		} {
			assert.Equal(t, want, at(t, report, "runs", 0, "signals", 0, key), key)
		}
		assert.EqualValues(t, 1, at(t, report, "runs", 0, "signals", 1, "corrupt"))
		for key, want := range map[string]any{"sent": 5.0, "lost": 1.0, "corrupt": 0.0, "ended": 1.0, "sent_known": true} {
			assert.Equal(t, want, at(t, report, "runs", 0, "signals", 2, key), key)
		}
		assert.Equal(t, []any{
			"attributes", "resource", "scope", "span events", "span links", "histogram buckets", "metric metadata", "order", "dropped counts", "entity refs",
		}, at(t, report, "not_checked"))
		assert.EqualValues(t, 1, at(t, report, "unexpected", "unstamped"))
		assert.EqualValues(t, 2, at(t, report, "runs", 0, "signals", 0, "by_source", 0, "lost"))

		// The component told of it when the run was final, once for each signal's component.
		require.Len(t, r.host.events, 3)
		assert.Equal(t, componentstatus.StatusRecoverableError, r.host.events[0].Status())
		assert.ErrorContains(t, r.host.events[0].Err(), "max_duplicates")

		ignore := []metricdatatest.Option{metricdatatest.IgnoreTimestamp(), metricdatatest.IgnoreExemplars()}
		signal := func(s string) attribute.Set { return attribute.NewSet(attribute.String("signal", s)) }
		metadatatest.AssertEqualExporterLoadVerifyReceivedItems(t, telemetry, []metricdata.DataPoint[int64]{
			{Attributes: signal("traces"), Value: 15}, {Attributes: signal("metrics"), Value: 9}, {Attributes: signal("logs"), Value: 4},
		}, ignore...)
		metadatatest.AssertEqualExporterLoadVerifyDuplicateItems(t, telemetry, []metricdata.DataPoint[int64]{
			{Attributes: signal("traces"), Value: 1},
		}, ignore...)
		metadatatest.AssertEqualExporterLoadVerifyOutOfOrderItems(t, telemetry, []metricdata.DataPoint[int64]{
			{Attributes: signal("traces"), Value: 1},
		}, ignore...)
		metadatatest.AssertEqualExporterLoadVerifyCorruptItems(t, telemetry, []metricdata.DataPoint[int64]{
			{Attributes: signal("metrics"), Value: 1},
		}, ignore...)
		metadatatest.AssertEqualExporterLoadVerifyLostItems(t, telemetry, []metricdata.DataPoint[int64]{
			{Attributes: signal("traces"), Value: 2}, {Attributes: signal("metrics"), Value: 0}, {Attributes: signal("logs"), Value: 1},
		}, ignore...)
		metadatatest.AssertEqualExporterLoadVerifyOrphanSpans(t, telemetry, []metricdata.DataPoint[int64]{{Value: 1}}, ignore...)
		metadatatest.AssertEqualExporterLoadVerifyUnexpectedItems(t, telemetry, []metricdata.DataPoint[int64]{
			{Attributes: attribute.NewSet(attribute.String("signal", "logs"), attribute.String("reason", "unstamped")), Value: 1},
		}, ignore...)
		metadatatest.AssertEqualExporterLoadVerifyRuns(t, telemetry, []metricdata.DataPoint[int64]{
			{Attributes: attribute.NewSet(attribute.String("verdict", "running")), Value: 0},
			{Attributes: attribute.NewSet(attribute.String("verdict", "pass")), Value: 0},
			{Attributes: attribute.NewSet(attribute.String("verdict", "unknown")), Value: 0},
			{Attributes: attribute.NewSet(attribute.String("verdict", "fail")), Value: 1},
		}, ignore...)
		p99, err := telemetry.GetMetric("otelcol_exporter_load_verify_latency_p99")
		require.NoError(t, err)
		assert.Len(t, p99.Data.(metricdata.Gauge[float64]).DataPoints, 3)

		golden(t, "transcript.txt", r.out.String())
	})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

// TestPass is a run of three signals without fault, whose signals end at different times: nothing is said of it but the verdict.
func TestPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, exportertest.NewNopSettings(metadata.Type), newHost(), nil)
		r.start(t)
		s := source{run: "r", name: "s", at: time.Now()}
		s.says = stamp.End{
			Sources: 1, Sends: [audit.Signals]bool{true, true, true}, Process: [audit.Signals]stamp.Totals{{Numbered: 1200}, {Numbered: 40}, {Numbered: 3}},
		}
		require.NoError(t, r.traces.ConsumeTraces(t.Context(), s.traces(upTo(1200)...)))
		require.NoError(t, r.traces.ConsumeTraces(t.Context(), s.tracesEnd(1200, 0)))
		require.NoError(t, r.metrics.ConsumeMetrics(t.Context(), s.metrics(upTo(40)...)))
		require.NoError(t, r.metrics.ConsumeMetrics(t.Context(), s.metricsEnd(40, 0)))
		require.NoError(t, r.logs.ConsumeLogs(t.Context(), s.logs(upTo(3)...)))
		time.Sleep(4 * time.Second)
		require.NoError(t, r.logs.ConsumeLogs(t.Context(), s.logsEnd(3, 0)))
		time.Sleep(2 * time.Second) // an update at 5 s: the logs are within their grace
		assert.Equal(t, "running", at(t, r.report(t), "verdict"))
		time.Sleep(5 * time.Second) // and one at 10 s: they no longer are
		assert.Equal(t, "pass", at(t, r.report(t), "verdict"))
		assert.Empty(t, at(t, r.report(t), "runs", 0, "findings"))

		// Not before the last of the three is shut down is the report final.
		require.NoError(t, r.logs.Shutdown(t.Context()))
		require.NoError(t, r.logs.Shutdown(t.Context()))
		require.NoError(t, r.metrics.Shutdown(t.Context()))
		assert.Equal(t, false, at(t, r.report(t), "final"))
		require.NoError(t, r.traces.Shutdown(t.Context()))
		assert.Equal(t, true, at(t, r.report(t), "final"))
		assert.Empty(t, r.host.events)
		assert.Equal(t, 1, bytes.Count(r.out.Bytes(), []byte("run r  PASS")))
	})
}

// brokenPipe is a stdout whose reader has left.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// TestStdoutBroken: where nobody can read the tables, the report and the verdict are out all the same, and nothing fails.
func TestStdoutBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRigTo(t, brokenPipe{}, exportertest.NewNopSettings(metadata.Type), newHost(), func(c *Config) { c.TableInterval = c.Interval })
		r.start(t)
		s := source{run: "r", name: "s", at: time.Now()}
		require.NoError(t, r.traces.ConsumeTraces(t.Context(), s.traces(0, 1)))
		time.Sleep(6 * time.Second)
		require.NoError(t, r.traces.ConsumeTraces(t.Context(), s.tracesEnd(2, 0)))
		r.shutdown(t)
		assert.Equal(t, "pass", at(t, r.report(t), "verdict"))
	})
}

// blockedPipe is a stdout that takes nothing: a terminal that somebody has stopped.
type blockedPipe chan struct{}

func (b blockedPipe) Write([]byte) (int, error) {
	<-b
	return 0, syscall.EPIPE
}

// TestStdoutBlocked: it keeps back neither the report nor the end of the process.
func TestStdoutBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := make(blockedPipe)
		defer close(pipe)
		r := newRigTo(t, pipe, exportertest.NewNopSettings(metadata.Type), newHost(), nil)
		r.start(t)
		s := source{run: "r", name: "s", at: time.Now()}
		require.NoError(t, r.traces.ConsumeTraces(t.Context(), s.traces(0, 1)))
		require.NoError(t, r.traces.ConsumeTraces(t.Context(), s.tracesEnd(2, 0)))
		require.NoError(t, r.traces.Shutdown(t.Context()))
		require.NoError(t, r.metrics.Shutdown(t.Context()))
		before := time.Now()
		require.ErrorContains(t, r.logs.Shutdown(t.Context()), "the last table is not out")
		assert.Equal(t, patience, time.Since(before), "of the fake clock")
		assert.Equal(t, "pass", at(t, r.report(t), "verdict"))
	})
}

func TestCannotStart(t *testing.T) {
	missing := component.MustNewID("file_storage")
	none := component.MustNewID("health_check")
	for name, tc := range map[string]struct {
		configure func(*Config)
		want      string
	}{
		"no folder":    {func(c *Config) { c.Report = filepath.Join(t.TempDir(), "none", "report.json") }, "report.json\" cannot be written"},
		"no extension": {func(c *Config) { c.Storage = &missing }, `extension "file_storage" is not in service.extensions`},
		"no storage":   {func(c *Config) { c.Storage = &none }, `extension "health_check" is no storage`},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost()
			h.extensions = map[component.ID]component.Component{none: componentOnly{}}
			r := newRig(t, exportertest.NewNopSettings(metadata.Type), h, tc.configure)
			assert.ErrorContains(t, r.traces.Start(t.Context(), h), tc.want)
			r.shutdown(t)
		})
	}
}

type componentOnly struct {
	component.StartFunc
	component.ShutdownFunc
}
