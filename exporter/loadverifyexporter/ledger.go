// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"fmt"
	"sync"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
)

// ledger is the audit under its lock. The goroutines that consume write to it, the one that reports reads it and keeps its state.
type ledger struct {
	mu      sync.Mutex     // guards what follows
	auditor *audit.Auditor // its content is replaced when state is restored
	origin  audit.Origin   // of the next state
	taken   uint64         // how often something has come
	// clock reads whose clock it is, and how far it is off: that changes while the kernel keeps it right.
	clock func() audit.Clock
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
	l.taken++
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

// restore takes over what an earlier audit has stored, and its origin. The name of the verifier, if it has one, must be the same.
func (l *ledger) restore(state []byte, name string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	was, err := l.auditor.Import(state, now)
	if err != nil {
		return err
	}
	if name != "" && name != was.Verifier {
		return fmt.Errorf("it is of verifier %q; want that in state.verifier, or another storage", was.Verifier)
	}
	was.GoOn(randomID(), now)
	l.origin = was
	return nil
}

// export returns the state, and how often something had come. A final state is the last; a brief one is for a restart alone.
func (l *ledger) export(final, brief bool) (state []byte, taken uint64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.origin.Sequence++
	l.origin.Written, l.origin.Final, l.origin.Clock = time.Now().UTC(), final, l.clock()
	state, err = l.auditor.Export(l.origin, brief)
	return state, l.taken, err
}

// news reports whether something has come since.
func (l *ledger) news(since uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.taken != since
}
