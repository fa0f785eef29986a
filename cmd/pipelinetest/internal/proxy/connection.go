// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Why connections are cut.
var (
	errDown  = errors.New("down")
	errReset = errors.New("reset")
	errPeer  = errors.New("one side has failed")
)

// connection is one connection of a client, and the one to the target that belongs to it.
type connection struct {
	wire   *wire
	client *net.TCPConn
	ctx    context.Context // done when it is cut
	cut    context.CancelCauseFunc
	gone   chan struct{} // closed when both sides are
	talk   talk
	// carries: something of a request has come, or what nobody here can read.
	carries atomic.Bool
}

func newConnection(w *wire, client *net.TCPConn) *connection {
	c := &connection{wire: w, client: client, gone: make(chan struct{})}
	c.ctx, c.cut = context.WithCancelCause(context.Background())
	return c
}

// carry carries bytes both ways until both sides are done, or the connection is cut.
func (c *connection) carry() {
	defer c.cut(nil)
	var dialer net.Dialer
	dialed, err := dialer.DialContext(c.ctx, "tcp", c.wire.target)
	if err != nil {
		c.count()
		abort(c.client)
		return
	}
	target := dialed.(*net.TCPConn)
	var ways sync.WaitGroup
	c.way(&ways, 0, c.client, target)
	c.way(&ways, 1, target, c.client)
	finished := make(chan struct{})
	go func() {
		ways.Wait()
		close(finished)
	}()
	select {
	case <-finished:
	case <-c.ctx.Done():
	}
	if c.carries.Load() && (c.ctx.Err() != nil || c.talk.isOpen()) {
		c.wire.counters.unanswered.cutOff()
	}
	if c.ctx.Err() == nil {
		_ = c.client.Close()
		_ = target.Close()
		return
	}
	c.count() // before the client can know
	abort(c.client)
	abort(target)
	<-finished
}

// count counts why the connection is cut.
func (c *connection) count() {
	switch cause := context.Cause(c.ctx); {
	case errors.Is(cause, errDown):
		c.wire.counters.connectionsCut.Add(1)
	case errors.Is(cause, errReset):
		c.wire.counters.connectionsReset.Add(1)
	}
}

// A way holds up to chunksInFlight chunks of up to chunkSize bytes: 4 MiB, about what a TCP connection has in flight at most. It is
// what limits the bandwidth of a delayed connection.
const (
	chunksInFlight = 256
	chunkSize      = 16 << 10
)

// chunk is what one read has brought.
type chunk struct {
	data []byte
	// carried are how many bytes are of requests or answers. opaque: nobody knows.
	carried int
	opaque  bool
	at      time.Time // of the read
	shift   float64   // its place within a jitter, -1 to 1
}

// subject is how much of the chunk a fault can do something to that matters.
func (c *chunk) subject() int {
	if c.opaque {
		return len(c.data)
	}
	return c.carried
}

// way carries one direction of a connection.
func (c *connection) way(running *sync.WaitGroup, direction int, from, to *net.TCPConn) {
	chunks := make(chan chunk, chunksInFlight)
	running.Go(func() {
		defer close(chunks)
		buffer := make([]byte, chunkSize)
		heard := direction != 0 // only the client's first bytes tell
		for {
			n, err := from.Read(buffer)
			if n > 0 {
				if !heard {
					heard = true
					c.wire.counters.heard.hear(buffer[:n])
				}
				carried, speaks := c.talk.hear(direction, buffer[:n])
				c.wire.counters.carry(direction, carried, speaks)
				if direction == 0 && (carried > 0 || speaks == opaque) {
					c.carries.Store(true)
				}
				next := chunk{carried: carried, opaque: speaks == opaque, data: slices.Clone(buffer[:n]), at: time.Now(), shift: 2*rand.Float64() - 1} //nolint:gosec // G404: no secret
				select {
				case chunks <- next:
				case <-c.ctx.Done():
					return
				}
			}
			if err != nil {
				if !errors.Is(err, io.EOF) {
					c.cut(errPeer)
				}
				return
			}
		}
	})
	running.Go(func() {
		for next := range chunks {
			if !c.arrive(&next) || !c.send(direction, to, &next) {
				return
			}
		}
		if c.ctx.Err() == nil {
			_ = to.CloseWrite()
		}
	})
}

// arrive waits until a chunk is due, and says whether the connection still stands.
func (c *connection) arrive(next *chunk) bool {
	for counted := false; ; counted = true {
		weather := c.wire.weather.Load()
		wait := time.Until(next.at.Add(weather.delay(next.shift)))
		if !counted { // a chunk that is judged anew has been counted
			for _, f := range weather.delays {
				f.met.bytes(next, next.subject(), true)
			}
		}
		if len(weather.delays) == 0 || wait <= 0 {
			return c.ctx.Err() == nil
		}
		if !c.wait(wait, weather.changed) {
			return false
		}
	}
}

// send writes the data as fast as the bandwidth allows, and says whether the connection still stands.
func (c *connection) send(direction int, to *net.TCPConn, next *chunk) bool {
	data := next.data
	for len(data) > 0 {
		weather := c.wire.weather.Load()
		n := weather.piece(len(data))
		for _, f := range weather.limits {
			wait := f.limiters[direction].ReserveN(time.Now(), n).Delay()
			f.met.bytes(next, n, wait > 0)
			if wait > 0 && !c.wait(wait, f.over) {
				return false
			}
		}
		if _, err := to.Write(data[:n]); err != nil {
			c.cut(errPeer)
			return false
		}
		data = data[n:]
	}
	return true
}

// wait waits so long, or until there is no need, and says whether the connection still stands.
func (c *connection) wait(d time.Duration, needless <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-needless:
	case <-c.ctx.Done():
		return false
	}
	return true
}

// abort closes a connection with a reset instead of an end.
func abort(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}
