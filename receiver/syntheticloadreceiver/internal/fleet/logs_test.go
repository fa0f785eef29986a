// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// eachLog calls do for all records.
func eachLog(ld plog.Logs, do func(resource pcommon.Map, scope string, record plog.LogRecord)) {
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, record := range sl.LogRecords().All() {
				do(rl.Resource().Attributes(), sl.Scope().Name(), record)
			}
		}
	}
}

// TestLogsTellTheSpans: every span of a task starts and ends in the log, every event and every failure is there, each with the
// ids of its span and within its time.
func TestLogsTellTheSpans(t *testing.T) {
	f := newSignals(mixed(t), nil)
	playAll(f)
	require.Zero(t, f.Live())

	type told struct {
		span                      ptrace.Span
		started, ended, cancelled int
		failed                    []string
		events                    map[string]int
	}
	spans := map[pcommon.SpanID]*told{}
	each(sent(f), func(_ pcommon.Map, _ string, span ptrace.Span) {
		spans[span.SpanID()] = &told{span: span, events: map[string]int{}}
	})
	ld := sentLogs(f)
	require.Equal(t, items(f)[Logs], ld.LogRecordCount())
	require.Zero(t, f.DroppedBySDK(Logs))
	alone := 0
	eachLog(ld, func(resource pcommon.Map, scope string, r plog.LogRecord) {
		service := value(t, resource, semconv.ServiceName).Str()
		assert.NotZero(t, r.Timestamp())
		assert.Equal(t, r.Timestamp(), r.ObservedTimestamp())
		assert.Regexp(t, `^event src/(main|handlers)\.rs:\d+$`, r.EventName())
		if scope == service {
			assert.Contains(t, r.Body().Str(), "thread ")
			return
		}
		assert.Equal(t, service+"::handlers", scope)
		s, linked := spans[r.SpanID()]
		if !linked {
			assert.Equal(t, "in no span", r.Body().Str())
			assert.True(t, r.TraceID().IsEmpty())
			assert.False(t, r.Flags().IsSampled())
			alone++
			return
		}
		assert.Equal(t, s.span.TraceID(), r.TraceID())
		assert.True(t, r.Flags().IsSampled())
		assert.GreaterOrEqual(t, r.Timestamp(), s.span.StartTimestamp())
		assert.LessOrEqual(t, r.Timestamp(), s.span.EndTimestamp())
		switch r.SeverityNumber() {
		case plog.SeverityNumberDebug:
			assert.Equal(t, "DEBUG", r.SeverityText())
			assert.Equal(t, s.span.Name(), value(t, r.Attributes(), semconv.TaskName).Str())
			switch r.Body().Str() {
			case "task started":
				s.started++
				begun := int64(s.span.StartTimestamp()) + value(t, s.span.Attributes(), semconv.FirstPollDelayNs).Int()
				assert.EqualValues(t, begun, r.Timestamp())
			case "task finished":
				s.ended++
				assert.Equal(t, s.span.EndTimestamp(), r.Timestamp())
			case "task cancelled":
				s.cancelled++
			default:
				assert.Fail(t, r.Body().Str())
			}
		case plog.SeverityNumberInfo:
			assert.Equal(t, "INFO", r.SeverityText())
			s.events[r.Body().Str()]++
			for i := range s.span.Events().Len() {
				if e := s.span.Events().At(i); e.Name() == r.Body().Str() {
					assert.Equal(t, e.Timestamp(), r.Timestamp())
					assert.Equal(t, e.Attributes().AsRaw(), r.Attributes().AsRaw())
				}
			}
		default:
			assert.Equal(t, plog.SeverityNumberError, r.SeverityNumber())
			assert.Equal(t, "ERROR", r.SeverityText())
			s.failed = append(s.failed, r.Body().Str())
		}
	})
	assert.Greater(t, alone, 1000)

	finished, cancelled, events := 0, 0, 0
	failed := map[string]int{}
	for _, s := range spans {
		if _, task := s.span.Attributes().Get(semconv.TaskID); task {
			require.Equal(t, 1, s.ended+s.cancelled, "%v", s.span.Name())
			assert.LessOrEqual(t, s.started, 1)
			assert.GreaterOrEqual(t, s.started, s.ended, "only who is cancelled may not have started")
			finished, cancelled = finished+s.ended, cancelled+s.cancelled
		} else {
			assert.Zero(t, s.started+s.ended+s.cancelled)
		}
		if s.span.Status().Code() == ptrace.StatusCodeError {
			assert.Equal(t, []string{s.span.Status().Message()}, s.failed)
			failed[s.span.Status().Message()]++
		} else {
			assert.Empty(t, s.failed)
		}
		for _, e := range s.span.Events().All() {
			s.events[e.Name()]--
			events++
		}
		for name, n := range s.events {
			assert.Zero(t, n, name)
		}
	}
	assert.Greater(t, finished, 5_000)
	assert.Positive(t, cancelled)
	for _, message := range []string{"deadline has elapsed", "upstream reset", "overloaded"} {
		assert.Positive(t, failed[message], message)
	}
	assert.Greater(t, events, 3_000)
}

// TestThreadsAreLogged: Tokio's hooks see its workers and the threads of its blocking pool, and these end again.
func TestThreadsAreLogged(t *testing.T) {
	f := newSignals(mustParse(t, `
- name: Pool
  runtime: {model: tokio, worker_threads: 3, thread_name: otlp-worker}
  arrivals: {process: constant, rate: 10}
  operations: [{name: GET /, steps: [{file: 1ms}]}]
`), nil)
	f.Advance(second)
	f.StopArrivals()
	f.Advance(20 * second)
	f.End()
	type line struct {
		body string
		id   int64
		at   time.Duration
	}
	var lines []line
	eachLog(sentLogs(f), func(_ pcommon.Map, scope string, r plog.LogRecord) {
		if scope != "pool" {
			return
		}
		assert.Equal(t, plog.SeverityNumberDebug, r.SeverityNumber())
		assert.Equal(t, "otlp-worker", value(t, r.Attributes(), semconv.ThreadName).Str())
		assert.True(t, r.TraceID().IsEmpty())
		at := r.Timestamp().AsTime().Sub(epoch).Truncate(time.Second)
		lines = append(lines, line{r.Body().Str(), value(t, r.Attributes(), semconv.ThreadID).Int(), at})
	})
	assert.Equal(t, []line{
		{"thread started", 2, 0},
		{"thread started", 3, 0},
		{"thread started", 4, 0},
		{"thread started", 5, 0},
		{"thread stopped", 5, 11 * time.Second}, // 10 s after the last request
	}, lines)
}

// TestLogLevels: each level leaves out what the ones below add.
func TestLogLevels(t *testing.T) {
	services := mixed(t)
	counts := func(level Level) map[plog.SeverityNumber]int {
		c := LogsConfig{Level: level}
		require.NoError(t, c.Validate())
		f := New(services, 1, Options{Signals: []Signal{Logs}, Logs: &c})
		playAll(f)
		found := map[plog.SeverityNumber]int{}
		eachLog(sentLogs(f), func(_ pcommon.Map, _ string, r plog.LogRecord) { found[r.SeverityNumber()]++ })
		return found
	}
	all := counts(LevelDebug)
	require.Len(t, all, 3)
	delete(all, plog.SeverityNumberDebug)
	assert.Equal(t, all, counts(LevelInfo))
	delete(all, plog.SeverityNumberInfo)
	assert.Equal(t, all, counts(LevelError))

	assert.Equal(t, LogsConfig{Level: LevelDebug}, DefaultLogsConfig())
	assert.EqualError(t, (&LogsConfig{Level: "warn"}).Validate(), `level: "warn" is not allowed; want debug, info or error`)
}

// TestLogDocs: docs/telemetry.md has each log statement, with its level and body.
func TestLogDocs(t *testing.T) {
	document, err := os.ReadFile("../../../../docs/telemetry.md")
	require.NoError(t, err)
	for _, kind := range logKinds {
		body := "`" + kind.body + "`"
		if kind.body == "" {
			body = "the "
		}
		assert.Contains(t, string(document), "| `"+kind.text+"` | "+body)
	}
}
