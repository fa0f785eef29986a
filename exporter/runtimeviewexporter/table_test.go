// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares text with testdata/<name>.txt.
func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), text)
}

func quantiles(p50, p99 time.Duration) aggregate.Quantiles {
	return aggregate.Quantiles{P50: aggregate.Known(p50.Nanoseconds()), P99: aggregate.Known(p99.Nanoseconds())}
}

// Three runtimes under the same load, as a pipeline with runtime_stats shows them.
func threeRuntimes() snapshot {
	return snapshot{Snapshot: aggregate.Snapshot{
		Columns: []aggregate.Column{
			{
				Runtime: tokio, Spans: 7_480, Latency: quantiles(2_312*time.Microsecond, 6_421*time.Microsecond),
				QueueWait: quantiles(11_800*time.Nanosecond, 402*time.Microsecond), Polled: aggregate.Known(0.0412), Queued: aggregate.Known(0.0123),
				Steals: aggregate.Known[uint64](1_204), Outliers: aggregate.Known(0.0101),
			},
			{
				Runtime: asyncStd, Spans: 7_477, Latency: quantiles(2_101*time.Microsecond, 9_876*time.Microsecond),
				QueueWait: quantiles(18_300*time.Nanosecond, 1_934*time.Microsecond), Polled: aggregate.Known(0.0398), Queued: aggregate.Known(0.0234),
				Steals: aggregate.Known[uint64](3_310), Outliers: aggregate.Known(0.0097),
			},
			{
				Runtime: smol, Spans: 7_474, Latency: quantiles(2_204*time.Microsecond, 870*time.Millisecond),
				QueueWait: quantiles(1_520*time.Microsecond, 861*time.Millisecond), Polled: aggregate.Known(0.0405), Queued: aggregate.Known(0.871),
				Steals: aggregate.Known[uint64](0), Outliers: aggregate.Known(0.0),
			},
		},
		Counts: counts(map[aggregate.Runtime]uint64{tokio: 7_480, asyncStd: 7_477, smol: 7_474}),
	}}
}

func TestTable(t *testing.T) {
	before := counts(map[aggregate.Runtime]uint64{tokio: 4_985, asyncStd: 4_972, smol: 4_983})
	after := threeRuntimes()
	golden(t, "table_three_runtimes", render(
		heading{id: "runtime_view", elapsed: 15 * time.Second, over: "in the last", window: "last"},
		after, aggregate.RatesBetween(before, after.Counts, 5*time.Second)))

	golden(t, "table_whole_run", render(
		heading{id: "runtime_view", title: "whole run", elapsed: 15 * time.Second, over: "over", window: "over"},
		after, aggregate.RatesBetween(aggregate.Counts{}, after.Counts, 14_970*time.Millisecond)))
}

// The README shows a table that this code prints, not one that it printed once.
func TestReadmeShowsTable(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	table, err := os.ReadFile(filepath.Join("testdata", "table_three_runtimes.txt"))
	require.NoError(t, err)
	assert.Contains(t, string(readme), strings.TrimSpace(string(table)))
}

// Spans of a service that measures nothing, before their keys are warm: the columns say so instead of showing zeros.
func TestTableOfBareSpans(t *testing.T) {
	s := snapshot{Snapshot: aggregate.Snapshot{
		Columns: []aggregate.Column{{Runtime: aggregate.Unknown, Spans: 12, Latency: quantiles(time.Millisecond, time.Second)}},
		Counts:  counts(map[aggregate.Runtime]uint64{aggregate.Unknown: 12}),
	}}
	golden(t, "table_bare_spans", render(heading{id: "runtime_view/bare", title: "whole run", over: "over", window: "over"}, s, s.Run))
}

// The widest numbers that fit a uint64 still leave the columns apart and the lines within 80 characters.
func TestTableOfHugeNumbers(t *testing.T) {
	var s snapshot
	for _, runtime := range []aggregate.Runtime{tokio, asyncStd, smol, ideal, aggregate.Unknown} {
		s.Columns = append(s.Columns, aggregate.Column{
			Runtime: runtime, Spans: 999_999_999_999, Latency: quantiles(0, math.MaxInt64), QueueWait: quantiles(time.Second, time.Minute),
			Polled: aggregate.Known(1.0), Steals: aggregate.Known[uint64](math.MaxUint64), Outliers: aggregate.Known(0.5),
		})
		s.Counts[runtime] = 999_999_999_999
	}
	s.Malformed = math.MaxUint64
	text := render(heading{id: "runtime_view", elapsed: 9_999 * time.Hour, over: "in the last", window: "last"}, s,
		aggregate.RatesBetween(aggregate.Counts{}, s.Counts, time.Second))
	requirePrintable(t, text)
	golden(t, "table_huge_numbers", text)
}

// A window whose text is long takes its room from the first cell: the columns stay under their names.
func TestLongWindow(t *testing.T) {
	s := threeRuntimes()
	text := render(heading{id: "runtime_view", window: "over"}, s, aggregate.RatesBetween(aggregate.Counts{}, s.Counts, 23*time.Hour+59*time.Minute+59*time.Second))
	names, speed, found := strings.Cut(text[strings.Index(text, "\n")+1:], "\n")
	require.True(t, found)
	speed, _, _ = strings.Cut(speed, "\n")
	assert.Equal(t, "spans/s, over 23h59m59s   0.087       0.087       0.087", speed)
	assert.Len(t, speed, len(names))
}
