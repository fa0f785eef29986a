// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// Disturbance is a fault in force, or one that has been.
type Disturbance struct {
	end func()
	met *met
}

// End ends the fault. It may be called more than once.
func (d *Disturbance) End() { d.end() }

// Met is what the fault has met so far. Of down and reset that grows after the end of the fault, too: a connection that was refused or reset between
// two requests has suffered if another request has come since.
func (d *Disturbance) Met() Met {
	m := Met{Unit: d.met.unit, Came: d.met.came.Load(), Suffered: d.met.suffered.Load(), Unsure: d.met.unsure.Load()}
	if d.met.counters == nil {
		return m
	}
	d.met.mu.Lock()
	defer d.met.mu.Unlock()
	carried, said := d.met.counters.carried.Load(), d.met.counters.opaque.Load()
	for _, before := range d.met.idle {
		switch {
		case before < carried:
			m.Suffered++
		case said > 0:
			m.Unsure++
		default:
			m.Idle++
		}
	}
	return m
}

// Met is what came while a fault was in force, and how much of that suffered from it. A fault of which nothing suffered has tested nothing.
type Met struct {
	// Unit is requests for grpc and otlp, connections for down and reset, bytes for delay and bandwidth.
	Unit     string `json:"unit"`
	Came     uint64 `json:"came"`
	Suffered uint64 `json:"suffered"`
	// Unsure may have suffered: in TLS requests cannot be told from what a client sends that has nothing to send.
	Unsure uint64 `json:"unsure,omitempty"`
	// Idle connections were cut, refused or reset, but no request was under way, and none has come since.
	Idle uint64 `json:"idle,omitempty"`
}

// Plus adds what a fault of the same kind met elsewhere.
func (m Met) Plus(other Met) Met {
	return Met{
		Unit: m.Unit, Came: m.Came + other.Came, Suffered: m.Suffered + other.Suffered, Unsure: m.Unsure + other.Unsure, Idle: m.Idle + other.Idle,
	}
}

// met is Met in the making.
type met struct {
	unit                   string
	came, suffered, unsure atomic.Uint64
	counters               *counters // of the proxy, for connections

	mu   sync.Mutex
	idle []uint64 // for each connection that was disturbed between two requests: how often requests had come by then
}

// bytes counts bytes that came, and those of them that are of requests. suffered: they had to wait.
func (m *met) bytes(c *chunk, n int, suffered bool) {
	came, suffers := m.came.Add, m.suffered.Add
	switch {
	case c.opaque:
		suffers = m.unsure.Add
	case c.carried == 0:
		return
	}
	came(uint64(n)) //nolint:gosec // G115: a length
	if suffered {
		suffers(uint64(n)) //nolint:gosec // G115: a length
	}
}

// connection counts one that is cut, refused or reset. open: a request was under way on it.
func (m *met) connection(open bool) {
	if open {
		m.suffered.Add(1)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.idle = append(m.idle, m.counters.carried.Load())
}

// newMet counts in the unit of the fault.
func newMet(f *Fault, counters *counters) *met {
	switch {
	case f.OfRequests():
		return &met{unit: "requests"}
	case f.Delay > 0 || f.Bandwidth > 0:
		return &met{unit: "bytes"}
	}
	return &met{unit: "connections", counters: counters}
}

// String says it in words: 7 of 23 requests.
func (m Met) String() string { return fmt.Sprintf("%d of %d %s", m.Suffered, m.Came, m.Unit) }
