// SPDX-License-Identifier: Apache-2.0

package audit

import "slices"

// judgeClasses finds classes that are not kept or dropped as expected. It reports whether something may be dropped, so that a loss is no fault
// by itself.
func (r *RunReport) judgeClasses(e *Expectations, s *SignalReport) (drops bool) {
	if e.Classes == nil || !s.Final || !slices.Contains(e.Classes.Signals, s.Signal) {
		return false
	}
	if s.Classes == nil {
		if s.Received+s.Lost > 0 {
			r.doubt("classes", s, "no end marker tells what was sent of each class")
		}
		return true
	}
	certain := s.anyway+s.doubtful == 0 && s.OverLimit == 0 && !r.partial() && (!r.byTrace || s.GivenUp == 0 && r.tracesUnknown == 0 && !r.tracesForgotten)
	if !certain {
		r.doubt("classes", s, "not known: the generator gave up %s, or the audit could not see all", items(s.GivenUp))
		return true
	}
	for i := range s.Classes {
		c := &s.Classes[i]
		fate := e.Classes.of(c.Class)
		drops = drops || fate != kept && c.Sent > 0
		least, most := r.received(s, c)
		switch {
		case fate == kept && most < c.Sent:
			r.find("classes", s, "%s: %d of %s are lost; want all", c, c.Sent-most, items(c.Sent))
		case fate == dropped && least > 0:
			r.find("classes", s, "%s: %d of %s arrived; want none", c, c.counted, items(c.Sent))
		case least > c.Sent:
			r.find("classes", s, "%s: %d arrived, and %d were sent: its items were changed", c, c.counted, c.Sent)
		case fate == kept && least < c.Sent, fate == dropped && most > 0, most > c.Sent:
			r.doubt("classes", s, "%s: not known: %s came to several verifiers, and of which class they are is not known", c, items(s.twice))
		}
	}
	return drops
}

// boundClasses says how many of each class arrived, as far as that is known.
func (r *RunReport) boundClasses() {
	for i := range r.Signals {
		s := &r.Signals[i]
		for j := range s.Classes {
			c := &s.Classes[j]
			least, most := r.received(s, c)
			c.Received = Count(least)
			if least != most {
				c.Received, c.Least, c.Most = NotKnown, &least, &most
			}
		}
	}
}

// received is how many items of a class arrived, at least and at most. What came to several verifiers is counted twice in its class, and taken out of the rest for
// that. Spans whose traces make their class are told apart.
func (r *RunReport) received(s *SignalReport, c *ClassReport) (least, most uint64) {
	switch {
	case s.twice == 0 || r.byTrace:
		return c.counted, c.counted
	case c.Class == Rest:
		return c.counted, c.counted + s.twice
	default:
		least = c.counted - min(c.counted, s.twice)
		if s.Beyond == 0 { // or it is one that was never sent, which has no class
			least = max(least, min(c.counted, 1))
		}
		return least, c.counted
	}
}

// judgeClassNames: that what is expected of a class was seen proves nothing if there is no such class, or nothing of it was sent.
func (r *RunReport) judgeClassNames(e *Expectations) {
	if e.Classes == nil || !r.Final {
		return
	}
	for _, name := range e.Classes.named() {
		known, sent := false, uint64(0)
		for i := range r.Signals {
			for _, c := range r.Signals[i].Classes {
				if c.Class == name && slices.Contains(e.Classes.Signals, r.Signals[i].Signal) {
					known, sent = true, sent+c.Sent
				}
			}
		}
		switch {
		case !known && r.anyClasses():
			r.doubt("classes", nil, "%s: the generator has no such class; want one of those in its setting classes, or %s", name, Rest)
		case known && sent == 0:
			r.doubt("classes", nil, "%s: nothing of it was sent, so nothing is known of its way", name)
		}
	}
}

func (r *RunReport) anyClasses() bool {
	return slices.ContainsFunc(r.Signals, func(s SignalReport) bool { return s.Classes != nil })
}

// unwanted says of an item of a class that it should not have arrived; empty: it should.
func (r *RunReport) unwanted(e *Expectations, signal Signal, class uint32) string {
	for i := range r.Signals {
		for _, c := range r.Signals[i].Classes {
			if r.Signals[i].Signal == signal && c.number == class && e.Classes != nil && slices.Contains(e.Classes.Signals, signal) && e.Classes.of(c.Class) == dropped {
				return "classes: " + c.String() + " arrived"
			}
		}
	}
	return ""
}
