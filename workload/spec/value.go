// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
	"github.com/runtimelab/otelcol-runtimelab/workload/dist"
)

// value is a node of a YAML tree (map[string]any, []any, string, bool, int, int64, uint64, float64, nil) and the path that
// leads to it. Its methods read it as one type or another; what does not fit is noted as a mistake and reads as zero, so
// that one pass finds all mistakes.
type value struct {
	raw    any
	path   string
	in     *reading
	textOf *string // what a reference stands for, as text; nil: it is none
}

// Reference is a node that stands for something outside of the tree, such as an environment variable: 007 is a number where a number is
// wanted, and text where text is.
type Reference struct {
	// Value is what YAML makes of it, a node of the tree.
	Value any
	// Text is what it is.
	Text string
}

// newValue is a node at a path.
func newValue(raw any, path string, in *reading) value {
	if r, ok := raw.(Reference); ok {
		return value{raw: r.Value, path: path, in: in, textOf: &r.Text}
	}
	return value{raw: raw, path: path, in: in}
}

// fail notes a mistake.
func (v value) fail(message string) { v.in.note(v.path, message) }

// refuse notes that the value is not what is wanted.
func (v value) refuse(want string) {
	v.fail(v.describe() + " is not allowed; want " + want)
}

// describe quotes the value; of maps and lists it says that much only.
func (v value) describe() string {
	switch raw := v.raw.(type) {
	case nil:
		return "null"
	case string:
		return quote(raw)
	case float64:
		return formatNumber(raw)
	case bool, int, int64, uint64:
		return fmt.Sprint(raw)
	case time.Time: // what YAML makes of 2026-01-31
		return "a date"
	case []any:
		return "a list"
	case map[string]any:
		return "a map"
	case map[any]any:
		return "a map with keys that are not text"
	default:
		return fmt.Sprintf("a %T", raw)
	}
}

// list reads a list of at least one item; what names the items.
func (v value) list(what string) []value {
	raw, ok := v.raw.([]any)
	if !ok {
		v.refuse("a list of " + what)
		return nil
	}
	if len(raw) == 0 {
		v.fail("empty; want at least one of the " + what)
		return nil
	}
	items := make([]value, len(raw))
	for i := range raw {
		items[i] = newValue(raw[i], v.path+"["+strconv.Itoa(i)+"]", v.in)
	}
	return items
}

// text reads a string that is not empty. OTLP takes valid UTF-8 only.
func (v value) text() string {
	if v.textOf != nil {
		v.raw = *v.textOf
	}
	switch raw := v.raw.(type) {
	case string:
		switch {
		case raw == "":
			v.fail("empty; want text")
		case !utf8.ValidString(raw):
			v.refuse("valid UTF-8")
			return ""
		}
		return raw
	case bool, int, int64, uint64, float64, time.Time:
		v.refuse("text: put it in quotes")
	default:
		v.refuse("text")
	}
	return ""
}

// choice reads a string that is one of names, and returns its index, or -1.
func (v value) choice(names []string) int {
	s := v.text()
	if s == "" {
		return -1
	}
	i := slices.Index(names, s)
	if i < 0 {
		v.fail(v.describe() + " is not allowed" + didYouMean(s, names) + "; want " + oneOf(names))
	}
	return i
}

func (v value) boolean() bool {
	b, ok := v.raw.(bool)
	if !ok {
		v.refuse("true or false")
	}
	return b
}

// whole reads a whole number from 1 to most.
func (v value) whole(most int) int {
	var n int64
	switch raw := v.raw.(type) {
	case int:
		n = int64(raw)
	case int64:
		n = raw
	case uint64: // YAML gives uint64 only beyond int64
		n = math.MaxInt64
	default:
		v.refuse(fmt.Sprintf("a whole number from 1 to %d", most))
		return 0
	}
	if n < 1 || n > int64(most) {
		v.refuse(fmt.Sprintf("1 to %d", most))
		return 0
	}
	return int(n)
}

// unsigned reads any uint64.
func (v value) unsigned() uint64 {
	switch raw := v.raw.(type) {
	case int:
		if raw >= 0 {
			return uint64(raw)
		}
	case int64:
		if raw >= 0 {
			return uint64(raw)
		}
	case uint64:
		return raw
	}
	v.refuse("a whole number from 0 to 18446744073709551615")
	return 0
}

// integer reads any int64.
func (v value) integer() int64 {
	switch raw := v.raw.(type) {
	case int:
		return int64(raw)
	case int64:
		return raw
	}
	v.refuse("a whole number of 64 bits")
	return 0
}

// number reads a number within bounds.
func (v value) number(of number) float64 {
	f, ok := v.float()
	switch {
	case ok && of.above && f > of.least && f <= of.most, ok && !of.above && f >= of.least && f <= of.most: // NaN is neither
		return f
	default:
		v.refuse(of.words())
	}
	return 0
}

func (v value) float() (float64, bool) {
	switch raw := v.raw.(type) {
	case int:
		return float64(raw), true
	case int64:
		return float64(raw), true
	case uint64:
		return float64(raw), true
	case float64:
		return raw, true
	default:
		return 0, false
	}
}

// duration reads a duration with its unit, such as 80us.
func (v value) duration(of duration) sim.Time {
	if v.raw == 0 && of.least == 0 { // which needs no unit
		return 0
	}
	if s, ok := v.raw.(string); ok {
		d, err := time.ParseDuration(s)
		if err == nil && sim.Time(d) >= of.least && sim.Time(d) <= of.most {
			return sim.Time(d)
		}
	}
	v.refuse(fmt.Sprintf("a duration from %v to %s, such as %s", of.least.Duration(), formatDuration(of.most), of.example()))
	return 0
}

// request is the kind of a duration that is part of a request, from least to an hour.
func request(least sim.Time) duration { return duration{least, dist.Longest} }

// period is the kind of a duration of the load, not of a request, from least to a year.
func period(least sim.Time) duration { return duration{least, arrive.LongestPeriod} }

func (d duration) example() string {
	if d.most == arrive.LongestPeriod {
		return "30s"
	}
	return "80us"
}

// nothing notes a value where none is allowed.
func (v value) nothing() {
	if v.raw != nil {
		v.refuse("no value")
	}
}
