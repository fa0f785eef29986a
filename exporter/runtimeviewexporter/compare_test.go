// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
)

// TestCompared: the sentence under a table names the slowest runtime if it is clearly slower, and says "because" only of what was measured.
func TestCompared(t *testing.T) {
	column := func(r aggregate.Runtime, p99 time.Duration, queued float64) aggregate.Column {
		c := aggregate.Column{Runtime: r, Latency: quantiles(p99/2, p99)}
		if queued >= 0 {
			c.Queued = aggregate.Known(queued)
		}
		return c
	}
	const ms = time.Millisecond
	for name, tt := range map[string]struct {
		columns []aggregate.Column
		want    string
	}{
		"queues": {
			[]aggregate.Column{column(tokio, 5*ms, 0.07), column(asyncStd, 6*ms, 0.1), column(smol, 28*ms, 0.81)},
			"smol is slowest here: its latency p99 is 5.6 times that of tokio.\nIts tasks wait for a worker 81.0% of their time; on tokio 7.00%.\n",
		},
		"something else": {
			[]aggregate.Column{column(tokio, 50*ms, 0.05), column(smol, 10*ms, 0.04)},
			"tokio is slowest here: its latency p99 is 5.0 times that of smol.\nIt is not the queue: tasks wait 5.00% of their time; on smol 4.00%.\n",
		},
		"not measured": {
			[]aggregate.Column{column(tokio, 50*ms, 0.9), column(smol, 10*ms, -1)},
			"tokio is slowest here: its latency p99 is 5.0 times that of smol.\n",
		},
		"much the same":         {[]aggregate.Column{column(tokio, 10*ms, 0.1), column(smol, 14*ms, 0.9)}, ""},
		"one":                   {[]aggregate.Column{column(tokio, 10*ms, 0.1)}, ""},
		"none":                  {nil, ""},
		"baseline":              {[]aggregate.Column{column(tokio, 50*ms, 0.1), column(ideal, 1*ms, 0)}, ""},
		"of unknown runtime":    {[]aggregate.Column{column(aggregate.Unknown, 50*ms, 0.1), column(smol, 1*ms, 0)}, ""},
		"fastest takes no time": {[]aggregate.Column{column(tokio, 50*ms, 0.1), column(smol, 0, 0)}, ""},
		"hardly any queue": { // a line is no wider than the table
			[]aggregate.Column{column(tokio, 50*ms, 6.8e-10), column(asyncStd, 10*ms, 6.8e-10)},
			"tokio is slowest here: its latency p99 is 5.0 times that of async_std.\nIt is not the queue: tasks wait 6.8e-08% of their time; on async_std 6.8e-08%.\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, compared(tt.columns))
			for line := range strings.Lines(tt.want) {
				assert.LessOrEqual(t, len(strings.TrimSuffix(line, "\n")), 80)
			}
		})
	}
}

// TestBehind: a table of a load that is late says so, and how late.
func TestBehind(t *testing.T) {
	s := threeRuntimes()
	for behind, want := range map[time.Duration]bool{0: false, time.Second: false, 1400 * time.Millisecond: true} {
		s.Behind = aggregate.Known(behind)
		text := render(heading{id: "runtime_view"}, s, aggregate.Rates{})
		if want {
			assert.Contains(t, text, "\nbehind by 1.4 s: this machine is slower than the load\n")
		} else {
			assert.NotContains(t, text, "behind")
		}
	}
}
