// SPDX-License-Identifier: Apache-2.0

package workload

import "encoding/binary"

// List is the value of an attribute that is a list. Its elements are values of attributes, of any type, drawn or not.
type List []any

// Map is the value of an attribute that is a map, sorted by key.
type Map []Attribute

// Bytes is the value of an attribute that is some random bytes, others in each span. [NewBytes] makes one.
type Bytes struct {
	Size int
	draw draw
}

// Bounds of values.
const (
	// DeepestValue is how many lists and maps may stand inside each other: fewer than what checks the content tells apart.
	DeepestValue = 8
	// MostElements is how many values the lists and maps of one attribute hold, all together.
	MostElements = 1000
)

// NewBytes draws bytes, from 1 to MostPayload, for the attribute key.
func NewBytes(key string, size int) Bytes { return Bytes{size, drawOf(key)} }

// Bytes are those of a span. The same draws give the same bytes.
func (b Bytes) Bytes(d Draws) []byte {
	r := b.draw.from(d)
	bytes := make([]byte, (max(0, b.Size)+7)/8*8)
	for i := 0; i < len(bytes); i += 8 {
		binary.LittleEndian.PutUint64(bytes[i:], r.Uint64())
	}
	return bytes[:b.Size]
}

// isValue reports whether a value is one of those that [Attribute] names, at a depth of lists and maps.
func isValue(v any, depth int) bool {
	switch v := v.(type) {
	case string, int64, float64, bool, Texts, Integers, Bytes:
		return true
	case List:
		for _, element := range v {
			if !isValue(element, depth+1) {
				return false
			}
		}
		return depth < DeepestValue
	case Map:
		for i, a := range v {
			if i > 0 && a.Key <= v[i-1].Key || !isValue(a.Value, depth+1) {
				return false
			}
		}
		return depth < DeepestValue
	}
	return false
}

// payloadOf is how many bytes of payload a value has.
func payloadOf(v any) float64 {
	n := 0.0
	switch v := v.(type) {
	case Payload:
		n = float64(v.Bytes)
	case Bytes:
		n = float64(v.Size)
	case List:
		for _, element := range v {
			n += payloadOf(element)
		}
	case Map:
		for _, a := range v {
			n += payloadOf(a.Value)
		}
	}
	return n
}
