// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// wire is the layer of connections: it accepts them, carries their bytes to the target and back, and knows nothing of what they mean.
type wire struct {
	listener net.Listener
	target   string
	counters *counters
	running  sync.WaitGroup
	// weather is read for each chunk.
	weather atomic.Pointer[weather]

	mu          sync.Mutex // guards what follows, and who may write weather
	closed      bool
	faults      []*wireFault // in force
	connections map[*connection]struct{}
}

// wireFault is a fault of connections in force.
type wireFault struct {
	Fault
	met  *met
	over chan struct{} // closed when it is in force no more
	// limiters of a Bandwidth, in bytes, by direction.
	limiters [2]*rate.Limiter
}

// weather is what the faults in force do to bytes on their way. It never changes; another takes its place.
type weather struct {
	delays  []*wireFault
	limits  []*wireFault
	changed chan struct{} // closed when another has taken its place
}

// burst is how long a link of limited bandwidth may have been idle and make up for it.
const burst = 50 * time.Millisecond

var errClosed = errors.New("the proxy is closed")

// newWire starts to carry what comes to the listener.
func newWire(listener net.Listener, target string, counters *counters) *wire {
	w := &wire{listener: listener, target: target, counters: counters, connections: map[*connection]struct{}{}}
	w.weather.Store(&weather{changed: make(chan struct{})})
	w.running.Go(w.accept)
	return w
}

func (w *wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err == nil {
			w.open(client.(*net.TCPConn))
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		time.Sleep(10 * time.Millisecond) // too many open files, most likely
	}
}

// open begins to carry a connection, or refuses it.
//
// It is refused by a reset right after the kernel has accepted it. To close the listener instead would give its port away, which
// another process might take until the fault is over.
func (w *wire) open(client *net.TCPConn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		abort(client)
		return
	}
	refused := false
	for _, f := range w.faults {
		if f.Down {
			refused = true
			f.met.came.Add(1)
			f.met.connection(false)
		}
	}
	if refused {
		w.counters.connectionsRefused.Add(1)
		abort(client)
		return
	}
	w.counters.connections.Add(1)
	c := newConnection(w, client)
	w.connections[c] = struct{}{}
	for _, f := range w.faults {
		if f.Reset > 0 {
			f.met.came.Add(1)
			w.resetLater(c, f)
		}
	}
	w.running.Go(func() {
		c.carry()
		w.mu.Lock()
		delete(w.connections, c)
		w.mu.Unlock()
		close(c.gone)
	})
}

// resetLater resets a connection after the time the fault gives it. The caller holds the lock.
func (w *wire) resetLater(c *connection, f *wireFault) {
	w.running.Go(func() {
		timer := time.NewTimer(f.Reset)
		defer timer.Stop()
		select {
		case <-timer.C:
			if c.ctx.Err() == nil {
				f.met.connection(c.talk.isOpen())
				c.cut(errReset)
			}
		case <-f.over:
		case <-c.ctx.Done():
		}
	})
}

// disturb puts a fault in force: when it returns, no byte passes that is not subject to it.
func (w *wire) disturb(fault Fault) (*Disturbance, error) {
	f := &wireFault{Fault: fault, met: newMet(&fault, w.counters), over: make(chan struct{})}
	if fault.Bandwidth > 0 {
		for direction := range f.limiters {
			n := max(1, int(float64(fault.Bandwidth)*burst.Seconds()))
			f.limiters[direction] = rate.NewLimiter(rate.Limit(fault.Bandwidth), n)
		}
	}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil, errClosed
	}
	w.faults = append(w.faults, f)
	w.forecast()
	var cut []*connection
	for c := range w.connections {
		switch {
		case fault.Down:
			f.met.came.Add(1)
			f.met.connection(c.talk.isOpen())
			c.cut(errDown)
			cut = append(cut, c)
		case fault.Reset > 0:
			f.met.came.Add(1)
			w.resetLater(c, f)
		}
	}
	w.mu.Unlock()
	for _, c := range cut {
		<-c.gone
	}
	return &Disturbance{met: f.met, end: sync.OnceFunc(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.faults = slices.DeleteFunc(w.faults, func(other *wireFault) bool { return other == f })
		close(f.over)
		w.forecast()
	})}, nil
}

// forecast sums up the faults in force. What waits for its time to come looks at it anew. The caller holds the lock.
func (w *wire) forecast() {
	next := &weather{changed: make(chan struct{})}
	for _, f := range w.faults {
		if f.Delay > 0 {
			next.delays = append(next.delays, f)
		}
		if f.Bandwidth > 0 {
			next.limits = append(next.limits, f)
		}
	}
	close(w.weather.Swap(next).changed)
}

// delay of a chunk whose place within the jitter is at shift, -1 to 1.
func (w *weather) delay(shift float64) time.Duration {
	var sum time.Duration
	for _, f := range w.delays {
		sum += f.Delay + time.Duration(shift*float64(f.Jitter))
	}
	return sum
}

// piece is how many of n bytes may go together.
func (w *weather) piece(n int) int {
	for _, f := range w.limits {
		n = min(n, f.limiters[0].Burst())
	}
	return n
}

// close cuts all connections, and returns when nothing runs any more.
func (w *wire) close() error {
	w.mu.Lock()
	w.closed = true
	err := w.listener.Close()
	for c := range w.connections {
		c.cut(errClosed)
	}
	w.mu.Unlock()
	w.running.Wait()
	return err
}
