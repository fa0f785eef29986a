// SPDX-License-Identifier: Apache-2.0

// Package instances keeps what the metrics and spans of service instances said about their runtimes lately, so that spans can be
// seen in its light.
//
//	metrics ──► Instance.AddTotal, AddInterval, SetWorkers ──► Recent (replaced, never changed) ──► Recent.QueueWait, Workers ◄── spans
//	spans ────► Instance.AddWork ──────────────────────────────────────────────────────────────► Recent.Skewed ◄────────────────┘
//
// An interval of metrics is seconds long, a span milliseconds: what is found here is context, never the truth about one span.
// Spans mostly come before the metrics of their time; nobody waits for these, the interval before has to do. Times are those
// of the service, in nanoseconds since 1970, so that both are told by one clock and replayed data join as live data do.
//
// The package stands at the bottom of the runtime_stats processor and imports nothing of the project. The metrics pipeline of
// the processor tells it what passes; the traces pipeline of the same processor id asks it, and tells it what workers did.
package instances

import (
	"strings"
	"sync"
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
		found = &Instance{samples: s.settings.Samples, far: int64(s.settings.IdleExpiry)}
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
