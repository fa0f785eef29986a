// SPDX-License-Identifier: Apache-2.0

package content

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
)

// Said is what a pipeline is said to do to what it carries. Paths name attributes and fields, as OTTL does.
type Said struct {
	// Removed and Changed must be gone, or have another value, wherever they were sent. MayDiffer may.
	Removed, Changed, MayDiffer []string
	// Added is what may arrive beside what was sent; nil: anything.
	Added []string
	// Forbidden are patterns in RE2 that nothing may match: no key, no value, no name, no body.
	Forbidden []string
}

// mostChanges is how many changes a bit set has room for.
const mostChanges = 64

// action is what is said of an attribute or field.
type action uint8

const (
	none action = iota // it is to stay
	mustGo
	mustChange
	mayDiffer
)

// rule is one path with what is said of it.
type rule struct {
	part   audit.Part
	action action
	met    uint64 // its bit
}

// Rules are what a pipeline is said to do, ready to be held against items. Safe for concurrent use.
type Rules struct {
	bySignal [audit.Signals][]rule
	// added is what may arrive beside; nil: anything.
	added   map[audit.Part]bool
	begins  []path
	pattern patterns
	changes []audit.Change
}

// NewRules reads what is said. The error names all that is wrong, with keys below prefix.
func NewRules(said Said, prefix string) (*Rules, error) {
	r := &Rules{}
	var errs []error
	known := map[audit.Part]string{}
	read := func(key string, texts []string, each func(p path)) {
		for i, text := range texts {
			at := fmt.Sprintf("%s%s[%d]", prefix, key, i)
			p, err := parsePath(text)
			switch {
			case err != nil:
				errs = append(errs, fmt.Errorf("%s: %w", at, err))
				continue
			case p.prefix && key != "added":
				errs = append(errs, fmt.Errorf("%s: %q is not allowed; want a whole name, without *", at, text))
				continue
			}
			each(p)
		}
	}
	change := func(key string, of action, kind audit.FaultKind) func(path) {
		return func(p path) {
			if before := known[p.part]; before != "" {
				errs = append(errs, fmt.Errorf("%s%s: %q is not allowed beside %s, which has it too; want it once", prefix, key, p.text, before))
				return
			}
			known[p.part] = prefix + key
			made := rule{part: p.part, action: of}
			if of != mayDiffer {
				if len(r.changes) == mostChanges {
					errs = append(errs, fmt.Errorf("%s%s: %q is not allowed; want at most %d that must be removed or changed", prefix, key, p.text, mostChanges))
					return
				}
				made.met = 1 << len(r.changes)
				r.changes = append(r.changes, audit.Change{Path: p.text, Kind: kind, Signals: p.signals})
			}
			for s := range audit.Signals {
				if p.signals.Has(s) {
					r.bySignal[s] = append(r.bySignal[s], made)
				}
			}
		}
	}
	read("removed", said.Removed, change("removed", mustGo, audit.Removed))
	read("changed", said.Changed, change("changed", mustChange, audit.Changed))
	read("may_differ", said.MayDiffer, change("may_differ", mayDiffer, audit.Changed))
	if said.Added != nil {
		r.added = map[audit.Part]bool{}
		read("added", said.Added, func(p path) {
			if p.prefix {
				r.begins = append(r.begins, p)
				return
			}
			r.added[p.part] = true
		})
	}
	for i, text := range said.Forbidden {
		if _, err := newPatterns([]string{text}); err != nil || text == "" {
			errs = append(errs, fmt.Errorf("%sforbidden[%d]: %q is not allowed; want a pattern in RE2%s", prefix, i, text, what(err)))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	var err error
	r.pattern, err = newPatterns(said.Forbidden)
	return r, err
}

// what is wrong with a pattern, without the pattern.
func what(err error) string {
	if wrong := (*syntax.Error)(nil); errors.As(err, &wrong) {
		return ": " + wrong.Code.String()
	}
	return ""
}

// Changes are those that must be seen, in the order of the bits of [audit.Content.Met].
func (r *Rules) Changes() []audit.Change { return r.changes }

// of is what is said of a part of a signal's items. It runs once for each attribute, so there should be few rules.
func (r *Rules) of(s audit.Signal, part audit.Part) (action, uint64) {
	for i := range r.bySignal[s] {
		if r.bySignal[s][i].part == part {
			return r.bySignal[s][i].action, r.bySignal[s][i].met
		}
	}
	return none, 0
}

// mayAdd reports whether an attribute or field may arrive that was not sent.
func (r *Rules) mayAdd(part audit.Part, name string) bool {
	if r.added == nil || r.added[part] {
		return true
	}
	for i := range r.begins {
		if r.begins[i].part.Place == part.Place && strings.HasPrefix(name, r.begins[i].name) {
			return true
		}
	}
	return false
}

// Mask puts stars in the place of all that is forbidden.
func (r *Rules) Mask(text string) string { return r.pattern.mask(text) }
