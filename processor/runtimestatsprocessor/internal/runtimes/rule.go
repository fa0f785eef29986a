// SPDX-License-Identifier: Apache-2.0

package runtimes

import "strings"

// Attributes looks up resource attributes as strings.
type Attributes func(name string) (value string, present bool)

// Entries of a rule's match that are not resource attributes.
const (
	MatchThread = "thread.name"
	MatchScope  = "scope.name"
)

// Rule names the runtime of the spans that match it.
type Rule struct {
	name          string
	resource      []attributePattern // all of them must match
	thread, scope *pattern           // nil: any, or none
}

type attributePattern struct {
	name  string
	value pattern
}

// NewRule makes a rule: spans whose thread name, scope name and resource attributes match all patterns get the name. In a
// pattern, * stands for any number of any characters. A resource attribute that is missing matches no pattern.
func NewRule(match map[string]string, name string) Rule {
	r := Rule{name: name}
	for entry, text := range match {
		p := pattern(strings.Split(text, "*"))
		switch entry {
		case MatchThread:
			r.thread = &p
		case MatchScope:
			r.scope = &p
		default:
			r.resource = append(r.resource, attributePattern{entry, p})
		}
	}
	return r
}

func (r *Rule) matchesResource(resource Attributes) bool {
	for _, a := range r.resource {
		if value, present := resource(a.name); !present || !a.value.matches(value) {
			return false
		}
	}
	return true
}

// pattern is what stands between the asterisks: with n of them, n+1 parts.
type pattern []string

// matches takes the first place for each inner part; if that does not work out, no other does.
func (p pattern) matches(s string) bool {
	last := len(p) - 1
	if last == 0 {
		return s == p[0]
	}
	s, ok := strings.CutPrefix(s, p[0])
	for _, part := range p[1:last] {
		if ok {
			_, s, ok = strings.Cut(s, part)
		}
	}
	return ok && strings.HasSuffix(s, p[last])
}
