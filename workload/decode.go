// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// value is a node of a YAML tree (map[string]any, []any, string, bool, int, int64, uint64, float64, nil) and the path that
// leads to it. Its methods read it as one type or another; what does not fit is noted as a mistake and reads as zero, so
// that one pass finds all mistakes.
type value struct {
	raw      any
	path     string
	mistakes *mistakes
	textOf   *string // what a reference stands for, as text; nil: it is none
}

// Reference is a node that stands for something outside of the tree, such as an environment variable: 007 is a number where a number is
// wanted, and text where text is.
type Reference struct {
	// Value is what YAML makes of it, a node of the tree.
	Value any
	// Text is what it is.
	Text string
}

func newValue(raw any, path string, m *mistakes) value {
	if r, ok := raw.(Reference); ok {
		return value{raw: r.Value, path: path, mistakes: m, textOf: &r.Text}
	}
	return value{raw: raw, path: path, mistakes: m}
}

// mistakes collects what is wrong with a tree, and what its parts share.
type mistakes struct {
	errs  []error
	told  int                 // bytes of errs
	more  int                 // mistakes that were not told
	steps int                 // of all services so far
	kept  map[string][]string // texts of names, by prefix
}

// These bound what is told of mistakes. A few lines of YAML can hold any number of them, by aliases, and each can quote a long name.
const (
	mostMistakes   = 100
	mostTold       = 32 << 10 // bytes; the mistake that exceeds it is the last
	longestMistake = 4 << 10
)

// full says that no further mistake is told: finding the right words for one is no longer worth it.
func (m *mistakes) full() bool { return len(m.errs) == mostMistakes || m.told > mostTold }

func (m *mistakes) err() error {
	if m.more > 0 {
		return errors.Join(append(m.errs, fmt.Errorf("services: %d more mistakes", m.more))...)
	}
	return errors.Join(m.errs...)
}

func (v value) fail(message string) {
	if v.mistakes.full() {
		v.mistakes.more++
		return
	}
	if len(message) > longestMistake {
		message = strings.ToValidUTF8(message[:longestMistake], "") + "..."
	}
	v.mistakes.told += len(v.path) + len(message)
	v.mistakes.errs = append(v.mistakes.errs, fmt.Errorf("%s: %s", v.path, message))
}

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

// quote quotes the beginning of a text.
func quote(text string) string {
	if len(text) > longestQuote {
		text = text[:longestQuote] + "..."
	}
	return strconv.Quote(text)
}

const longestQuote = 60

func formatNumber(f float64) string {
	if a := math.Abs(f); a >= 1e-4 && a < 1e15 || f == 0 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
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
		items[i] = newValue(raw[i], v.path+"["+strconv.Itoa(i)+"]", v.mistakes)
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

// positive reads a number of more than 0 and at most most.
func (v value) positive(most float64) float64 {
	f, ok := v.number()
	if !ok || !(f > 0 && f <= most) { // NaN is neither
		v.refuse("a number of more than 0 and at most " + formatNumber(most))
		return 0
	}
	return f
}

// ranged reads a number from least to most.
func (v value) ranged(least, most float64) float64 {
	f, ok := v.number()
	if !ok || !(f >= least && f <= most) { // NaN is neither
		v.refuse("a number from " + formatNumber(least) + " to " + formatNumber(most))
		return 0
	}
	return f
}

func (v value) number() (float64, bool) {
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

// duration reads a duration with its unit, such as 80us, from least to longestDuration.
func (v value) duration(least sim.Time) sim.Time {
	return v.durationUpTo(least, longestDuration, "1h, such as 80us")
}

// period reads a duration of the load, not of a request, from least to longestPeriod.
func (v value) period(least sim.Time) sim.Time {
	return v.durationUpTo(least, longestPeriod, "8760h, such as 30s")
}

func (v value) durationUpTo(least, most sim.Time, upTo string) sim.Time {
	if s, ok := v.raw.(string); ok {
		d, err := time.ParseDuration(s)
		if err == nil && sim.Time(d) >= least && sim.Time(d) <= most {
			return sim.Time(d)
		}
	}
	v.refuse(fmt.Sprintf("a duration from %v to %s", least.Duration(), upTo))
	return 0
}

// nothing notes a value where none is allowed.
func (v value) nothing() {
	if v.raw != nil {
		v.refuse("no value")
	}
}

// table is a map of the tree.
type table struct {
	value
	entries map[string]any
}

// table reads a map that has no keys but the given.
func (v value) table(keys []string) (table, bool) {
	t, ok := v.anyTable()
	if ok {
		t.allow(keys)
	}
	return t, ok
}

func (v value) anyTable() (table, bool) {
	entries, ok := v.raw.(map[string]any)
	if !ok {
		v.refuse("a map")
	}
	return table{v, entries}, ok
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
	return newValue(t.entries[key], path, t.mistakes)
}

// required is the value of a key that must be there; want says what.
func (t table) required(key, want string) (value, bool) {
	v := t.child(key)
	if !t.has(key) {
		v.fail("missing; want " + want)
		return v, false
	}
	return v, true
}

func plainKey(key string) bool {
	return key != "" && len(key) <= longestQuote && strings.IndexFunc(key, func(r rune) bool {
		return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) < 0
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
