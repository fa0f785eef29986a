// SPDX-License-Identifier: Apache-2.0

package workload

import "fmt"

// What a span is described by beside its name: its kind, its attributes, how often it fails, and what it links to. An operation,
// a named spawn and a span inside a task say it in the same words.

// Links says what a span links to when it ends, as a consumer links to the producers of its batch: the spans of one name that
// ended last before it, in the same process.
type Links struct {
	Name  string
	Count int // 1 to 128; fewer if not so many have ended
}

// mostLinks is how many links OpenTelemetry's SDKs keep of a span by default.
const mostLinks = 128

// link is a name that has to be one of the service's.
type link struct {
	at   value
	name string
}

// describe reads those of the keys that are there.
func (p *programs) describe(t table, span *Span) {
	if t.has("kind") {
		span.Kind = Kind(max(0, t.child("kind").choice(kindNames))) //nolint:gosec // G115: an index of kindNames
	}
	if t.has("attributes") {
		span.Attributes = Merge(span.Attributes, parseAttributes(t.child("attributes")))
	}
	if t.has("errors") {
		span.Errors = parseErrors(t.child("errors"))
	}
	if t.has("links") {
		span.Links = p.links(t.child("links"))
	}
}

func (p *programs) links(v value) *Links {
	l := &Links{Count: 1}
	t, ok := v.table([]string{"operation", "count"})
	if !ok {
		return l
	}
	if name, ok := t.required("operation", "the name of an operation or a span of this service"); ok {
		l.Name = name.text()
		p.linked = append(p.linked, link{name, l.Name})
	}
	if t.has("count") {
		l.Count = t.child("count").whole(mostLinks)
	}
	return l
}

// checkLinks notes links to names that no span has.
func (p *programs) checkLinks() {
	known := map[string]bool{}
	var names []string
	for i := range p.spans {
		if name := p.spans[i].Name; name != "" && !known[name] {
			known[name] = true
			names = append(names, name)
		}
	}
	for _, l := range p.linked {
		if l.name != "" && !known[l.name] {
			l.at.fail(fmt.Sprintf("%s is no span of this service%s; want %s", l.at.describe(), didYouMean(l.name, names), oneOf(names)))
		}
	}
}
