// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// Logs builds the records of a request: of each process first what its threads' hooks did, then what its handlers did, each in
// the order in which it was logged. Virtual time 0 is epoch.
//
// The records are those of opentelemetry-appender-tracing 0.32, with OTLP's exporter of opentelemetry-rust, which makes the target
// of an event its scope; but for the time: the crate leaves that empty and sets the observed one only.
func (f *Fleet) Logs(r *Request, epoch time.Time) plog.Logs {
	if r.odd != nil {
		return f.oddLogs(r, epoch)
	}
	f.note(r, epoch)
	ld := plog.NewLogs()
	ld.ResourceLogs().EnsureCapacity(len(r.parts))
	for _, part := range r.parts {
		p := part.process
		epoch := p.identity.clock(epoch)
		rl := ld.ResourceLogs().AppendEmpty()
		rl.SetSchemaUrl(semconv.SchemaURL) // of async_runtime.simulated
		in := f.contents.resource(p, rl.Resource())
		if r.ends {
			f.buildLogsEnd(rl.ScopeLogs().AppendEmpty(), p, epoch, in)
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
					in = in.scoped(sl.Scope(), "")
					records = sl.LogRecords()
				}
				f.buildLog(records.AppendEmpty(), p, &part.records[i], part.first+uint64(i), epoch, in)
			}
		}
	}
	return ld
}

// buildLog writes a record of a process. It runs once per record.
func (f *Fleet) buildLog(to plog.LogRecord, p *process, r *logRecord, number uint64, epoch time.Time, in within) {
	id := &p.identity
	kind := &logKinds[r.kind]
	at := timestamp(epoch, r.at)
	to.SetTimestamp(at)
	to.SetObservedTimestamp(at)
	said := severityOf(id.service, r.kind, r.label)
	to.SetSeverityNumber(said.number)
	to.SetSeverityText(said.text)
	if r.span != 0 {
		to.SetTraceID(p.origins.traceID(r.tag))
		to.SetSpanID(id.spanID(r.span))
		to.SetFlags(plog.DefaultLogRecordFlags.WithIsSampled(true))
	}
	body, statement := kind.body, r.label
	var b xpdata.MapBuilder
	var own *workload.Body // nil: it is text of the statement
	switch r.kind {
	case threadStarted, threadStopped: // only Tokio has such hooks, and all its threads have one name
		statement = 0
		b.AppendEmpty(semconv.ThreadID).SetInt(id.threads + scheduler.ThreadID(r.label))
		b.AppendEmpty(semconv.ThreadName).SetStr(id.service.Runtime.ThreadName)
	case eventNoted:
		event := &id.service.Events[r.label]
		body = event.Name
		own = &event.Body
		for _, a := range event.Attributes {
			setValue(b.AppendEmpty(a.Key), a.Value, workload.DrawsOfEvent(r.work, r.label))
		}
	case ownLogged:
		log := &id.service.Logs[r.label]
		own = &log.Body
		for _, a := range log.Attributes {
			setValue(b.AppendEmpty(a.Key), a.Value, workload.DrawsOfEvent(r.work, r.label))
		}
	case spanFailed:
		body = r.message
	default:
		b.AppendEmpty(semconv.TaskName).SetStr(id.service.Spans[r.label].Name)
	}
	body = setBody(to.Body(), body, own, workload.DrawsOfEvent(r.work, r.label))
	to.SetEventName(id.events[r.kind][statement])
	if !f.options.Verify {
		b.UnsafeIntoMap(to.Attributes())
		return
	}
	mark := stamp.Mark{Sequence: number}
	if f.classes != nil {
		lent(&b, to.Attributes(), func(own pcommon.Map) {
			f.classes.item(&mark, Logs, id.service.Name, body, ptrace.StatusCodeUnset, own, 0)
		})
	}
	of := f.stamp(&b, p, &mark, stamp.Record(to))
	b.UnsafeIntoMap(to.Attributes())
	in.record(to, of)
}

// setBody writes a body, and returns its text: that of the statement, unless the service says another.
func setBody(to pcommon.Value, text string, own *workload.Body, d workload.Draws) string {
	switch {
	case own == nil:
	case len(own.Map) > 0:
		m := to.SetEmptyMap()
		for _, a := range own.Map {
			setValue(m.PutEmpty(a.Key), a.Value, d)
		}
		return to.AsString()
	case own.Text != "":
		text = own.Text
	}
	to.SetStr(text)
	return text
}

func (f *Fleet) buildLogsEnd(sl plog.ScopeLogs, p *process, epoch time.Time, in within) {
	sl.Scope().SetName(p.identity.scope)
	in.scoped(sl.Scope(), "")
	to := sl.LogRecords().AppendEmpty()
	to.SetTimestamp(timestamp(epoch, p.endedAt))
	to.SetObservedTimestamp(timestamp(epoch, p.endedAt))
	to.Body().SetStr(stamp.EndMarker)
	var b xpdata.MapBuilder
	f.stampEnd(&b, p, Logs, stamp.Record(to))
	b.UnsafeIntoMap(to.Attributes())
}
