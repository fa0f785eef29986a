// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"encoding/json"
	"slices"
)

// encode appends the evidence, as JSON.
func (e *evidence) encode(to *encoder) error {
	if len(e.exhibits) == 0 {
		to.bytes(nil)
		return nil
	}
	var text bytes.Buffer
	write := json.NewEncoder(&text)
	write.SetEscapeHTML(false) // it would make an item longer than is kept
	if err := write.Encode(e.exhibits); err != nil {
		return err
	}
	to.bytes(text.Bytes())
	return nil
}

// mostExhibits bounds the evidence of a run in a state, in bytes: of each item its JSON, and the names of its source and faults, each byte of which may take six.
const mostExhibits = mostEvidence * (LongestEvidence + 6*(mostEvidence+4)*(LongestName+64))

func (e *evidence) decode(d *decoder) {
	text := d.bytes()
	if len(text) == 0 {
		return
	}
	if len(text) > mostExhibits {
		d.fail("evidence of %d bytes; at most %d can be", len(text), mostExhibits)
		return
	}
	var exhibits []*exhibit
	if err := json.Unmarshal(text, &exhibits); err != nil {
		d.fail("evidence is damaged: %v", err)
		return
	}
	for _, x := range exhibits {
		e.keep(x)
	}
}

// keep adds an exhibit that another auditor had, unless there is enough, or one of its kind.
func (e *evidence) keep(x *exhibit) {
	if x == nil || Signal(x.Signal) >= Signals || len(e.exhibits) >= mostEvidence || len(x.OTLP) > LongestEvidence ||
		slices.ContainsFunc(x.Faults, func(f Fault) bool { return f.Kind >= FaultKinds || f.Part.Place >= Places }) {
		return
	}
	if x.Expectation != contentExpectation {
		if e.seen[x.Signal][x.kind()] {
			return
		}
		e.note(x.kind(), Signal(x.Signal))
	}
	e.exhibits = append(e.exhibits, x)
}
