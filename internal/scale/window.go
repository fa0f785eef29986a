// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"time"
)

// usage is what all processes of a role have used and done in a window of time.
type usage struct {
	CPU     float64 // seconds
	Written float64 // bytes
	Spans   float64
	Peak    float64   // bytes, of the process that has most
	Shares  []float64 // of the spans, of each process
}

// each is the seconds of CPU for a span.
func (u usage) each() float64 { return u.CPU / u.Spans }

// between is what processes of one role did between two readings of each.
func between(before, after []reading) (u usage) {
	for i := range before {
		u.CPU += (after[i].cpu - before[i].cpu).Seconds()
		u.Written += after[i].written - before[i].written
		u.Spans += after[i].spans - before[i].spans
		u.Peak = max(u.Peak, after[i].peak)
	}
	for i := range before {
		u.Shares = append(u.Shares, (after[i].spans-before[i].spans)/u.Spans)
	}
	return u
}

// watch reads all processes before and after a window, and returns what each role used in it, and its length in seconds.
func watch(ctx context.Context, all [roles][]*process, window time.Duration) (of [roles]usage, seconds float64, err error) {
	before, err := readAll(ctx, all)
	if err != nil {
		return of, 0, err
	}
	began := time.Now()
	if err = sleep(ctx, window); err != nil {
		return of, 0, err
	}
	seconds = time.Since(began).Seconds()
	after, err := readAll(ctx, all)
	if err != nil {
		return of, 0, err
	}
	for r := range of {
		if of[r] = between(before[r], after[r]); of[r].Spans == 0 {
			return of, 0, errors.New("no span passed " + roleNames[r] + "s in the window")
		}
	}
	return of, seconds, nil
}

func readAll(ctx context.Context, all [roles][]*process) (of [roles][]reading, err error) {
	for r, processes := range all {
		for _, p := range processes {
			one, err := p.read(ctx)
			if err != nil {
				return of, err
			}
			of[r] = append(of[r], one)
		}
	}
	return of, nil
}
