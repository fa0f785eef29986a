// SPDX-License-Identifier: Apache-2.0

package chrometrace

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

const (
	process = 1
	// untraced is the name of polls of tasks without a span of their own.
	untraced = "task"
)

// events writes the list of events.
type events struct {
	out     *bufio.Writer
	any     bool
	written int    // without names
	flowed  uint64 // flows
	err     error
}

func newEvents(w io.Writer) events { return events{out: bufio.NewWriter(w)} }

func (e *events) write(text string) {
	if e.err != nil {
		return
	}
	separator := ",\n"
	if !e.any {
		separator = `{"displayTimeUnit":"ns","traceEvents":[` + "\n"
	}
	e.any = true
	_, e.err = e.out.WriteString(separator + text)
}

// end closes the list, which has the name of the process at least.
func (e *events) end() {
	if e.err == nil {
		_, e.err = e.out.WriteString("\n]}\n")
	}
}

func (e *events) flush() error {
	if e.err != nil {
		return e.err
	}
	return e.out.Flush()
}

func (e *events) metadata(kind string, lane int, name string) {
	e.write(fmt.Sprintf(`{"ph":"M","pid":%d,"tid":%d,"name":%q,"args":{"name":%s}}`, process, lane, kind, quoted(name)))
}

func (e *events) sortIndex(lane int) {
	e.write(fmt.Sprintf(`{"ph":"M","pid":%d,"tid":%d,"name":"thread_sort_index","args":{"sort_index":%d}}`, process, lane, lane))
}

// show writes a slice, with arguments as JSON.
func (e *events) show(s slice, name, category, args string) {
	e.written++
	e.write(fmt.Sprintf(`{"ph":"X","pid":%d,"tid":%d,"ts":%s,"dur":%s,"cat":%q,"name":%s,"args":{%s}}`,
		process, s.lane, microseconds(s.from), microseconds(s.to-s.from), category, quoted(name), args))
}

var sources = [...]string{
	scheduler.FromLIFO: "lifo", scheduler.FromLocal: "local", scheduler.FromGlobal: "global", scheduler.FromSteal: "stolen",
}

func (e *events) showPoll(lane int, p *scheduler.Poll, span string) {
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
	e.show(slice{lane: lane, from: p.Start, to: p.End}, span, source, fmt.Sprintf(
		`"task":%d,"request":%d,"queue":%q,"queue_wait_us":%s,"outcome":%q`, p.Task, p.Tag, source, microseconds(p.Start-p.Queued), outcome))
}

// counter writes the value of a counter track from now on.
func (e *events) counter(name string, now sim.Time, value int) {
	e.written++
	e.write(fmt.Sprintf(`{"ph":"C","pid":%d,"tid":0,"ts":%s,"name":%q,"args":{"value":%d}}`, process, microseconds(now), name, value))
}

// flow writes both ends of a flow.
func (e *events) flow(name string, from int, at sim.Time, to int, until sim.Time) {
	e.written += 2
	e.flowed++
	e.write(fmt.Sprintf(`{"ph":"s","pid":%d,"tid":%d,"ts":%s,"cat":%q,"name":%q,"id":%d}`, process, from, microseconds(at), name, name, e.flowed))
	e.write(fmt.Sprintf(`{"ph":"f","bp":"e","pid":%d,"tid":%d,"ts":%s,"cat":%q,"name":%q,"id":%d}`, process, to, microseconds(until), name, name, e.flowed))
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
