// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"errors"
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload/dist"
)

// Late says which exports of a service arrive late, and by how much: a connection hangs, a queue on the machine holds them back, the
// process stops for a while. The service goes on meanwhile, and its later exports overtake them.
type Late struct {
	// Share of the exports, more than 0 and at most 1.
	Share float64
	// By how much one of them is late.
	By program.Sampler
}

// Draw is by how much one export is late; 0: it is not.
func (l *Late) Draw(r sim.Rand) sim.Time {
	if l == nil || r.Float64() >= l.Share {
		return 0
	}
	return l.By.Sample(&r)
}

// Check tells what cannot be played.
func (l *Late) Check() error {
	switch {
	case l == nil:
		return nil
	case !(l.Share > 0 && l.Share <= 1): // NaN is neither
		return fmt.Errorf("export: a share of %v is late; want more than 0 and at most 1", l.Share)
	case l.By == nil:
		return errors.New("export: late by nothing; want a distribution")
	}
	if err := dist.Check(l.By); err != nil {
		return fmt.Errorf("export: late: %w", err)
	}
	return nil
}
