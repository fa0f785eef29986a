// SPDX-License-Identifier: Apache-2.0

package semconv

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestMetricDocs compares the tables of metrics in the documents with the registry; -update rewrites them.
func TestMetricDocs(t *testing.T) {
	for _, doc := range []struct {
		file    string
		namings []Naming
	}{
		{"README.md", []Naming{NamingAsyncRuntime, NamingTokioCrate, NamingPrometheus}},
		{"../docs/telemetry.md", []Naming{NamingAsyncRuntime}},
	} {
		t.Run(doc.file, func(t *testing.T) {
			var b strings.Builder
			for _, naming := range doc.namings {
				if len(doc.namings) > 1 {
					fmt.Fprintf(&b, "\n### `%s`\n\n", naming)
				}
				b.WriteString(metricTable(naming))
			}
			checkSection(t, doc.file, "metrics", b.String())
		})
	}
}

// TestReadMetricDocs compares the table of the metrics that tell something about spans with the registry; -update rewrites it.
func TestReadMetricDocs(t *testing.T) {
	onSpans := map[Told]string{
		WorkersTold: WorkerCount, WaitsTold: QueueWaitEstimate, WaitTimeTold: QueueWaitEstimate, WaitCountTold: QueueWaitEstimate,
		CPUTold: CPUWaitRatio, QuotaTold: FindingCPUStarved,
	}
	var b strings.Builder
	b.WriteString("| metric | of | instrument | meaning | on a span |\n| --- | --- | --- | --- | --- |\n")
	for _, m := range ReadMetrics() {
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | `%s` |\n", m.Name, m.Of, m.Instrument, m.Meaning, onSpans[m.Told])
	}
	checkSection(t, "../processor/runtimestatsprocessor/README.md", "read metrics", b.String())
}

// Every metric that is read is listed once, and those of a crate of Tokio's world name it.
func TestReadMetrics(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range ReadMetrics() {
		assert.False(t, seen[m.Name], "%s is listed twice", m.Name)
		seen[m.Name] = true
		assert.True(t, strings.HasSuffix(m.Meaning, "."), m.Name)
	}
	tokio := slices.IndexFunc(Runtimes[:], func(r AsyncRuntime) bool { return r.Name == RuntimeTokio })
	for _, m := range foreignMetrics {
		assert.Equal(t, tokio, RuntimeOfMetric(m.Name), m.Name)
	}
	for _, m := range Metrics {
		scheme := Schemes[slices.IndexFunc(Schemes, func(s Scheme) bool { return s.Naming == m.Naming })]
		want := slices.IndexFunc(Runtimes[:], func(r AsyncRuntime) bool { return scheme.Crate != "" && r.Crate == scheme.Crate })
		assert.Equal(t, want, RuntimeOfMetric(m.Name), m.Name)
	}
	for _, other := range []string{"", "tokio", "tokiometrics.workers", "http.server.duration", "my.tokio.workers"} {
		assert.Equal(t, -1, RuntimeOfMetric(other), other)
	}
}

func metricTable(naming Naming) string {
	var b strings.Builder
	b.WriteString("| metric | instrument | unit | points | meaning |\n| --- | --- | --- | --- | --- |\n")
	workerKey := Schemes[slices.IndexFunc(Schemes, func(s Scheme) bool { return s.Naming == naming })].WorkerKey
	for _, m := range Metrics {
		if m.Naming != naming {
			continue
		}
		unit := "none"
		if m.Unit != "" {
			unit = "`" + m.Unit + "`"
		}
		points := "one"
		if key := m.Series[0].Key; key != "" {
			values := make([]string, len(m.Series))
			for i, s := range m.Series {
				values[i] = "`" + s.Value + "`"
			}
			points = fmt.Sprintf("`%s` = %s", key, strings.Join(values, ", "))
		}
		switch m.Grouping {
		case Each:
			points = fmt.Sprintf("one for each `%s`", workerKey)
		case Optional:
			points += "; `per_worker`"
		default:
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", m.Name, m.Instrument, unit, points, m.Meaning)
	}
	return b.String()
}

// borrowed reports whether a metric of our own naming is one that the kernel tells of a real service.
func borrowed(metric string) bool {
	return slices.ContainsFunc(KernelMetrics[:], func(m KernelMetric) bool { return m.Name == metric })
}

// TestMetrics holds the registry to its own rules, and our names to OpenTelemetry's.
func TestMetrics(t *testing.T) {
	seen := map[string]bool{}
	known := map[string]bool{}
	for _, a := range Attributes {
		known[a.Name] = true
	}
	schemes := map[Naming]Scheme{}
	for _, s := range Schemes {
		schemes[s.Naming] = s
		assert.NotEmpty(t, s.Scope)
		assert.True(t, s.WorkerKey == "" || known[s.WorkerKey], s.WorkerKey)
	}
	for _, m := range Metrics {
		assert.False(t, seen[m.Name], "%s is listed twice", m.Name)
		seen[m.Name] = true
		assert.Contains(t, schemes, m.Naming, m.Name)
		assert.True(t, strings.HasSuffix(m.Meaning, "."), m.Name)
		assert.NotEmpty(t, m.Series, m.Name)
		for _, s := range m.Series {
			assert.True(t, s.Key == "" || known[s.Key], s.Key)
			assert.Equal(t, len(m.Series) > 1, s.Key != "", "%s: points need to be told apart", m.Name)
			assert.Equal(t, m.Instrument == ExponentialHistogram, s.Of >= PollDuration, m.Name)
			assert.Equal(t, m.Instrument == Counter, s.Of.Counted() && m.Instrument != Gauge, "%s: a counter never falls", m.Name)
			if m.Grouping == Each || m.Grouping == Optional {
				assert.True(t, s.Of.OfWorkers(), m.Name)
				assert.NotEmpty(t, schemes[m.Naming].WorkerKey, m.Name)
			}
		}
		if m.Naming != NamingAsyncRuntime || borrowed(m.Name) {
			continue
		}
		assert.Regexp(t, `^async_runtime(\.[a-z][a-z0-9_]*)+$`, m.Name)
		assert.NotEmpty(t, m.Unit, m.Name)
		last := m.Name[strings.LastIndex(m.Name, ".")+1:]
		// docs/general/naming.md of the semantic conventions.
		switch last {
		case "time":
			assert.Equal(t, []any{Counter, "s"}, []any{m.Instrument, m.Unit}, m.Name)
		case "duration":
			assert.Equal(t, []any{ExponentialHistogram, "s"}, []any{m.Instrument, m.Unit}, m.Name)
		case "utilization":
			assert.Equal(t, []any{Gauge, "1"}, []any{m.Instrument, m.Unit}, m.Name)
		case "count", "length":
			assert.Equal(t, UpDownCounter, m.Instrument, m.Name)
		default:
			assert.Equal(t, Counter, m.Instrument, m.Name)
		}
	}
}
