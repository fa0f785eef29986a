// SPDX-License-Identifier: Apache-2.0

// Package chrometrace writes what the workers of a runtime did as Chrome-trace JSON, which ui.perfetto.dev and
// chrome://tracing show: a lane for each worker, a slice for each poll, named by the span of its task.
//
// The format: "Trace Event Format", complete events (ph X) and metadata (ph M), in microseconds with decimals.
package chrometrace

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// untraced is the name of polls of tasks without a span of their own.
const untraced = "task"

// Trace collects polls. Use [Trace.Observer] for one run, then write.
type Trace struct {
	// Most is how many polls are kept; the rest is counted.
	Most    int
	Dropped int

	polls []scheduler.Poll
	names map[uint64]string // of finished tasks with a span, by number
}

// Observer records a run.
func (t *Trace) Observer() scheduler.Observer {
	t.names = map[uint64]string{}
	return scheduler.Observer{
		Poll: func(p *scheduler.Poll) {
			if len(t.polls) >= t.Most {
				t.Dropped++
				return
			}
			t.polls = append(t.polls, *p)
		},
		Finished: func(f *scheduler.Finished) {
			if f.Program.Name != "" {
				t.names[f.Task] = f.Program.Name
			}
		},
	}
}

// Polls is the number of polls kept.
func (t *Trace) Polls() int { return len(t.polls) }

const process = 1

// Write writes the trace of a runtime, whose name becomes the heading of the lanes.
func (t *Trace) Write(w io.Writer, name string, rt scheduler.Runtime) error {
	out := bufio.NewWriter(w)
	e := &events{out: out}
	e.metadata("process_name", 0, name)
	for worker := range rt.Workers() {
		e.metadata("thread_name", lane(worker), fmt.Sprintf("%s %d", rt.ThreadName(worker), worker))
		e.sortIndex(lane(worker))
	}
	if slices.ContainsFunc(t.polls, func(p scheduler.Poll) bool { return p.Worker == scheduler.Outside }) {
		e.metadata("thread_name", mainLane, rt.ThreadName(scheduler.Outside))
		e.sortIndex(mainLane)
	}
	for i := range t.polls {
		e.poll(&t.polls[i], t.names[t.polls[i].Task])
	}
	e.end()
	if e.err != nil {
		return e.err
	}
	return out.Flush()
}

// mainLane is the lane of the main thread in block_on, behind those of the workers.
const mainLane = 1 << 20

// lane is the thread id of a worker: viewers sort by it and dislike 0.
func lane(worker int) int {
	if worker == scheduler.Outside {
		return mainLane
	}
	return worker + 1
}

// events writes the list of events.
type events struct {
	out *bufio.Writer
	n   int
	err error
}

func (e *events) write(text string) {
	if e.err != nil {
		return
	}
	separator := ",\n"
	if e.n == 0 {
		separator = `{"displayTimeUnit":"ns","traceEvents":[` + "\n"
	}
	e.n++
	_, e.err = e.out.WriteString(separator + text)
}

func (e *events) end() {
	if e.err == nil {
		_, e.err = e.out.WriteString("\n]}\n")
	}
}

func (e *events) metadata(kind string, tid int, name string) {
	e.write(fmt.Sprintf(`{"ph":"M","pid":%d,"tid":%d,"name":%q,"args":{"name":%s}}`, process, tid, kind, quoted(name)))
}

func (e *events) sortIndex(tid int) {
	e.write(fmt.Sprintf(`{"ph":"M","pid":%d,"tid":%d,"name":"thread_sort_index","args":{"sort_index":%d}}`, process, tid, tid))
}

var sources = [...]string{
	scheduler.FromLIFO: "lifo", scheduler.FromLocal: "local", scheduler.FromGlobal: "global", scheduler.FromSteal: "stolen",
}

func (e *events) poll(p *scheduler.Poll, span string) {
	if span == "" {
		span = untraced
	}
	outcome := "pending"
	if p.Ready {
		outcome = "ready"
	}
	source := "other"
	if int(p.Source) < len(sources) {
		source = sources[p.Source]
	}
	e.write(fmt.Sprintf(
		`{"ph":"X","pid":%d,"tid":%d,"ts":%s,"dur":%s,"cat":%q,"name":%s,"args":{"task":%d,"request":%d,"queue":%q,"queue_wait_us":%s,"outcome":%q}}`,
		process, lane(p.Worker), microseconds(p.Start), microseconds(p.End-p.Start), source, quoted(span),
		p.Task, p.Tag, source, microseconds(p.Start-p.Queued), outcome))
}

// microseconds writes a time to the nanosecond.
func microseconds(t sim.Time) string {
	us, ns := int64(t)/1000, int64(t)%1000
	return strconv.FormatInt(us, 10) + "." + fmt.Sprintf("%03d", ns)
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string
	}
	return string(b)
}
