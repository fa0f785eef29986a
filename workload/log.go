// SPDX-License-Identifier: Apache-2.0

package workload

// Log is a log record that each instance of the service writes now and then, outside of any span.
type Log struct {
	Severity Severity
	Body     Body
	// Rate is how many an instance writes in a second, independently of each other.
	Rate       float64
	Attributes []Attribute // sorted by key
}

// HighestLogRate bounds the rate of a [Log].
const HighestLogRate = 1e5

// Body is what a log record says: text, or a map.
type Body struct {
	Text string
	Map  []Attribute // sorted by key; in place of the text
}

// Severity of a log record.
type Severity uint8

// The severities. The zero value is Info, as the events of services have it.
const (
	Info Severity = iota
	Trace
	Debug
	Warn
	Error
	Fatal
)

var severityNames = [...]string{Info: "info", Trace: "trace", Debug: "debug", Warn: "warn", Error: "error", Fatal: "fatal"}

// Severities are all of them, the least first.
func Severities() []Severity { return []Severity{Trace, Debug, Info, Warn, Error, Fatal} }

// String is the severity's name.
func (s Severity) String() string { return severityNames[s] }
