// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"cmp"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// hop is a fault of requests in force.
type hop struct {
	fault    Fault
	counters *counters
	met      *met
	over     chan struct{} // closed by end, when it is in force no more
	end      func()
	pass     func(*call, deliver) (answer, error)

	mu     sync.Mutex // guards what follows
	seen   int        // calls, for Fault.Every
	random *rand.Rand // for Fault.Share
}

// effect is what a fault of OTLP requests does to those that suffer from it.
type effect struct {
	name  string
	apply func(*hop, *call, deliver) (answer, error)
}

// effects are the values of Fault.OTLP; reorder looks at all requests, and is a type of its own.
var effects = []effect{
	{"drop", (*hop).drop},
	{"duplicate", (*hop).duplicate},
	{name: "reorder"},
	{"corrupt", (*hop).corrupt},
	{"lose_response", (*hop).loseResponse},
	{partialSuccess, (*hop).reject},
}

func newHop(l *layer, fault Fault, random *rand.Rand) *hop {
	h := &hop{fault: fault, counters: l.counters, met: newMet(&fault, nil), over: make(chan struct{}), random: random}
	h.end = sync.OnceFunc(func() { close(h.over) })
	apply := (*hop).refuse
	for _, e := range effects {
		if e.name == fault.OTLP {
			apply = e.apply
		}
	}
	if apply == nil {
		h.pass = (&reordering{hop: h, layer: l, held: map[*signal]*heldCall{}}).pass
		return h
	}
	h.pass = func(c *call, next deliver) (answer, error) {
		if !h.takes(c) {
			return next(c)
		}
		return apply(h, c, next)
	}
	return h
}

// takes says whether a call is to suffer from the fault. Each call that comes to the hop is asked for once.
func (h *hop) takes(c *call) bool {
	if h.fault.OTLP != "" && c.signal == nil {
		return false
	}
	select {
	case <-h.over: // meanwhile; it was held back
		return false
	default:
	}
	if c.telemetry {
		h.met.came.Add(1)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen++
	switch {
	case h.fault.Every != nil:
		return h.seen%*h.fault.Every == 0
	case h.fault.Share != nil:
		return h.random.Float64() < *h.fault.Share
	}
	return true
}

// suffers counts a call that the fault has done something to.
func (h *hop) suffers(c *call, count *atomic.Uint64) {
	c.disturbed = true
	count.Add(1)
	if c.telemetry {
		h.met.suffered.Add(1)
	}
}

// throttlePause is the pause that resource_exhausted asks for, unless the fault says another; clients have their own for the other codes.
const throttlePause = 100 * time.Millisecond

// refuse answers with the status of the fault. Over gRPC, a client may retry resource_exhausted only if RetryInfo is there (OTLP specification,
// OTLP/gRPC Throttling).
func (h *hop) refuse(c *call, _ deliver) (answer, error) {
	h.suffers(c, &h.counters.refused)
	if h.fault.HTTP != 0 {
		return answer{}, &refusal{status: h.fault.HTTP, retryAfter: h.fault.RetryAfter, text: h.text("http", strconv.Itoa(h.fault.HTTP))}
	}
	said := status.New(h.fault.status(), h.text("grpc", h.fault.GRPC))
	pause := h.fault.RetryAfter
	if pause == nil && h.fault.status() == codes.ResourceExhausted {
		pause = &RetryAfter{Delay: throttlePause}
	}
	if pause != nil && !pause.None {
		detailed, err := said.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(pause.Delay)})
		if err != nil {
			return answer{}, err
		}
		said = detailed
	}
	return answer{}, said.Err()
}

// text is what an answer says: the fault's message, or who answers, and why.
func (h *hop) text(key, value string) string {
	return cmp.Or(h.fault.Message, "pipelinetest: "+key+": "+value)
}

// drop answers with the empty message, which is OK of every signal.
func (h *hop) drop(c *call, _ deliver) (answer, error) {
	h.suffers(c, &h.counters.dropped)
	return answer{}, nil
}

// duplicate answers as to the first of the two.
func (h *hop) duplicate(c *call, next deliver) (answer, error) {
	a, err := next(c)
	if err != nil {
		return a, err
	}
	if _, err := next(c); err == nil {
		h.suffers(c, &h.counters.duplicated)
	}
	return a, nil
}

// corrupt delivers a changed copy. What has nothing to change passes.
func (h *hop) corrupt(c *call, next deliver) (answer, error) {
	changed, ok := c.signal.corrupt(c.message)
	if !ok {
		return next(c)
	}
	a, err := h.instead(c, changed, next)
	if err == nil {
		h.suffers(c, &h.counters.corrupted)
	}
	return a, err
}

// instead delivers another message in the place of a call's. A hop before this one may deliver the call again, so that keeps its own.
func (h *hop) instead(c *call, other message, next deliver) (answer, error) {
	whole := c.message
	c.message = other
	a, err := next(c)
	c.message = whole
	return a, err
}

// reject answers with OK and a partial success: some items, or all, were rejected, and must not be sent again (OTLP specification, Partial
// Success). The others are delivered.
func (h *hop) reject(c *call, next deliver) (answer, error) {
	most := math.MaxInt
	if h.fault.Rejected != nil {
		most = *h.fault.Rejected
	}
	rest, rejected := c.signal.reject(c.message, most)
	if rejected == 0 {
		return next(c)
	}
	var a answer
	if len(rest.data) > 0 {
		var err error
		if a, err = h.instead(c, rest, next); err != nil {
			return a, err
		}
	}
	said, ok := c.signal.answer(c.message, a.message, rejected, h.text("otlp", "partial_success"))
	if !ok {
		said, _ = c.signal.answer(c.message, nil, rejected, h.text("otlp", "partial_success")) // the target's answer is no OTLP
	}
	h.suffers(c, &h.counters.rejected)
	h.counters.rejectedItems.add(c.signal.name, rejected)
	a.message = said.data
	return a, nil
}

// loseResponse makes the client believe that nothing has arrived.
func (h *hop) loseResponse(c *call, next deliver) (answer, error) {
	a, err := next(c)
	if err != nil {
		return a, err
	}
	h.suffers(c, &h.counters.responsesLost)
	const why = "pipelinetest: otlp: lose_response"
	if c.http != nil {
		return answer{}, &refusal{status: http.StatusServiceUnavailable, text: why}
	}
	return answer{}, status.Error(codes.Unavailable, why)
}
