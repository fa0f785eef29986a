// SPDX-License-Identifier: Apache-2.0

package semconv

import "fmt"

// Signal is a kind of telemetry. Tables of one entry for each signal are arrays that it indexes.
type Signal uint8

// The signals.
const (
	SignalTraces Signal = iota
	SignalMetrics
	SignalLogs
	NumSignals // how many there are
)

// SignalNames are the names of the signals, in the order in which end markers, reports and help texts have them.
var SignalNames = [NumSignals]string{SignalTraces: "traces", SignalMetrics: "metrics", SignalLogs: "logs"}

// String returns the name.
func (s Signal) String() string { return SignalNames[s] }

// MarshalText writes the name.
func (s Signal) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a name.
func (s *Signal) UnmarshalText(text []byte) error {
	named, known := SignalNamed(string(text))
	if !known {
		return fmt.Errorf("%q is no signal; want one of %v", text, SignalNames)
	}
	*s = named
	return nil
}

// SignalNamed returns the signal of a name.
func SignalNamed(name string) (Signal, bool) {
	for s, n := range SignalNames {
		if n == name {
			return Signal(s), true
		}
	}
	return 0, false
}
