// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/xpdata"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/play"
)

// Level is the least severe level that a service logs: its EnvFilter.
type Level string

// The levels.
const (
	LevelDebug Level = "debug"
	LevelInfo  Level = "info"
	LevelError Level = "error"
)

// severity is what opentelemetry-appender-tracing makes of a level.
type severity struct {
	number plog.SeverityNumber
	text   string
}

var severities = map[Level]severity{
	LevelDebug: {plog.SeverityNumberDebug, "DEBUG"},
	LevelInfo:  {plog.SeverityNumberInfo, "INFO"},
	LevelError: {plog.SeverityNumberError, "ERROR"},
}

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
	if _, known := severities[c.Level]; known {
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
	severity
	body string // empty: that of an event is its name, that of a failure the span's status message
	file string
	line int64 // in sourceFile below that of the span or event
}{
	threadStarted: {severities[LevelDebug], "thread started", mainFile, 10},
	threadStopped: {severities[LevelDebug], "thread stopped", mainFile, 11},
	taskStarted:   {severities[LevelDebug], "task started", sourceFile, 1},
	taskFinished:  {severities[LevelDebug], "task finished", sourceFile, 2},
	taskCancelled: {severities[LevelDebug], "task cancelled", sourceFile, 3},
	spanFailed:    {severities[LevelError], "", sourceFile, 4},
	eventNoted:    {severities[LevelInfo], "", sourceFile, 5},
}

const mainFile = "src/main.rs"

// eventNames are tracing's names of a service's log statements, by kind and by label of the span or event. Hooks of threads have one each.
func eventNames(s *workload.Service) (names [len(logKinds)][]string) {
	for i := range logKinds {
		k := &logKinds[i]
		name := func(line int64) string { return "event " + k.file + ":" + strconv.FormatInt(line, 10) }
		if k.file == mainFile {
			names[i] = []string{name(k.line)}
			continue
		}
		for label := range max(len(s.Spans), len(s.Events)) {
			names[i] = append(names[i], name(sourceLine(label)+k.line))
		}
	}
	return names
}

// logRecord is what was logged.
type logRecord struct {
	at      sim.Time
	span    uint64 // number of the span or task; 0: outside of any
	tag     uint64
	label   int // of the span or the event; of a thread its number
	kind    logKind
	work    sim.Rand // of an event: what its attributes are drawn of
	message string   // of a span that failed
}

// logs are what a process logs, and the records that wait in its exporter or were exported.
type logs struct {
	enabled [len(logKinds)]bool
	records []logRecord
}

// observeLogs adds what the process logs to what its observer is told.
func (p *process) observeLogs(o *play.Observer, level Level) {
	for i := range p.logs.enabled {
		p.logs.enabled[i] = logKinds[i].number >= severities[level].number
	}
	if p.logs.enabled[threadStarted] {
		o.Thread = both(o.Thread, p.logThread)
	}
	if p.logs.enabled[taskStarted] {
		o.Started = both(o.Started, p.logStart)
	}
	if p.logs.enabled[eventNoted] {
		o.Event = both(o.Event, p.logEvent)
	}
	o.Span = both(o.Span, p.logSpan)
	o.Finished = both(o.Finished, p.logEnd)
	o.Shed = both(o.Shed, p.logShed)
}

// log gives a record to the exporter, if the level includes it. A process that has exited logs no more.
func (p *process) log(r logRecord) {
	if p.logs.enabled[r.kind] && !p.exited && p.exporters[Logs].admit() {
		p.logs.records = append(p.logs.records, r)
	}
}

func (p *process) logThread(t *scheduler.Thread) {
	kind := threadStopped
	if t.Started {
		kind = threadStarted
	}
	p.log(logRecord{at: t.At, label: t.Thread, kind: kind})
}

func (p *process) logStart(t *scheduler.Started) {
	if t.Program.Label != workload.Untraced {
		p.log(logRecord{at: t.At, span: t.Task, tag: t.Tag, label: t.Program.Label, kind: taskStarted})
	}
}

func (p *process) logEvent(e *scheduler.Event) {
	p.log(logRecord{at: e.At, span: e.Span, tag: e.Tag, label: e.Label, kind: eventNoted, work: e.Work})
}

func (p *process) logSpan(s *scheduler.Span) {
	p.logFailure(logRecord{at: s.End, span: s.Number, tag: s.Tag, label: s.Label}, s.Outcome, s.Work)
}

func (p *process) logEnd(t *scheduler.Finished) {
	if t.Program.Label == workload.Untraced {
		return
	}
	r := logRecord{at: t.End, span: t.Task, tag: t.Tag, label: t.Program.Label, kind: taskFinished}
	if t.Outcome == scheduler.Cancelled {
		r.kind = taskCancelled
	}
	p.logFailure(r, t.Outcome, t.Work)
	p.log(r)
}

func (p *process) logShed(s *play.Shed) {
	label := p.identity.service.Operations[s.Operation].Program.Label
	p.logFailure(logRecord{at: s.At, span: p.shedSpan(), tag: s.Tag, label: label}, overloaded, 0)
}

// logFailure makes an error of a span's end, if it has one.
func (p *process) logFailure(r logRecord, outcome scheduler.Outcome, work sim.Rand) {
	id := &p.identity
	_, isError, message := id.looks[r.label].ended(&id.service.Spans[r.label], outcome, workload.DrawsOf(work, r.label))
	if isError {
		r.kind, r.message = spanFailed, message
		p.log(r)
	}
}

// Logs builds the records of a request: of each process first what its threads' hooks did, then what its handlers did, each in
// the order in which it was logged. Virtual time 0 is epoch.
//
// The records are those of opentelemetry-appender-tracing 0.32, with OTLP's exporter of opentelemetry-rust, which makes the target
// of an event its scope; but for the time: the crate leaves that empty and sets the observed one only.
func (f *Fleet) Logs(r *Request, epoch time.Time) plog.Logs {
	f.note(r, epoch)
	ld := plog.NewLogs()
	ld.ResourceLogs().EnsureCapacity(len(r.parts))
	for _, part := range r.parts {
		p := part.process
		rl := ld.ResourceLogs().AppendEmpty()
		rl.SetSchemaUrl(semconv.SchemaURL) // of async_runtime.simulated
		p.identity.resource.CopyTo(rl.Resource())
		if r.ends {
			f.buildLogsEnd(rl.ScopeLogs().AppendEmpty(), p, epoch)
			continue
		}
		for _, target := range []struct{ name, file string }{{p.identity.scope, mainFile}, {p.identity.module, sourceFile}} {
			var records plog.LogRecordSlice
			found := false
			for i := range part.records {
				if logKinds[part.records[i].kind].file != target.file {
					continue
				}
				if !found {
					found = true
					sl := rl.ScopeLogs().AppendEmpty()
					sl.Scope().SetName(target.name)
					records = sl.LogRecords()
				}
				f.buildLog(records.AppendEmpty(), p, &part.records[i], part.first+uint64(i), epoch)
			}
		}
	}
	return ld
}

// buildLog writes a record of a process. It runs once per record.
func (f *Fleet) buildLog(to plog.LogRecord, p *process, r *logRecord, number uint64, epoch time.Time) {
	id := &p.identity
	kind := &logKinds[r.kind]
	at := timestamp(epoch, r.at)
	to.SetTimestamp(at)
	to.SetObservedTimestamp(at)
	to.SetSeverityNumber(kind.number)
	to.SetSeverityText(kind.text)
	if r.span != 0 {
		to.SetTraceID(p.group.traceID(r.tag))
		to.SetSpanID(id.spanID(r.span))
		to.SetFlags(plog.DefaultLogRecordFlags.WithIsSampled(true))
	}
	body, statement := kind.body, r.label
	var b xpdata.MapBuilder
	switch r.kind {
	case threadStarted, threadStopped: // only Tokio has such hooks, and all its threads have one name
		statement = 0
		b.AppendEmpty(semconv.ThreadID).SetInt(id.threads + scheduler.ThreadID(r.label))
		b.AppendEmpty(semconv.ThreadName).SetStr(id.service.Runtime.ThreadName)
	case eventNoted:
		event := &id.service.Events[r.label]
		body = event.Name
		for _, a := range event.Attributes {
			setValue(b.AppendEmpty(a.Key), a.Value, workload.DrawsOfEvent(r.work, r.label))
		}
	case spanFailed:
		body = r.message
	default:
		b.AppendEmpty(semconv.TaskName).SetStr(id.service.Spans[r.label].Name)
	}
	to.Body().SetStr(body)
	to.SetEventName(id.events[r.kind][statement])
	if f.options.Verify {
		f.stamp(&b, p, number, stamp.Record(to))
	}
	b.UnsafeIntoMap(to.Attributes())
}

func (f *Fleet) buildLogsEnd(sl plog.ScopeLogs, p *process, epoch time.Time) {
	sl.Scope().SetName(p.identity.scope)
	to := sl.LogRecords().AppendEmpty()
	to.SetTimestamp(timestamp(epoch, p.endedAt))
	to.SetObservedTimestamp(timestamp(epoch, p.endedAt))
	to.Body().SetStr(stamp.EndMarker)
	var b xpdata.MapBuilder
	f.stampEnd(&b, p, Logs, stamp.Record(to))
	b.UnsafeIntoMap(to.Attributes())
}
