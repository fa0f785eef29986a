// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cespare/xxhash/v2"
)

// A state is the accounts of one auditor, which can be united with those of others. A file has one state, or several that are kept apart. It begins with a line
// that says so, with its version and the number of states. Each state follows after its length and a checksum, both of 8 bytes: its origin, in JSON, and then
// the accounts.
const (
	stateName    = "load_verify state"
	stateVersion = 7
	mostStates   = 1 << 16
	stateHead    = 16
)

// preamble is what a state begins with.
type preamble struct {
	Origin
	Grace  time.Duration   `json:"grace_ns"`
	Served Set             `json:"served"`
	Expect json.RawMessage `json:"expect"`
}

// longestOrigin bounds a preamble.
const longestOrigin = 1 << 20

// State is the accounts of one auditor, as it wrote them.
type State struct {
	preamble
	body     []byte // with the preamble
	accounts int    // where they begin in it
	offset   int    // of the body in its state
}

// Export returns all that the auditor knows, as a file of one state. A final one is the last: nothing is taken after it. A brief one leaves out the spans that
// arrived of late, and the traces.
func (a *Auditor) Export(of Origin, brief bool) ([]byte, error) {
	expect, err := json.Marshal(a.expect)
	if err != nil {
		return nil, err
	}
	head, err := json.Marshal(preamble{of, a.grace, a.served, expect})
	if err != nil {
		return nil, err
	}
	var e encoder
	e.bytes(head)
	if err := a.encode(&e, brief); err != nil {
		return nil, err
	}
	return writeStates([]*State{{body: e.text}}), nil
}

func writeStates(states []*State) []byte {
	text := fmt.Appendf(nil, "%s %d %d\n", stateName, stateVersion, len(states))
	for _, s := range states {
		text = binary.LittleEndian.AppendUint64(text, uint64(len(s.body)))
		text = binary.LittleEndian.AppendUint64(text, xxhash.Sum64(s.body))
		text = append(text, s.body...)
	}
	return text
}

// LongestLine is how many bytes the first line of a file of states has at most.
const LongestLine = 80

// CheckLine reports why a file cannot be one of states, as its first line says. The text is its beginning, [LongestLine] bytes of it or all.
func CheckLine(text []byte) error {
	_, _, err := firstLine(text)
	return err
}

// firstLine says how many states follow, and where.
func firstLine(text []byte) (n, at int, err error) {
	line, _, whole := bytes.Cut(text[:min(len(text), LongestLine)], []byte("\n"))
	rest, ours := bytes.CutPrefix(line, []byte(stateName+" "))
	if !ours {
		return 0, 0, fmt.Errorf("this is no state of load_verify: it begins with %.20q; want %q", text[:min(len(text), LongestLine)], stateName)
	}
	var version int
	_, err = fmt.Sscanf(string(rest), "%d", &version)
	switch {
	case err != nil || !whole && version == stateVersion:
		return 0, 0, fmt.Errorf("the first line of the state is damaged: %.60q", line)
	case version > stateVersion:
		return 0, 0, fmt.Errorf("the state has version %d, which is newer than this program: it reads version %d", version, stateVersion)
	case version < stateVersion:
		return 0, 0, fmt.Errorf("the state has version %d, which is older than this program: it reads version %d", version, stateVersion)
	}
	if _, err := fmt.Sscanf(string(rest), "%d %d", &version, &n); err != nil || n < 1 || n > mostStates || string(line) != fmt.Sprintf("%s %d %d", stateName, version, n) {
		return 0, 0, fmt.Errorf("the first line of the state is damaged: %.60q", line)
	}
	return n, len(line) + 1, nil
}

// ReadStates reads the states of a file, but not yet their accounts.
func ReadStates(text []byte) ([]*State, error) {
	n, at, err := firstLine(text)
	if err != nil {
		return nil, err
	}
	states := make([]*State, 0, min(n, len(text)/stateHead+1))
	for i := range n {
		s, err := readState(text, at)
		if err != nil {
			return nil, fmt.Errorf("state %d of %d: %w", i+1, n, err)
		}
		at = s.offset + len(s.body)
		states = append(states, s)
	}
	if at != len(text) {
		return nil, &stateError{at, fmt.Sprintf("%d bytes follow the last state", len(text)-at)}
	}
	return states, nil
}

func readState(text []byte, at int) (*State, error) {
	if len(text)-at < stateHead {
		return nil, &stateError{len(text), fmt.Sprintf("the state is cut off: it ends within the %d bytes that it begins with", stateHead)}
	}
	length, sum := binary.LittleEndian.Uint64(text[at:]), binary.LittleEndian.Uint64(text[at+8:])
	at += stateHead
	if length > uint64(len(text)-at) { //nolint:gosec // G115: at is within the text
		return nil, &stateError{len(text), fmt.Sprintf("the state is cut off: %d bytes are there; want %d", len(text)-at, length)}
	}
	end := at + int(length) //nolint:gosec // G115: within the text
	s := &State{body: text[at:end:end], offset: at}
	if is := xxhash.Sum64(s.body); is != sum {
		return nil, &stateError{at, fmt.Sprintf("the state is damaged: its checksum is %016x; want %016x", is, sum)}
	}
	d := decoder{text: s.body}
	head := d.bytes()
	s.accounts = d.at
	if d.err == nil && len(head) > longestOrigin {
		d.fail("an origin of %d bytes; at most %d can be", len(head), longestOrigin)
	}
	if d.err != nil {
		return nil, s.at(d.err)
	}
	if err := json.Unmarshal(head, &s.preamble); err != nil {
		return nil, &stateError{at, fmt.Sprintf("the origin is damaged: %v", err)}
	}
	if s.Verifier == "" || s.Incarnation == "" || len(s.Verifier) > LongestName || len(s.Incarnation) > LongestName {
		return nil, &stateError{at, "the origin names no verifier, or no incarnation"}
	}
	if n := len(s.Processes); n == 0 || n > mostProcesses {
		return nil, &stateError{at, fmt.Sprintf("the origin names %d processes; want 1 to %d", n, mostProcesses)}
	}
	return s, nil
}

// at makes the place of an error in a state that in its file.
func (s *State) at(err error) error {
	if of, is := errors.AsType[*stateError](err); is {
		return &stateError{s.offset + of.offset, of.what}
	}
	return err
}

// auditor is one that knows what the state says.
func (s *State) auditor(limits Limits) (*Auditor, error) {
	var expect Expectations
	if err := json.Unmarshal(s.Expect, &expect); err != nil {
		return nil, &stateError{s.offset, fmt.Sprintf("the expectations are damaged: %v", err)}
	}
	a := New(limits, s.Grace, expect)
	a.served = s.Served
	d := decoder{text: s.body, at: s.accounts}
	if a.decode(&d); d.err != nil {
		return nil, s.at(d.err)
	}
	return a, nil
}

// Import makes a new auditor know what another one has exported, and returns whose accounts these are. The limits and expectations are those of the new one,
// but what is known is taken as it is. If the state is not final, what arrived after it is not known: its runs say so, and so do those that began before
// now and of which nothing is known yet.
func (a *Auditor) Import(exported []byte, now time.Time) (Origin, error) {
	states, err := ReadStates(exported)
	if err != nil {
		return Origin{}, err
	}
	if len(states) != 1 {
		return Origin{}, fmt.Errorf("there are %d states; want one", len(states))
	}
	fresh := New(a.limits, a.grace, a.expect)
	fresh.served = a.served
	d := decoder{text: states[0].body, at: states[0].accounts}
	if fresh.decode(&d); d.err != nil {
		return Origin{}, fmt.Errorf("the state is damaged: %w", states[0].at(d.err))
	}
	fresh.lineage.remember()
	if !states[0].Final {
		fresh.resumedAt = now.UnixNano()
		for _, r := range fresh.runs {
			r.unclean++
		}
	}
	*a = *fresh
	return states[0].Origin, nil
}
