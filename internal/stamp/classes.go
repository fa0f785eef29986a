// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"encoding/binary"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Class is a part of what a shard sends, that a pipeline may keep or drop as one: of each signal's items those that match something, or the
// spans of all traces of which one span matches. An item belongs to the first class of the list that has it.
type Class struct {
	Name string
	// Traces: it has whole traces.
	Traces bool
	// Items of each signal that were sent and not given up.
	Items [len(semconv.SignalNames)]uint64
}

// What an end marker carries of classes.
const (
	MostClasses     = 32
	LongestClass    = 64
	classesVersion  = 1
	classWithTraces = 1
)

// AppendClasses appends classes as bytes, in their order.
func AppendClasses(b []byte, classes []Class) []byte {
	b = append(b, classesVersion)
	for i := range classes {
		c := &classes[i]
		b = binary.AppendUvarint(b, uint64(len(c.Name)))
		b = append(b, c.Name...)
		kind := byte(0)
		if c.Traces {
			kind = classWithTraces
		}
		b = append(b, kind)
		for _, n := range c.Items {
			b = binary.AppendUvarint(b, n)
		}
	}
	return b
}

// ReadClasses reads what AppendClasses has written.
func ReadClasses(b []byte) (classes []Class, ok bool) {
	if len(b) == 0 || b[0] != classesVersion {
		return nil, false
	}
	b = b[1:]
	for len(b) > 0 {
		var c Class
		length, n := binary.Uvarint(b)
		if n <= 0 || length == 0 || length > LongestClass || len(classes) == MostClasses {
			return nil, false
		}
		if b = b[n:]; uint64(len(b)) <= length {
			return nil, false
		}
		c.Name, b = string(b[:length]), b[length:]
		if b[0] > classWithTraces {
			return nil, false
		}
		c.Traces, b = b[0] == classWithTraces, b[1:]
		for signal := range c.Items {
			items, n := binary.Uvarint(b)
			if n <= 0 || items > mostItems {
				return nil, false
			}
			c.Items[signal], b = items, b[n:]
		}
		classes = append(classes, c)
	}
	return classes, true
}
