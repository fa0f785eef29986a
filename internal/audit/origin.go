// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"time"
)

// Origin says whose accounts a state has, and since when.
type Origin struct {
	// Verifier is the name of an auditor that lives on when its process is started again.
	Verifier string `json:"verifier"`
	// Incarnation is one life of it: a process, and those that went on from the state that it stored.
	Incarnation string `json:"incarnation"`
	// Sequence orders the states of one incarnation.
	Sequence uint64 `json:"sequence"`
	// Started is when the incarnation began to listen.
	Started time.Time `json:"started"`
	// Written is when the state was.
	Written time.Time `json:"written"`
	// Final: nothing was taken after it.
	Final bool `json:"final"`
	// Clock by which it measured.
	Clock Clock `json:"clock"`
}

// Clock says by which clock latencies were measured.
type Clock struct {
	// Name is equal for those that share the clock of a machine; empty: it is not known which machine it was.
	Name string `json:"name,omitempty"`
	// Error is how far the clock is off at most, as its kernel says; 0: it does not say.
	Error time.Duration `json:"error_ns,omitempty"`
}

func (o *Origin) String() string {
	return fmt.Sprintf("verifier %q, incarnation %s, state %d", o.Verifier, o.Incarnation, o.Sequence)
}
