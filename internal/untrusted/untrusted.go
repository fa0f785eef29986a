// SPDX-License-Identifier: Apache-2.0

// Package untrusted reads what arrives without trusting it: short, valid text for keys and names that stay in memory and leave
// again, and durations that can be added up.
//
// Whoever sends telemetry decides how long its texts are, whether they are UTF-8, how deep its values nest and which times it tells.
// None of that may reach the stack, the memory or a backend: a value of 800,000 nested arrays has 7.5 MB on the wire, and overflows
// the stack of whoever walks down.
package untrusted

import (
	"math"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Limit is how many bytes of a text are used.
const Limit = 256

// Text returns the text of a string, number or boolean, at any length, as [pcommon.Value.AsString] does. No other value has one: a list,
// a map or bytes name nothing.
func Text(value pcommon.Value) (s string, ok bool) {
	switch value.Type() {
	case pcommon.ValueTypeStr:
		return value.Str(), true
	case pcommon.ValueTypeInt, pcommon.ValueTypeDouble, pcommon.ValueTypeBool:
		return value.AsString(), true // it has no parts
	default:
		return "", false
	}
}

// Cut returns the first characters of a text, as many as fit into [Limit] bytes. It copies nothing.
func Cut(s string) string {
	if len(s) <= Limit {
		return s
	}
	end := Limit
	// The first byte of a character is at most three before its last; bytes that are no character at all end anywhere.
	for end > Limit-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// Valid returns the first characters of a text as UTF-8, with U+FFFD for each run of bytes that is none: what is sent on in a field of
// type string must be UTF-8, or the receiver refuses the whole request. It copies nothing if the text is valid.
func Valid(s string) string {
	s = Cut(s)
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, string(utf8.RuneError))
}

// Duration returns the time from start to end in nanoseconds, or -1 if there is none that makes sense: no start, an end before it (as
// an end that is missing is), or one that is centuries away.
func Duration(start, end pcommon.Timestamp) int64 {
	if start == 0 || end < start {
		return -1
	}
	ns := uint64(end - start)
	if ns > math.MaxInt64 {
		return -1
	}
	return int64(ns)
}

// Tolerance is by how much a time may exceed the duration in nanoseconds that it is part of. Busy and idle times come from a
// monotonic clock, a span's start and end from the wall clock, which ticks by up to a microsecond and is slewed by up to 0.05 %.
func Tolerance(duration int64) int64 {
	const clockTick = 1_000
	return clockTick + duration/1_000
}

// Excess is by how much the recorded times of a span may exceed its duration in nanoseconds. tracing-opentelemetry begins to count the
// idle time before it takes the span's start, and ends to count the busy time after it has taken the span's end; a service that
// times its polls does so around that. What lies between takes a microsecond in a release build, 40 in a debug build, and longer if
// the thread is preempted there. Who uses such a time cuts it to the duration.
func Excess(duration int64) int64 {
	const atAll = 1_000_000
	return atAll + duration/100
}
