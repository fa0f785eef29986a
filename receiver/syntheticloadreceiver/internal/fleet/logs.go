package fleet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// Level is the least severe level that a service logs: its EnvFilter.
type Level string

// The levels.
const (
	LevelDebug Level = "debug"
	LevelInfo  Level = "info"
	LevelError Level = "error"
)

// levels in the order of severity.
var levels = []Level{LevelDebug, LevelInfo, LevelError}

// LogsConfig says what services log.
type LogsConfig struct {
	// Level is debug, info or error. At debug every task makes two records; at info there are events and errors, at error only these.
	Level Level `mapstructure:"level"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// DefaultLogsConfig is what services log if nothing else is said.
func DefaultLogsConfig() LogsConfig { return LogsConfig{Level: LevelDebug} }

// Validate reports a level that there is not.
func (c *LogsConfig) Validate() error {
	if slices.Contains(levels, c.Level) {
		return nil
	}
	return fmt.Errorf("level: %q is not allowed; want %s, %s or %s", c.Level, LevelDebug, LevelInfo, LevelError)
}

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
)

// logKinds describes the statements.
var logKinds = [...]struct {
	level Level
	body  string // empty: that of an event is its name, that of a failure the span's status message
	file  string
	line  int64 // below that of the span
}{
	threadStarted: {LevelDebug, "thread started", mainFile, 10},
	threadStopped: {LevelDebug, "thread stopped", mainFile, 11},
	taskStarted:   {LevelDebug, "task started", sourceFile, 1},
	taskFinished:  {LevelDebug, "task finished", sourceFile, 2},
	taskCancelled: {LevelDebug, "task cancelled", sourceFile, 3},
	spanFailed:    {LevelError, "", sourceFile, 4},
	eventNoted:    {LevelInfo, "", sourceFile, 5},
}

const mainFile = "src/main.rs"

// severities are what opentelemetry-appender-tracing makes of a level.
var severities = map[Level]plog.SeverityNumber{
	LevelDebug: plog.SeverityNumberDebug, LevelInfo: plog.SeverityNumberInfo, LevelError: plog.SeverityNumberError,
}

// logRecord is what was logged.
type logRecord struct {
	at      sim.Time
	span    uint64 // number of the span or task; 0: outside of any
	tag     uint64
	label   int // of the span or the event; of a thread its number
	kind    logKind
	outcome scheduler.Outcome
}

// logs are what a process has logged since the last Discard.
type logs struct {
	enabled [len(logKinds)]bool
	// By target, because an exporter makes a scope of each.
	main, handlers []logRecord
}

func newLogs(c *LogsConfig) *logs {
	l := &logs{}
	for i := range l.enabled {
		l.enabled[i] = slices.Index(levels, logKinds[i].level) >= slices.Index(levels, c.Level)
	}
	return l
}

func (l *logs) len() int { return len(l.main) + len(l.handlers) }

func (l *logs) discard() { l.main, l.handlers = l.main[:0], l.handlers[:0] }

// observe adds what the process logs to what an observer is told.
func (l *logs) observe(o scheduler.Observer) scheduler.Observer {
	if l.enabled[threadStarted] {
		o.Thread = both(o.Thread, l.thread)
	}
	if l.enabled[taskStarted] {
		o.Started = both(o.Started, l.started)
	}
	if l.enabled[eventNoted] {
		o.Event = both(o.Event, l.event)
	}
	o.Span = both(o.Span, l.span)
	o.Finished = both(o.Finished, l.finished)
	return o
}

func both[T any](first, second func(*T)) func(*T) {
	if first == nil {
		return second
	}
	return func(x *T) {
		first(x)
		second(x)
	}
}

func (l *logs) add(r logRecord) {
	if l.enabled[r.kind] {
		l.handlers = append(l.handlers, r)
	}
}

func (l *logs) thread(t *scheduler.Thread) {
	kind := threadStopped
	if t.Started {
		kind = threadStarted
	}
	l.main = append(l.main, logRecord{at: t.At, label: t.Thread, kind: kind})
}

func (l *logs) started(t *scheduler.Started) {
	if t.Program.Label != workload.Untraced {
		l.add(logRecord{at: t.At, span: t.Task, tag: t.Tag, label: t.Program.Label, kind: taskStarted})
	}
}

func (l *logs) event(e *scheduler.Event) {
	l.add(logRecord{at: e.At, span: e.Span, tag: e.Tag, label: e.Label, kind: eventNoted})
}

func (l *logs) span(s *scheduler.Span) {
	if failures[s.Outcome] != "" {
		l.add(logRecord{at: s.End, span: s.Number, tag: s.Tag, label: s.Label, kind: spanFailed, outcome: s.Outcome})
	}
}

func (l *logs) finished(t *scheduler.Finished) {
	if t.Program.Label == workload.Untraced {
		return
	}
	r := logRecord{at: t.End, span: t.Task, tag: t.Tag, label: t.Program.Label, kind: spanFailed, outcome: t.Outcome}
	if failures[t.Outcome] != "" {
		l.add(r)
	}
	r.kind = taskFinished
	if t.Outcome == scheduler.Cancelled {
		r.kind = taskCancelled
	}
	l.add(r)
}

// Logs builds what was logged since the last Discard: of each process first what its threads' hooks did, then what its handlers
// did, each in the order in which it was logged. Virtual time 0 is epoch.
//
// The records are those of opentelemetry-appender-tracing 0.32, with OTLP's exporter of opentelemetry-rust, which makes the target
// of an event its scope; but for the time: the crate leaves that empty and sets the observed one only.
func (f *Fleet) Logs(epoch time.Time) plog.Logs {
	ld := plog.NewLogs()
	ld.ResourceLogs().EnsureCapacity(len(f.processes))
	at := wall(epoch)
	for _, p := range f.processes {
		if p.logs == nil || p.logs.len() == 0 {
			continue
		}
		rl := ld.ResourceLogs().AppendEmpty()
		p.identity.resource.CopyTo(rl.Resource())
		for _, target := range []struct {
			name    string
			records []logRecord
		}{{p.identity.scope, p.logs.main}, {p.identity.module, p.logs.handlers}} {
			if len(target.records) == 0 {
				continue
			}
			sl := rl.ScopeLogs().AppendEmpty()
			sl.Scope().SetName(target.name)
			sl.LogRecords().EnsureCapacity(len(target.records))
			for i := range target.records {
				p.buildLog(sl.LogRecords().AppendEmpty(), &target.records[i], at)
			}
		}
	}
	return ld
}

// buildLog writes a record. It runs once per record.
func (p *process) buildLog(to plog.LogRecord, r *logRecord, at func(sim.Time) pcommon.Timestamp) {
	id, kind := &p.identity, &logKinds[r.kind]
	to.SetTimestamp(at(r.at))
	to.SetObservedTimestamp(at(r.at))
	to.SetSeverityNumber(severities[kind.level])
	to.SetSeverityText(strings.ToUpper(string(kind.level)))
	if r.span != 0 {
		to.SetTraceID(id.traceID(r.tag))
		to.SetSpanID(id.spanID(r.span))
		to.SetFlags(plog.DefaultLogRecordFlags.WithIsSampled(true))
	}
	body, line, a := kind.body, kind.line, to.Attributes()
	switch r.kind {
	case threadStarted, threadStopped: // only Tokio has such hooks, and all its threads have one name
		a.PutInt(semconv.ThreadID, scheduler.ThreadID(r.label))
		a.PutStr(semconv.ThreadName, id.service.Runtime.ThreadName)
	case eventNoted:
		event := &id.service.Events[r.label]
		body, line = event.Name, line+sourceLine(r.label)
		for _, attribute := range event.Attributes {
			setValue(a.PutEmpty(attribute.Key), attribute.Value)
		}
	case spanFailed:
		body, line = failures[r.outcome], line+sourceLine(r.label)
	default:
		line += sourceLine(r.label)
		a.PutStr(semconv.TaskName, id.service.Spans[r.label].Name)
	}
	to.Body().SetStr(body)
	to.SetEventName("event " + kind.file + ":" + strconv.FormatInt(line, 10)) // tracing's name of an event
}
