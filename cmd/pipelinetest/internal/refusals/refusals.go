// SPDX-License-Identifier: Apache-2.0

// Package refusals finds, in what a part prints, why it got rid of telemetry, or had to send it again.
//
//	log --> lines --> the Collector's: component, signal, error, items --> counted by what was answered; the last one is quoted
//	              \-> anybody's that speak of dropping or refusing -----> likewise
//
// A log is not trusted, and does not tell all: a Collector leaves out most of what it says again and again. What is counted here is the
// least there has been.
package refusals

import (
	"bytes"
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/printable"
)

// Bounds of what is kept.
const (
	mostKinds = 64       // of refusals
	mostLine  = 32 << 10 // bytes of a line; the rest of it is left out
	mostQuote = 400      // characters that are quoted of one
	mostItems = 1 << 40  // that a line may say it is about
)

// Refusal is what a part said of one kind of refusal.
type Refusal struct {
	// Component of the part, such as exporter otlp_grpc. None: the log does not say.
	Component string `json:"component,omitempty"`
	// Signal that it is about. None: the log does not say.
	Signal string `json:"signal,omitempty"`
	// Answer is the gRPC status code, and the HTTP status if there was one. None: nobody has answered, or the log does not say.
	Answer string `json:"answer,omitempty"`
	// Retried: what was refused was to be sent again.
	Retried bool `json:"retried,omitempty"`
	// Refused: the log speaks of refusing, not of dropping. The sender may send it again.
	Refused bool `json:"refused,omitempty"`
	// Lines are how many lines of the log say so, and Items how many items they name.
	Lines uint64 `json:"lines"`
	Items uint64 `json:"items,omitempty"`
	// Last is the last of these lines, as far as it says why. It is somebody else's text, fit to be printed.
	Last string `json:"last"`
}

// Log reads what a part prints, as an io.Writer. Safe for concurrent use.
type Log struct {
	mu    sync.Mutex
	line  []byte // that has not ended yet
	found []*Refusal
}

// Write implements io.Writer. It never fails.
func (l *Log) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for rest := text; len(rest) > 0; {
		part, after, ended := bytes.Cut(rest, []byte("\n"))
		l.line = append(l.line, part[:min(len(part), mostLine-len(l.line))]...)
		if rest = after; ended {
			l.take(l.line)
			l.line = l.line[:0]
		}
	}
	return len(text), nil
}

// All are the refusals so far: those of most items first.
func (l *Log) All() (all []Refusal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.found {
		all = append(all, *r)
	}
	slices.SortStableFunc(all, func(a, b Refusal) int { return cmp.Or(cmp.Compare(b.Items, a.Items), cmp.Compare(b.Lines, a.Lines)) })
	return all
}

func (l *Log) take(line []byte) {
	r, is := read(line)
	if !is {
		return
	}
	for _, known := range l.found {
		if known.Component == r.Component && known.Signal == r.Signal && known.Answer == r.Answer && known.Retried == r.Retried && known.Refused == r.Refused {
			known.Lines++
			known.Items = min(known.Items+r.Items, mostItems)
			known.Last = r.Last
			return
		}
	}
	if len(l.found) < mostKinds {
		l.found = append(l.found, &r)
	}
}

var (
	// getsRid is how people say that something is not to go any further.
	getsRid = regexp.MustCompile(`(?i)\b(drop(s|ped|ping)?|refus(es|ed|ing)|reject(s|ed|ing)?|discard(s|ed|ing)?)\b`)
	// no is how people say that nothing of the kind has happened. A connection that is refused had no telemetry.
	no = regexp.MustCompile(`(?i)\bconnection( was| is)? (refused|rejected|dropped)\b|\b(none|nothing|never|not)( is| are| was| were| be| been| being)* (refused|rejected|dropped|discarded)\b`)
	// refuses is a word that says less than others: who is refused still has it.
	refuses = regexp.MustCompile(`(?i)\brefus(es|ed|ing)\b`)
	// tries is how the Collector says that it will send again, and fails how the batch processor says that nobody will.
	tries = regexp.MustCompile(`(?i)\bwill retry\b`)
	fails = regexp.MustCompile(`(?i)\b(sender failed|partial success)\b`)
	// code and status are what gRPC's errors, and those of exporters over HTTP, say was answered.
	code   = regexp.MustCompile(`\bcode = ([A-Z][A-Za-z]{1,30})\b`)
	status = regexp.MustCompile(`\bHTTP Status Code (\d{3})\b`)
)

// rids tells whether a text says that something is not to go any further, and whether it says no more than that it was refused.
func rids(text string) (is, refused bool) {
	text = no.ReplaceAllString(text, "")
	is = getsRid.MatchString(text)
	return is, is && !getsRid.MatchString(refuses.ReplaceAllString(text, ""))
}

// read reads a line.
func read(line []byte) (r Refusal, is bool) {
	if !getsRid.Match(line) && !tries.Match(line) && !fails.Match(line) {
		return r, false
	}
	message, level, fields := split(line)
	if fields == nil {
		is, refused := rids(string(line))
		return Refusal{Refused: refused, Lines: 1, Answer: answer(string(line)), Last: printable.Short(strings.TrimSpace(string(line)), mostQuote)}, is
	}
	r.Retried = tries.MatchString(message)
	if quiet := level == "info" || level == "debug"; quiet && !r.Retried {
		return r, false
	}
	is, refused := rids(message)
	if !r.Retried && !is && !fails.MatchString(message) {
		return r, false
	}
	cause := fields.text("error")
	r.Refused = refused && !r.Retried
	r.Answer, r.Lines, r.Items = answer(cause), 1, fields.items()
	r.name(message, fields)
	if cause == "" {
		cause = message
	}
	r.Last = printable.Short(cause, mostQuote)
	return r, true
}

// name says whom a line is about, and which signal.
func (r *Refusal) name(message string, fields fields) {
	kind, id := fields.text("otelcol.component.kind", "kind"), fields.text("otelcol.component.id", "name")
	if id == "" && strings.HasPrefix(message, "Memory usage is above") {
		kind, id = "processor", "memory_limiter" // one of these serves all pipelines, and its log names none
	}
	r.Component = printable.Name(strings.TrimSpace(kind + " " + id))
	if kind != "receiver" || r.Items > 0 { // the log of a receiver of several signals has the name of one
		r.Signal = printable.Name(fields.text("otelcol.signal", "data_type"))
	}
}

// answer is what an error says was answered.
func answer(cause string) string {
	var said []string
	if match := code.FindStringSubmatch(cause); match != nil {
		said = append(said, match[1])
	}
	if match := status.FindStringSubmatch(cause); match != nil {
		said = append(said, "HTTP "+match[1])
	}
	return strings.Join(said, ", ")
}

// fields are what stands behind a message of the Collector's.
type fields map[string]any

// split takes a line of the Collector's log apart, in both of its encodings. No fields: it is none.
//
//	2026-01-31T12:00:00.000Z	error	internal/queue_sender.go:62	Exporting failed. Dropping data.	{"error": "..."}
//	{"level":"error","msg":"Exporting failed. Dropping data.","error":"..."}
func split(line []byte) (message, level string, found fields) {
	if json.Unmarshal(line, &found) == nil {
		return found.text("msg"), found.text("level"), found
	}
	before, after, _ := bytes.Cut(line, []byte("\t{"))
	if json.Unmarshal(append([]byte("{"), after...), &found) != nil {
		return "", "", nil
	}
	words := strings.Split(string(before), "\t")
	if len(words) < 3 {
		return "", "", nil
	}
	return words[len(words)-1], words[1], found
}

// text is the first of some fields that is there.
func (f fields) text(names ...string) string {
	for _, name := range names {
		if text, is := f[name].(string); is {
			return text
		}
	}
	return ""
}

// items are how many items a line says were dropped or rejected.
func (f fields) items() uint64 {
	for _, name := range []string{"dropped_items", "rejected_items", "dropped_spans", "dropped_data_points", "dropped_log_records"} {
		if n, is := f[name].(float64); is && n >= 0 && n <= mostItems {
			return uint64(n)
		}
	}
	return 0
}
