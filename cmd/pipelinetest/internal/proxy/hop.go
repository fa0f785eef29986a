// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"math/rand/v2"
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
	{"partial_success", (*hop).reject},
}

func newHop(f *forwarder, fault Fault, random *rand.Rand) *hop {
	h := &hop{fault: fault, counters: f.counters, met: newMet(&fault, nil), over: make(chan struct{}), random: random}
	h.end = sync.OnceFunc(func() { close(h.over) })
	apply := (*hop).refuse
	for _, e := range effects {
		if e.name == fault.OTLP {
			apply = e.apply
		}
	}
	if apply == nil {
		h.pass = (&reordering{hop: h, forwarder: f, held: map[*signal]*heldCall{}}).pass
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
	if c.isTelemetry() {
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
	if c.isTelemetry() {
		h.met.suffered.Add(1)
	}
}

// retryAfter is the pause that resource_exhausted asks for; clients have their own for the other codes.
const retryAfter = 100 * time.Millisecond

// refuse answers with the status of the fault. A client may retry resource_exhausted only if RetryInfo is there (OTLP specification,
// OTLP/gRPC Throttling).
func (h *hop) refuse(c *call, _ deliver) (answer, error) {
	h.suffers(c, &h.counters.refused)
	refusal := status.Newf(h.fault.status(), "pipelinetest: grpc: %s", h.fault.GRPC)
	if h.fault.status() == codes.ResourceExhausted {
		detailed, err := refusal.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(retryAfter)})
		if err != nil {
			return answer{}, err
		}
		refusal = detailed
	}
	return answer{}, refusal.Err()
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
	changed, ok := c.signal.corrupt(c.payload)
	if !ok {
		return next(c)
	}
	whole := c.payload
	c.payload = changed
	a, err := next(c)
	c.payload = whole // a hop before this one may deliver it again
	if err == nil {
		h.suffers(c, &h.counters.corrupted)
	}
	return a, err
}

// reject answers with OK and a partial success of nothing: all items were rejected, and must not be sent again (OTLP specification,
// Partial Success).
func (h *hop) reject(c *call, next deliver) (answer, error) {
	said, ok := c.signal.reject(c.payload)
	if !ok {
		return next(c)
	}
	h.suffers(c, &h.counters.rejected)
	return answer{payload: said}, nil
}

// loseResponse makes the client believe that nothing has arrived.
func (h *hop) loseResponse(c *call, next deliver) (answer, error) {
	a, err := next(c)
	if err != nil {
		return a, err
	}
	h.suffers(c, &h.counters.responsesLost)
	return answer{}, status.Error(codes.Unavailable, "pipelinetest: otlp: lose_response")
}
