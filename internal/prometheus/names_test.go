// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/otlptranslator"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// spanCalls is the metric of the connector span_metrics; its README has it, and no file that a program could read.
const spanCalls = "traces.span.metrics.calls"

var instruments = map[semconv.Instrument]otlptranslator.MetricType{
	semconv.Counter:              otlptranslator.MetricTypeMonotonicCounter,
	semconv.UpDownCounter:        otlptranslator.MetricTypeNonMonotonicCounter,
	semconv.Gauge:                otlptranslator.MetricTypeGauge,
	semconv.ExponentialHistogram: otlptranslator.MetricTypeExponentialHistogram,
}

// sent are the names that metrics have in Prometheus, of all that can come: what the connectors make of spans, what services say of their
// runtimes, and what the Collector says of itself.
func sent(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	namer := otlptranslator.MetricNamer{WithMetricSuffixes: true}
	add := func(name, unit string, kind otlptranslator.MetricType) {
		translated, err := namer.Build(otlptranslator.Metric{Name: name, Unit: unit, Type: kind})
		require.NoError(t, err, name)
		names[translated] = true
	}
	for _, m := range semconv.SpanMetrics {
		add(m.Name, semconv.SpanMetricUnit, otlptranslator.MetricTypeExponentialHistogram)
	}
	for _, m := range semconv.Metrics {
		if m.Naming != semconv.NamingPrometheus { // it does not come over OTLP
			add(m.Name, m.Unit, instruments[m.Instrument])
		}
	}
	add(spanCalls, "", otlptranslator.MetricTypeMonotonicCounter)
	folders := []string{
		filepath.Join(root, "processor", "runtimestatsprocessor"),
		filepath.Join(root, "connector", "runtimestatsconnector"),
	}
	for _, module := range []string{"service", "receiver/receiverhelper", "processor/processorhelper", "exporter/exporterhelper"} {
		folders = append(folders, moduleFolder(t, "go.opentelemetry.io/collector/"+module))
	}
	for _, folder := range folders {
		for name, m := range telemetryOf(t, folder) {
			kind := otlptranslator.MetricType(otlptranslator.MetricTypeGauge)
			switch {
			case m.Sum != nil && m.Sum.Monotonic:
				kind = otlptranslator.MetricTypeMonotonicCounter
			case m.Sum != nil:
				kind = otlptranslator.MetricTypeNonMonotonicCounter
			case m.Histogram != nil:
				kind = otlptranslator.MetricTypeHistogram
			}
			if m.Prefix == "" {
				m.Prefix = "otelcol_"
			}
			add(m.Prefix+name, m.Unit, kind)
		}
	}
	return names
}

// ownMetric is a metric in the metadata.yaml of a component.
type ownMetric struct {
	Prefix, Unit string
	Sum          *struct{ Monotonic bool }
	Histogram    *struct{}
}

func telemetryOf(t *testing.T, folder string) map[string]ownMetric {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "metadata.yaml"))
	require.NoError(t, err)
	var metadata struct {
		Telemetry struct{ Metrics map[string]ownMetric }
	}
	require.NoError(t, yaml.Unmarshal(text, &metadata))
	require.NotEmpty(t, metadata.Telemetry.Metrics, folder)
	return metadata.Telemetry.Metrics
}

// moduleFolder is where the source of a module lies, in the version that the Collector is built with.
func moduleFolder(t *testing.T, module string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", module)
	cmd.Dir = filepath.Join(root, "dist")
	out, err := cmd.Output()
	require.NoError(t, err, module)
	return strings.TrimSpace(string(out))
}

// No panel and no alert asks for what nobody sends.
func TestNames(t *testing.T) {
	known := sent(t)
	for _, q := range append(panels(t), alerts(t)...) {
		names := q.metrics()
		assert.NotEmpty(t, names, q.where)
		for _, name := range names {
			assert.True(t, known[name], "%s: nobody sends %s", q.where, name)
		}
	}
}
