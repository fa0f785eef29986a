// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"
)

// reading is what a process has used and done since its start.
type reading struct {
	cpu     time.Duration
	written float64 // bytes: what it wrote to files and sockets. All but its requests is small.
	peak    float64 // most bytes that were ever resident
	spans   float64 // sent by a generator, taken by another
}

// tick is the unit of CPU time in /proc/PID/stat: 1/sysconf(_SC_CLK_TCK), 10 ms on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// read reads the spans last, and so right after the CPU time that they took.
func (p *process) read(ctx context.Context) (r reading, err error) {
	proc, err := procfs.NewProc(p.cmd.Process.Pid)
	if err != nil {
		return r, err
	}
	status, err := proc.NewStatus()
	if err != nil {
		return r, err
	}
	io, err := proc.IO()
	if err != nil {
		return r, err
	}
	stat, err := proc.Stat()
	if err != nil {
		return r, err
	}
	r.cpu, r.written, r.peak = time.Duration(stat.UTime+stat.STime)*tick, float64(io.WChar), float64(status.VmHWM) //nolint:gosec // G115: no process is that old
	text, err := p.get(ctx, metrics, "/metrics")
	if err != nil {
		return r, err
	}
	r.spans, err = spansIn(text, counterOf[p.role])
	return r, err
}

// counterOf is the metric that counts a role's spans. Prometheus adds units and types to the names, so these are only how they begin.
var counterOf = [roles]string{"otelcol_exporter_sent_spans", "otelcol_receiver_accepted_spans", "otelcol_receiver_accepted_spans"}

// spansIn is the sum over all series of a counter.
func spansIn(metrics []byte, counter string) (sum float64, err error) {
	var errs []error
	lines := bufio.NewScanner(bytes.NewReader(metrics))
	for lines.Scan() {
		if !strings.HasPrefix(lines.Text(), counter) {
			continue
		}
		_, value, found := strings.Cut(lines.Text(), "} ")
		v, err := strconv.ParseFloat(value, 64)
		if !found || err != nil {
			errs = append(errs, fmt.Errorf("metrics: %q is not understood; want a series with a number", lines.Text()))
		}
		sum += v
	}
	return sum, errors.Join(append(errs, lines.Err())...)
}
