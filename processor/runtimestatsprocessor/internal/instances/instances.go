// Package instances keeps what the metrics and spans of service instances said about their runtimes lately, so that spans can be
// seen in its light.
//
//	metrics ──► Instance.AddTotal, AddInterval, SetWorkers ──► Recent (replaced, never changed) ──► Recent.QueueWait, Workers ◄── spans
//	spans ────► Instance.AddWork ──────────────────────────────────────────────────────────────► Recent.Skewed ◄────────────────┘
//
// An interval of metrics is seconds long, a span milliseconds: what is found here is context, never the truth about one span.
// Spans mostly come before the metrics of their time; nobody waits for these, the interval before has to do. Times are those
// of the service, in nanoseconds since 1970, so that both are told by one clock and replayed data join as live data do.
package instances

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Settings bound the memory: MaxInstances * Samples * 32 bytes.
type Settings struct {
	MaxInstances int
	Samples      int           // intervals kept of each
	IdleExpiry   time.Duration // an instance unheard of for so long is forgotten
}

// Instances are all instances that were heard of lately. Safe for concurrent use.
type Instances struct {
	settings Settings

	mu    sync.RWMutex
	byKey map[string]*Instance
	swept time.Time
}

// New returns instances, none as yet.
func New(settings Settings) *Instances {
	return &Instances{settings: settings, byKey: map[string]*Instance{}}
}

// Recent returns what is known of an instance, nil if nothing is.
func (s *Instances) Recent(key string) *Recent {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if found := s.byKey[key]; found != nil {
		return found.recent.Load()
	}
	return nil
}

// Len returns the number of instances.
func (s *Instances) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.byKey)
}

// Seen returns the instance that sends something now; nil if it is one too many.
func (s *Instances) Seen(key string, now time.Time) *Instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.swept) > s.settings.IdleExpiry/4 {
		s.sweep(now)
	}
	found := s.byKey[key]
	if found == nil {
		if len(s.byKey) >= s.settings.MaxInstances {
			return nil
		}
		found = &Instance{samples: s.settings.Samples}
		found.recent.Store(&Recent{})
		s.byKey[strings.Clone(key)] = found // it outlives the batch that it was first seen in
	}
	found.seen = now
	return found
}

func (s *Instances) sweep(now time.Time) {
	s.swept = now
	for key, instance := range s.byKey {
		if now.Sub(instance.seen) > s.settings.IdleExpiry {
			delete(s.byKey, key)
		}
	}
}

// Instance is one process of a service.
type Instance struct {
	samples int
	seen    time.Time // under the lock of Instances

	mu     sync.Mutex // of those who add
	last   Total
	load   load
	recent atomic.Pointer[Recent]
}

// Total is a sum of queue waits that only grows, with the number of polls that had them, since From.
type Total struct {
	From, To int64
	Sum      float64 // nanoseconds
	Count    uint64
}

// AddTotal adds what a total has grown by. The first one is where it starts to be watched; how its past was spread over time
// nobody knows. A total that has become smaller has begun anew.
func (i *Instance) AddTotal(t Total) {
	i.mu.Lock()
	defer i.mu.Unlock()
	last := i.last
	if t.To <= last.To {
		return // a point that comes late, or again
	}
	i.last = t
	switch {
	case last.To == 0:
	case t.Count < last.Count || t.From > last.To:
		i.add(t)
	default:
		i.add(Total{From: last.To, To: t.To, Sum: t.Sum - last.Sum, Count: t.Count - last.Count})
	}
}

// AddInterval adds the sum of an interval.
func (i *Instance) AddInterval(t Total) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.add(t)
}

// add appends an interval that is newer than all others.
func (i *Instance) add(t Total) {
	old := i.recent.Load()
	if t.From >= t.To || t.Sum < 0 || len(old.intervals) > 0 && t.To <= old.intervals[len(old.intervals)-1].To {
		return
	}
	fresh := *old
	kept := old.intervals[max(len(old.intervals)-(i.samples-1), 0):]
	fresh.intervals = append(append(make([]Total, 0, len(kept)+1), kept...), t)
	fresh.longestMean = 0
	for _, interval := range fresh.intervals {
		fresh.longestMean = max(fresh.longestMean, interval.mean())
	}
	i.recent.Store(&fresh)
}

// SetWorkers says how many workers there were at a time.
func (i *Instance) SetWorkers(n, at int64) {
	i.mu.Lock()
	defer i.mu.Unlock()
	fresh := *i.recent.Load()
	if at <= fresh.workersAt {
		return
	}
	if fresh.workersAt != 0 {
		fresh.workersEvery = at - fresh.workersAt
	}
	fresh.workers, fresh.workersAt = n, at
	i.recent.Store(&fresh)
}
