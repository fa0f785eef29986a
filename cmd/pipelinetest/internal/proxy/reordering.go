// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"sync"
	"time"
)

// reordering is the hop of reorder: it holds a request back until the next one of its signal has been delivered.
//
//	client   1 --> (held)   2 --------------------> answer
//	                        |                        ^
//	target                  2 delivered, 1 delivered |
//
// At most one of each signal is held: those that come meanwhile pass, even if it was their turn. So with no share and no every, each pair
// is swapped.
//
// The client of a held request has its answer, so nothing may be lost: it is delivered again and again until the target takes it.
type reordering struct {
	*hop
	layer *layer

	mu   sync.Mutex
	held map[*signal]*heldCall
}

type heldCall struct {
	*call
	next     deliver
	released chan struct{} // closed when a later one has been delivered
	tried    chan struct{} // closed after the first attempt to deliver it
}

const (
	// heldAtMost is how long a request waits for the next one.
	heldAtMost = time.Second
	// heldRetry is the pause between attempts to deliver one that was held.
	heldRetry = 100 * time.Millisecond
)

func (r *reordering) pass(c *call, next deliver) (answer, error) {
	if c.signal == nil {
		return next(c)
	}
	chosen := r.takes(c)
	r.mu.Lock()
	earlier := r.held[c.signal]
	if earlier == nil && chosen {
		defer r.mu.Unlock()
		r.hold(c, next)
		return answer{}, nil
	}
	r.mu.Unlock()
	a, err := next(c)
	if err == nil && earlier != nil && r.release(earlier) {
		close(earlier.released)
		// The next request may come as soon as this one is answered, and is not to overtake the earlier one.
		select {
		case <-earlier.tried:
		case <-c.ctx.Done():
		}
	}
	return a, err
}

// hold keeps a copy of the call, whose context ends with the proxy instead of the client's. The caller holds the lock.
func (r *reordering) hold(c *call, next deliver) {
	c.disturbed = true
	later := *c
	later.disturbed = false
	later.ctx = c.outliving(r.layer.life)
	held := &heldCall{call: &later, next: next, released: make(chan struct{}), tried: make(chan struct{})}
	r.held[c.signal] = held
	r.layer.held.Go(func() { r.lookAfter(held) })
}

// release says whether the caller is the one who may deliver the call, or have it delivered.
func (r *reordering) release(held *heldCall) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held[held.signal] != held {
		return false
	}
	delete(r.held, held.signal)
	return true
}

// lookAfter waits until a held call is to go, and delivers it.
func (r *reordering) lookAfter(held *heldCall) {
	timer := time.NewTimer(heldAtMost)
	defer timer.Stop()
	reordered := false
	select {
	case <-held.released:
		reordered = true
	case <-timer.C:
		reordered = !r.release(held)
	case <-r.over:
		reordered = !r.release(held)
	}
	tried := sync.OnceFunc(func() { close(held.tried) })
	defer tried() // after it has been counted
	for {
		_, err := held.next(held.call)
		switch {
		case err == nil && reordered:
			r.counters.reordered.Add(1)
			r.met.suffered.Add(1)
			return
		case err == nil:
			if !held.disturbed {
				r.counters.passed.Add(1)
			}
			return
		case !held.mayRetry(err):
			r.counters.undelivered.Add(1)
			return
		}
		tried()
		select {
		case <-time.After(heldRetry):
		case <-held.ctx.Done():
			r.counters.undelivered.Add(1)
			return
		}
	}
}

// deliverHeld waits until what is held back is delivered, [closeGrace] at most.
func (l *layer) deliverHeld() {
	grace := time.AfterFunc(closeGrace, l.giveUp)
	l.held.Wait()
	grace.Stop()
	l.giveUp()
}
