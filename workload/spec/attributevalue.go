// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// mapName is the key of a value that is a map: without it the map would be taken for what is drawn.
const mapName = "map"

// valueNames are the keys of a map that stands for a value.
var valueNames = append(slices.Clone(generatorNames), mapName)

// readAttributes reads the attributes of a span or an event.
func readAttributes(v value) []workload.Attribute {
	return v.attributes(func(key string) string {
		if workload.Recorded(key) {
			return "recorded by the runtime or derived from it; want an attribute of the operation's own"
		}
		return ""
	})
}

// attributes reads attributes, sorted by key: maps of YAML have no order, telemetry has. taken says why a key is not allowed.
func (v value) attributes(taken func(key string) string) []workload.Attribute {
	t, ok := v.anyTable()
	if !ok {
		return nil
	}
	var attributes []workload.Attribute
	for _, key := range t.keys() {
		child := t.child(key)
		if newValue(key, child.path, v.in).text() == "" {
			continue
		}
		if why := taken(key); why != "" {
			child.fail(why)
			continue
		}
		v.in.nesting = nesting{key: key}
		attributes = append(attributes, workload.Attribute{Key: key, Value: child.attribute(key)})
	}
	return attributes
}

// mostElements bounds the elements of lists and maps of all attributes: a few lines of YAML can hold any number of them, by aliases.
const mostElements = 200_000

// attribute reads the value of an attribute: a string, int64, float64 or bool; Texts, Integers or Bytes, drawn by the name of the draw; a
// List or a Map.
func (v value) attribute(draw string) any {
	switch raw := v.raw.(type) {
	case string:
		if raw == "" { // an attribute may be empty, other text may not
			return raw
		}
		return v.text()
	case bool, int64, float64:
		return raw
	case int:
		return int64(raw)
	case []any:
		return v.elements(raw, draw)
	case map[string]any:
		i, argument, ok := v.variant("value", valueNames)
		switch {
		case !ok:
			return nil
		case valueNames[i] == mapName:
			return argument.entries(draw)
		}
		return generators[i].read(argument, &generators[i].form, draw)
	}
	v.refuse("text, a whole number of 64 bits, a number, true or false, a list, or a map of one of " + strings.Join(valueNames, ", "))
	return nil
}

// elements reads a list, which may be empty.
func (v value) elements(raw []any, draw string) any {
	if !v.enter(len(raw)) {
		return nil
	}
	defer v.leave()
	list := make(workload.List, 0, len(raw))
	draw = drawInside(draw, "")
	for i := range raw {
		place := strconv.Itoa(i)
		list = append(list, newValue(raw[i], v.path+"["+place+"]", v.in).attribute(drawInside(draw, place)))
	}
	return list
}

// entries reads a map, which may be empty.
func (v value) entries(draw string) any {
	t, ok := v.anyTable()
	if !ok || !v.enter(len(t.entries)) {
		return nil
	}
	defer v.leave()
	entries := make(workload.Map, 0, len(t.entries))
	draw = drawInside(draw, "")
	for _, key := range t.keys() {
		child := t.child(key)
		if newValue(key, child.path, v.in).text() != "" {
			entries = append(entries, workload.Attribute{Key: key, Value: child.attribute(drawInside(draw, key))})
		}
	}
	return entries
}

// drawInside names the draw of a value inside a list or map, by its place there: FNV-1a of both names, which may be long.
func drawInside(draw, place string) string {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for _, name := range [...]string{draw, place} {
		for i := range len(name) {
			h = (h ^ uint64(name[i])) * prime
		}
		h *= prime
	}
	return strconv.FormatUint(h, 36)
}

// enter notes a list or map that is too deep, or one value too many.
func (v value) enter(elements int) bool {
	n := &v.in.nesting
	n.elements += elements
	v.in.elements += elements
	switch {
	case n.depth == workload.DeepestValue:
		v.fail(fmt.Sprintf("inside %d lists and maps; want at most %d", n.depth, workload.DeepestValue-1))
	case n.elements > workload.MostElements:
		v.fail(fmt.Sprintf("more than %d values in the lists and maps of one attribute; want at most that many", workload.MostElements))
	case v.in.elements > mostElements:
		v.fail(fmt.Sprintf("more than %d values in the lists and maps of all attributes; want at most that many", mostElements))
	default:
		n.depth++
		return true
	}
	return false
}

func (v value) leave() { v.in.nesting.depth-- }
