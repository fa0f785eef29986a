// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"maps"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// table is a map of the tree that is read by a form.
type table struct {
	value

	entries map[string]any
	form    *form
}

// table reads a map that has no keys but those of a form.
func (v value) table(f *form) (table, bool) {
	t, ok := v.anyTable()
	t.form = f
	if ok {
		t.allow(f.names())
	}
	return t, ok
}

func (v value) anyTable() (table, bool) {
	entries, ok := v.raw.(map[string]any)
	if !ok {
		v.refuse("a map")
	}
	return table{value: v, entries: entries}, ok
}

// allow notes the keys that are not among the given.
func (t table) allow(keys []string) {
	for _, key := range t.keys() {
		if !slices.Contains(keys, key) {
			t.unknown("key", key, keys)
		}
	}
}

func (t table) unknown(what, key string, known []string) {
	t.child(key).fail("unknown " + what + didYouMean(key, known) + "; want " + oneOf(known))
}

// keys in a fixed order, so that mistakes are reported in one.
func (t table) keys() []string { return slices.Sorted(maps.Keys(t.entries)) }

func (t table) has(key string) bool {
	_, ok := t.entries[key]
	return ok
}

// child is the value of a key. Keys that would be misread in a path are quoted: attributes["http.route"].
func (t table) child(key string) value {
	path := t.path + "." + key
	if !plainKey(key) {
		path = t.path + "[" + quote(key) + "]"
	}
	return newValue(t.entries[key], path, t.in)
}

// get is the value of a key of the form, if it is there. If it is not and must be, that is noted.
func (t table) get(name string) (value, bool) {
	k := t.form.key(name)
	v := t.child(name)
	if t.has(name) {
		return v, true
	}
	if k.missing != "" {
		v.fail("missing; want " + k.missing)
	}
	return v, false
}

// The readers below read a key of the form, within the bounds that the form states, if it is there. Else they leave the target as it is.

func (t table) text(name string, to *string) {
	if v, ok := t.get(name); ok {
		*to = v.text()
	}
}

func (t table) whole(name string, to *int) {
	if v, ok := t.get(name); ok {
		*to = v.whole(t.form.key(name).takes.(whole).most)
	}
}

func (t table) number(name string, to *float64) {
	if v, ok := t.get(name); ok {
		*to = v.number(t.form.key(name).takes.(number))
	}
}

func (t table) duration(name string, to *sim.Time) {
	if v, ok := t.get(name); ok {
		*to = v.duration(t.form.key(name).takes.(duration))
	}
}

func (t table) boolean(name string, to *bool) {
	if v, ok := t.get(name); ok {
		*to = v.boolean()
	}
}

// choice is the index of the text among those that the form allows, or -1.
func (t table) choice(name string) int {
	if v, ok := t.get(name); ok {
		return v.choice(t.form.key(name).takes.(text).oneOf)
	}
	return -1
}

// variant reads a map with a single key that is one of names, and returns that name's index and what stands under it.
func (v value) variant(what string, names []string) (int, value, bool) {
	t, ok := v.anyTable()
	if !ok {
		return 0, value{}, false
	}
	keys := t.keys()
	if len(keys) != 1 {
		v.fail(fmt.Sprintf("%d keys where one %s belongs; want %s", len(keys), what, oneOf(names)))
		return 0, value{}, false
	}
	i := slices.Index(names, keys[0])
	if i < 0 {
		t.unknown(what, keys[0], names)
		return 0, value{}, false
	}
	return i, t.child(keys[0]), true
}
