// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"sync"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/audit"
)

// account is the audit under its lock. The goroutines that consume write to it, the one that reports reads it and keeps its state.
type account struct {
	mu      sync.Mutex     // guards what follows
	auditor *audit.Auditor // its content is replaced when state is restored
	dirty   bool           // something has come since state was saved
}

// serve makes the audit expect a signal.
func (a *account) serve(signal audit.Signal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.auditor.Serve(signal)
}

// take audits items of one signal that arrived together.
func (a *account) take(signal audit.Signal, now time.Time, items []audit.Item) audit.Tally {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dirty = true
	return a.auditor.Audit(signal, now, items)
}

func (a *account) report(now time.Time, closing bool) audit.Report {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.auditor.Report(now, closing)
}

// restore takes over what an earlier audit has exported.
func (a *account) restore(state []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.auditor.Import(state)
}

// export returns the state, to be stored. There is none to store, and no error, if nothing has come since the last export, unless a
// state is wanted in any case. A clean state is the last.
func (a *account) export(clean, always bool) (state []byte, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.dirty && !always {
		return nil, nil
	}
	a.dirty = false
	return a.auditor.Export(clean)
}
