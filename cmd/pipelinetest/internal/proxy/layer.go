// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc/metadata"
)

// layer is the layer of requests, whatever their protocol: the faults in force, each a hop on the way, and what looks after requests that are
// held back.
type layer struct {
	counters *counters
	// hops are those in force, the first to have come first. The slice never changes; another takes its place.
	hops atomic.Pointer[[]*hop]
	// held are the goroutines that look after requests held back; life ends when they are to give up.
	held   sync.WaitGroup
	life   context.Context
	giveUp context.CancelFunc

	mu     sync.Mutex // guards what follows, and who may write hops
	closed bool
	seed   uint64
	faults uint64 // there have been
}

// call is a request on its way.
type call struct {
	ctx       context.Context
	signal    *signal // nil: not OTLP
	telemetry bool    // it brings items, as far as can be told without reading it
	message   message
	way       security // how the client came
	grpc      *grpcCall
	http      *httpCall // nil: it is over gRPC
	disturbed bool      // a fault has counted it
	delivered bool      // the target has it, or may have it
}

// outliving is the context of a call that is delivered although its client may have gone away.
func (c *call) outliving(life context.Context) context.Context {
	if c.http != nil {
		return life
	}
	return metadata.NewOutgoingContext(life, c.grpc.metadata)
}

// answer is what comes back if there is no error, or with one, but for the message.
type answer struct {
	message         []byte
	header, trailer metadata.MD // over gRPC
	http            *httpAnswer // over HTTP; nil: there is nothing but the message
}

// deliver carries a call to the target, or the next hop.
type deliver func(*call) (answer, error)

func newLayer(seed uint64, counters *counters) *layer {
	l := &layer{counters: counters, seed: seed}
	l.hops.Store(new([]*hop))
	l.life, l.giveUp = context.WithCancel(context.Background())
	return l
}

// pass carries a call over the hops in force to the target, and counts it.
func (l *layer) pass(c *call, deliver deliver) (answer, error) {
	l.counters.requests.Add(1)
	var request uint64
	if c.telemetry {
		l.counters.carried.Add(1)
		request = c.digest()
		l.counters.unanswered.came(request)
	}
	a, err := through(*l.hops.Load(), c, func(c *call) (answer, error) {
		c.delivered = true
		return deliver(c)
	})
	if c.telemetry && c.delivered && err != nil && comesAgain(err) {
		l.counters.unanswered.add(request)
	}
	if c.disturbed {
		return a, err
	}
	if err == nil {
		l.counters.passed.Add(1)
	} else {
		l.counters.failed.Add(1)
		l.counters.answers.add(err)
	}
	return a, err
}

// through carries a call over hops to the target.
func through(hops []*hop, c *call, deliver deliver) (answer, error) {
	if len(hops) == 0 {
		return deliver(c)
	}
	return hops[0].pass(c, func(c *call) (answer, error) { return through(hops[1:], c, deliver) })
}

// disturb puts a fault in force, behind those that are.
func (l *layer) disturb(fault Fault) (*Disturbance, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errClosed
	}
	h := newHop(l, fault, rand.New(rand.NewPCG(l.seed, l.faults))) //nolint:gosec // G404: to be repeatable, not secret
	l.faults++
	l.replace(append(slices.Clone(*l.hops.Load()), h))
	return &Disturbance{met: h.met, end: sync.OnceFunc(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.replace(slices.DeleteFunc(slices.Clone(*l.hops.Load()), func(other *hop) bool { return other == h }))
		h.end()
	})}, nil
}

func (l *layer) replace(hops []*hop) { l.hops.Store(&hops) }

// close ends the layer: stop ends the calls, and what is held back is delivered.
func (l *layer) close(stop func()) {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	stop()
	for _, h := range *l.hops.Load() {
		h.end()
	}
	l.deliverHeld()
}
