// SPDX-License-Identifier: Apache-2.0

package audit

var wantedOf = [FaultKinds]string{
	Removed: "want it there", Changed: "want it unchanged", Untouched: "want it removed or changed, as content says", Added: "want only what content.added has",
	Forbidden: "want no match",
}

// mostContentFindings bounds the findings of a signal: a pipeline that strips all attributes has one for each key.
const mostContentFindings = 16

// judgeContent finds what is wrong with the content of a signal's items.
func (r *RunReport) judgeContent(e *Expectations, s *SignalReport) {
	most := 0.0
	if e.Content != nil {
		most = e.Content.Max
	}
	if s.Checked == 0 && !r.content {
		if e.Content != nil && s.Final && s.Received > 0 {
			r.doubt(contentExpectation, s, "no item has a stamp of its content, so nothing is known of that: set verify_content of synthetic_load")
		}
		return
	}
	if float64(s.Wrong+s.Unread) <= most*float64(s.offered()) {
		return
	}
	certain := most == 0 || r.sentCertain(s)
	if s.Unread > 0 {
		r.add(certain, contentExpectation, s, "%s with the stamp of their content gone or damaged", items(s.Unread))
	}
	arrived := s.Checked + s.Unread
	for i := range s.Faults {
		if i == mostContentFindings {
			r.add(certain, contentExpectation, s, "and %d more faults", len(s.Faults)-i)
			break
		}
		f := &s.Faults[i]
		r.add(certain, contentExpectation, s, "%s: %d of %s; %s", f, f.Items, items(arrived), wantedOf[f.kind])
	}
}

// judgeChanges: that what was to change has changed proves nothing if no item had it.
func (r *RunReport) judgeChanges(e *Expectations) {
	if e.Content == nil || !r.Final {
		return
	}
	for i := range e.Content.Changes {
		c := &e.Content.Changes[i]
		checked, met := false, false
		for k := range r.Signals {
			s := &r.Signals[k]
			if c.Signals.Has(s.Signal) {
				checked = checked || s.Checked > 0
				met = met || s.met&(1<<i) != 0
			}
		}
		if checked && !met {
			r.doubt(contentExpectation, nil, "no item was sent with %s, so nothing shows that it is %s: take it out of content.%s", c.Path, c.Kind, c.Kind)
		}
	}
}
