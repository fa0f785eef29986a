// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// How a state is written: numbers as varints, 8 bytes where they are random, texts and further encodings after their length, lists after the number
// of their elements, sorted. docs/audit.md has the layout.

// Bounds of what a state may have: more than any auditor holds.
const (
	mostStoredRuns    = 1 << 8
	mostStoredSources = 1 << 22
	mostStoredSpans   = 1 << 24
)

// encoder appends to a text.
type encoder struct{ text []byte }

func (e *encoder) number(n uint64) { e.text = binary.AppendUvarint(e.text, n) }
func (e *encoder) signed(n int64)  { e.text = binary.AppendVarint(e.text, n) }
func (e *encoder) fixed(n uint64)  { e.text = binary.LittleEndian.AppendUint64(e.text, n) }
func (e *encoder) bytes(b []byte)  { e.number(uint64(len(b))); e.text = append(e.text, b...) }
func (e *encoder) string(s string) { e.number(uint64(len(s))); e.text = append(e.text, s...) }
func (e *encoder) numbers(n []uint64) {
	for _, x := range n {
		e.number(x)
	}
}

func (e *encoder) flag(b bool) {
	if b {
		e.number(1)
	} else {
		e.number(0)
	}
}

// fixeds appends a list of random numbers.
func (e *encoder) fixeds(list []uint64) {
	e.number(uint64(len(list)))
	for _, x := range list {
		e.fixed(x)
	}
}

// fields appends those of some numbers that are not 0: first a bit for each that says so.
func (e *encoder) fields(of []*uint64) {
	mask := uint64(0)
	for i, n := range of {
		if *n != 0 {
			mask |= 1 << i
		}
	}
	e.number(mask)
	for _, n := range of {
		if *n != 0 {
			e.number(*n)
		}
	}
}

// name appends a name of a sorted list: how many bytes it shares with the one before, and the others.
func (e *encoder) name(name string, before *string) {
	n := 0
	for n < min(len(name), len(*before)) && name[n] == (*before)[n] {
		n++
	}
	e.number(uint64(n))
	e.string(name[n:])
	*before = name
}

// decoder reads what an encoder has written, until something is wrong. Then all that it reads is 0. What it allocates is bounded by the length of what it
// reads.
type decoder struct {
	text []byte
	at   int
	err  error
}

// stateError says where a state is wrong, and how.
type stateError struct {
	offset int
	what   string
}

func (e *stateError) Error() string { return fmt.Sprintf("byte %d: %s", e.offset, e.what) }

func (d *decoder) fail(format string, values ...any) {
	if d.err == nil {
		d.err = &stateError{d.at, fmt.Sprintf(format, values...)}
	}
}

func (d *decoder) number() uint64 {
	if d.err != nil {
		return 0
	}
	x, n := binary.Uvarint(d.text[d.at:])
	if n <= 0 {
		d.fail("a number is cut off, or too large")
		return 0
	}
	d.at += n
	return x
}

// count reads a number of items, which no sum of may overflow.
func (d *decoder) count() uint64 { return d.upTo(mostNumbers, "a count") }

// upTo reads a number that is at most so much.
func (d *decoder) upTo(most uint64, what string) uint64 {
	x := d.number()
	if x > most {
		d.fail("%s of %d; at most %d can be", what, x, most)
		return 0
	}
	return x
}

func (d *decoder) signed() int64 {
	if d.err != nil {
		return 0
	}
	x, n := binary.Varint(d.text[d.at:])
	if n <= 0 {
		d.fail("a number is cut off, or too large")
		return 0
	}
	d.at += n
	return x
}

func (d *decoder) fixed() uint64 {
	if d.err != nil || len(d.text)-d.at < 8 {
		d.fail("it is cut off")
		return 0
	}
	d.at += 8
	return binary.LittleEndian.Uint64(d.text[d.at-8:])
}

// bytes are those of the text itself, not a copy.
func (d *decoder) bytes() []byte {
	n := d.number()
	if d.err != nil || n > uint64(len(d.text)-d.at) { //nolint:gosec // G115: at is within the text
		d.fail("%d bytes follow; want %d", len(d.text)-d.at, n)
		return nil
	}
	from := d.at
	d.at += int(n) //nolint:gosec // G115: at most what follows
	return d.text[from:d.at:d.at]
}

// string reads a text of at most so many bytes.
func (d *decoder) string(most int) string {
	b := d.bytes()
	if len(b) > most {
		d.fail("a name of %d bytes; at most %d can be", len(b), most)
		return ""
	}
	return string(b)
}

func (d *decoder) flag() bool { return d.upTo(1, "a flag") == 1 }

// length reads how many elements follow, each of which takes so many bytes at least.
func (d *decoder) length(most, bytesOfEach int) int {
	n := d.number()
	if fit := min(most, (len(d.text)-d.at)/bytesOfEach); n > uint64(fit) { //nolint:gosec // G115: at is within the text
		d.fail("%d elements, in %d bytes that follow; at most %d can be", n, len(d.text)-d.at, most)
		return 0
	}
	if d.err != nil {
		return 0
	}
	return int(n) //nolint:gosec // G115: at most what fits
}

func (d *decoder) fixeds(most int) (list []uint64) {
	n := d.length(most, 8)
	if n == 0 {
		return nil
	}
	list = make([]uint64, n)
	for i := range list {
		list[i] = d.fixed()
	}
	return list
}

func (d *decoder) fields(of []*uint64) {
	mask := d.number()
	if mask>>len(of) != 0 {
		d.fail("fields that there are none of: %x", mask)
	}
	for i, n := range of {
		if mask&(1<<i) != 0 {
			*n = d.count()
		}
	}
}

func (d *decoder) name(before *string) string {
	n := d.upTo(uint64(len(*before)), "the beginning of a name")
	name := (*before)[:n] + string(d.bytes())
	if len(name) > LongestName {
		d.fail("a name of %d bytes; at most %d can be", len(name), LongestName)
		return ""
	}
	*before = name
	return name
}

// sorted reads a name of a sorted list that begins with none.
func (d *decoder) sorted(before *string, first bool) string {
	was := *before
	name := d.name(before)
	if d.err == nil && !first && name <= was {
		d.fail("%q follows %q, and is not behind it", name, was)
	}
	return name
}

// ascending appends numbers by their distances.
func (e *encoder) ascending(list []uint64) {
	e.number(uint64(len(list)))
	last := uint64(0)
	for _, x := range list {
		e.number(x - last)
		last = x
	}
}

func (d *decoder) ascending(most int) []uint64 {
	n := d.length(most, 1)
	if n == 0 {
		return nil
	}
	list := make([]uint64, n)
	last := uint64(0)
	for i := range list {
		x := last + d.number()
		if x <= last && i > 0 {
			d.fail("a list is not in its order")
			return nil
		}
		list[i], last = x, x
	}
	if d.err != nil {
		return nil
	}
	return list
}

// sortedKeys are those of a set, ascending.
func sortedKeys(sets ...map[uint64]struct{}) []uint64 {
	n := 0
	for _, set := range sets {
		n += len(set)
	}
	keys := make([]uint64, 0, n)
	for _, set := range sets {
		for k := range set {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
