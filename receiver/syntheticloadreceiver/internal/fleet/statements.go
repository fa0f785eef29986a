// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"strconv"

	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// The files of a service's source in which its log statements stand.
const (
	mainFile   = "src/main.rs"     // hooks of threads
	sourceFile = "src/handlers.rs" // the rest
)

// logKind is a log statement of the service.
type logKind uint8

const (
	threadStarted logKind = iota
	threadStopped
	taskStarted
	taskFinished
	taskCancelled
	eventNoted
	spanFailed
	ownLogged
)

// logKinds describes the statements.
var logKinds = [...]struct {
	severity        // of what says none itself
	body     string // empty: that of an event is its name, that of a failure the span's status message
	file     string
	line     int64 // in sourceFile below that of the span or event
}{
	threadStarted: {severities[LevelDebug], "thread started", mainFile, 10},
	threadStopped: {severities[LevelDebug], "thread stopped", mainFile, 11},
	taskStarted:   {severities[LevelDebug], "task started", sourceFile, 1},
	taskFinished:  {severities[LevelDebug], "task finished", sourceFile, 2},
	taskCancelled: {severities[LevelDebug], "task cancelled", sourceFile, 3},
	spanFailed:    {severities[LevelError], "", sourceFile, 4},
	eventNoted:    {severities[LevelInfo], "", sourceFile, 5},
	ownLogged:     {severities[LevelInfo], "", sourceFile, 6},
}

// eventNames are tracing's names of a service's log statements, by kind and by label of the span or event. Hooks of threads have one each.
func eventNames(s *workload.Service) (names [len(logKinds)][]string) {
	for i := range logKinds {
		k := &logKinds[i]
		name := func(line int64) string { return "event " + k.file + ":" + strconv.FormatInt(line, 10) }
		if k.file == mainFile {
			names[i] = []string{name(k.line)}
			continue
		}
		for label := range max(len(s.Spans), len(s.Events), len(s.Logs)) {
			names[i] = append(names[i], name(sourceLine(label)+k.line))
		}
	}
	return names
}

// severityOf is the severity of a record: that of its statement, unless the service says another.
func severityOf(s *workload.Service, kind logKind, label int) severity {
	switch kind {
	case eventNoted:
		return ownSeverities[s.Events[label].Severity]
	case ownLogged:
		return ownSeverities[s.Logs[label].Severity]
	default:
		return logKinds[kind].severity
	}
}

// sourceLine places the handlers of a service below each other in its source file.
func sourceLine(label int) int64 { return 12 + 24*int64(label) }
