// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"slices"
	"time"
)

// Origin says whose accounts a state has, and since when.
type Origin struct {
	// Verifier is the name of an auditor that lives on when its process is started again.
	Verifier string `json:"verifier"`
	// Incarnation is one life of it: a process, and those that went on from a state that was stored.
	Incarnation string `json:"incarnation"`
	// Sequence orders the states of one incarnation.
	Sequence uint64 `json:"sequence"`
	// Started is when the incarnation began to listen.
	Started time.Time `json:"started"`
	// Processes that made the state, the latest of them: each went on from a state of the one before. The last one wrote it.
	Processes []Process `json:"processes"`
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

// Process is one of an incarnation.
type Process struct {
	// ID is random: a process has one past.
	ID string `json:"id"`
	// After is the number of the state from which it went on; 0: it began the incarnation.
	After uint64 `json:"after,omitempty"`
	// Started is when it began to listen.
	Started time.Time `json:"started"`
}

const (
	// mostProcesses bounds those that a state tells of.
	mostProcesses = 100
	// resumed is by how much the sequence grows when a process goes on from a state: more states than the process before can have written since.
	resumed = 1 << 32
)

// GoOn makes it the origin of a process that goes on from its state.
func (o *Origin) GoOn(id string, now time.Time) {
	o.Processes = append(slices.Clone(o.Processes[max(0, len(o.Processes)+1-mostProcesses):]), Process{ID: id, After: o.Sequence, Started: now.UTC()})
	o.Sequence += resumed
}

// process is the one that wrote the state.
func (o *Origin) process() string { return o.Processes[len(o.Processes)-1].ID }

// partedAt is when the first process began that made this state and had no part in another one of the incarnation; zero: it is not known.
func (o *Origin) partedAt(from *Origin) time.Time {
	for _, p := range o.Processes {
		if !slices.ContainsFunc(from.Processes, func(other Process) bool { return other.ID == p.ID }) {
			return p.Started
		}
	}
	return time.Time{}
}

func (o *Origin) String() string {
	return fmt.Sprintf("verifier %q, incarnation %s, state %d", o.Verifier, o.Incarnation, o.Sequence)
}
