// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"sync"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/audit"
)

// ledger is the audit under its lock. The goroutines that consume write to it, the one that reports reads it and keeps its state.
type ledger struct {
	mu      sync.Mutex     // guards what follows
	auditor *audit.Auditor // its content is replaced when state is restored
	dirty   bool           // something has come since state was saved
}

// serve makes the audit expect a signal.
func (l *ledger) serve(signal audit.Signal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.auditor.Serve(signal)
}

// take audits items of one signal that arrived together.
func (l *ledger) take(signal audit.Signal, now time.Time, items []audit.Item) audit.Tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dirty = true
	return l.auditor.Audit(signal, now, items)
}

// show hands in an item that is evidence.
func (l *ledger) show(wanted audit.Wanted, otlp []byte, left string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.auditor.Show(wanted, otlp, left)
}

func (l *ledger) report(now time.Time, closing bool) audit.Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.auditor.Report(now, closing)
}

// restore takes over what an earlier audit has exported.
func (l *ledger) restore(state []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.auditor.Import(state, time.Now())
}

// export returns the state, to be stored. There is none to store, and no error, if nothing has come since the last export, unless a
// state is wanted in any case. A clean state is the last.
func (l *ledger) export(clean, always bool) (state []byte, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.dirty && !always {
		return nil, nil
	}
	l.dirty = false
	return l.auditor.Export(clean)
}
