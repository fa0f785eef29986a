// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"fmt"
	"sync/atomic"
)

// Disturbance is a fault in force, or one that has been.
type Disturbance struct {
	end func()
	met *met
}

// End ends the fault. It may be called more than once.
func (d *Disturbance) End() { d.end() }

// Met is what the fault has met so far.
func (d *Disturbance) Met() Met {
	return Met{Unit: d.met.unit, Came: d.met.came.Load(), Suffered: d.met.suffered.Load()}
}

// Met is what came while a fault was in force, and how much of that suffered from it. A fault of which nothing suffered has tested nothing.
type Met struct {
	// Unit is requests for grpc and otlp, connections for down and reset, bytes for delay and bandwidth.
	Unit     string `json:"unit"`
	Came     uint64 `json:"came"`
	Suffered uint64 `json:"suffered"`
}

// Plus adds what a fault of the same kind met elsewhere.
func (m Met) Plus(other Met) Met {
	return Met{Unit: m.Unit, Came: m.Came + other.Came, Suffered: m.Suffered + other.Suffered}
}

// met is Met in the making.
type met struct {
	unit           string
	came, suffered atomic.Uint64
}

// count counts bytes that came.
func (m *met) count(n int, suffered bool) {
	m.came.Add(uint64(n)) //nolint:gosec // G115: a length
	if suffered {
		m.suffered.Add(uint64(n)) //nolint:gosec // G115: a length
	}
}

// newMet counts in the unit of the fault.
func newMet(f *Fault) *met {
	switch {
	case f.OfRequests():
		return &met{unit: "requests"}
	case f.Delay > 0 || f.Bandwidth > 0:
		return &met{unit: "bytes"}
	}
	return &met{unit: "connections"}
}

// String says it in words: 7 of 23 requests.
func (m Met) String() string { return fmt.Sprintf("%d of %d %s", m.Suffered, m.Came, m.Unit) }
