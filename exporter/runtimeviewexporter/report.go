// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"fmt"
	"io"
	"time"

	"go.uber.org/zap"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// reporter decides what a tick has to say: a table if spans arrived since the tick before, otherwise one line when they
// stop arriving and nothing more until they do again.
type reporter struct {
	id       string
	start    time.Time
	previous time.Time        // the tick before
	counts   aggregate.Counts // what had arrived by then
	silent   bool             // that tick brought no new span
}

func newReporter(id string, now time.Time) *reporter {
	return &reporter{id: id, start: now, previous: now}
}

// periodic returns what to print now, possibly nothing.
func (r *reporter) periodic(now time.Time, s snapshot) string {
	rates := aggregate.RatesBetween(r.counts, s.Counts, now.Sub(r.previous))
	wasSilent := r.silent
	r.silent = s.Counts == r.counts
	r.previous, r.counts = now, s.Counts

	switch {
	case !r.silent:
		return render(heading{id: r.id, elapsed: now.Sub(r.start), over: "in the last", window: "last"}, s, rates)
	case wasSilent:
		return ""
	case s.Counts.Total() == 0:
		return r.id + ": no spans received yet\n"
	default:
		return fmt.Sprintf("%s  %s  no new spans in the last %s\n",
			r.id, format.Clock(now.Sub(r.start)), format.Window(rates.Window))
	}
}

// final returns the table of the whole run.
func (r *reporter) final(now time.Time, s snapshot) string {
	return render(heading{id: r.id, title: "whole run", elapsed: now.Sub(r.start), over: "over", window: "over"}, s, s.Run)
}

// console writes to stdout. A broken stdout is logged when it breaks, not at every table.
type console struct {
	out    io.Writer
	logger *zap.Logger
	title  string // a line above all that is printed
	broken bool
}

func (c *console) print(text string) {
	if text == "" {
		return
	}
	if c.title != "" {
		text = c.title + "\n" + text
	}
	_, err := io.WriteString(c.out, text) // at once: other exporters print to the same stdout
	if err != nil && !c.broken {
		c.logger.Warn("Table not printed; further failures are not logged until one succeeds.", zap.Error(err))
	}
	c.broken = err != nil
}
