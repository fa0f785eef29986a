// SPDX-License-Identifier: Apache-2.0

// Package instances keeps what the metrics and spans of service instances said about their runtimes lately, so that spans can be
// seen in its light.
//
//	metrics ──► Instance.AddTotal, AddInterval, SetWorkers ──► Recent (replaced, never changed) ──► Recent.QueueWait, Workers ◄── spans
//	spans ────► Instance.AddWork ──────────────────────────────────────────────────────────────► Recent.Skewed ◄────────────────┘
//	metrics ──► Instances.CPU ──► cputime.History ──► cputime.Recent ──► Instances.CPUOf ◄── spans
//
// An interval of metrics is seconds long, a span milliseconds: what is found here is context, never the truth about one span.
// Spans mostly come before the metrics of their time; nobody waits for these, the interval before has to do. Times are those
// of the service, in nanoseconds since 1970, so that both are told by one clock and replayed data join as live data do.
//
// The metrics pipeline of the processor tells the package what passes; the traces pipeline of the same processor id asks it, and tells it
// what workers did.
package instances

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/cputime"
)

// Settings bound the memory: MaxInstances * Samples * 32 bytes, and what package cputime takes of those that the kernel tells of.
type Settings struct {
	MaxInstances int
	Samples      int           // intervals kept of each
	IdleExpiry   time.Duration // an instance unheard of for so long is forgotten
}

// Instances are all instances that were heard of lately. Safe for concurrent use.
type Instances struct {
	settings Settings
	kernel   atomic.Int32 // instances of which the kernel tells

	mu        sync.RWMutex
	byKey     map[Identity]*Instance
	byService map[service][]*Instance
	swept     time.Time
}

// New returns instances, none as yet.
func New(settings Settings) *Instances {
	return &Instances{settings: settings, byKey: map[Identity]*Instance{}, byService: map[service][]*Instance{}}
}

// Len returns the number of instances.
func (s *Instances) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.byKey)
}

// Seen returns the instance that sends something now; nil if it is one too many.
func (s *Instances) Seen(who *Identity, now time.Time) *Instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.seen(who, now)
	if found != nil {
		found.sends = true
	}
	return found
}

func (s *Instances) seen(who *Identity, now time.Time) *Instance {
	if now.Sub(s.swept) > s.settings.IdleExpiry/4 {
		s.sweep(now)
	}
	found := s.byKey[who.Key()]
	if found == nil {
		if len(s.byKey) >= s.settings.MaxInstances {
			return nil
		}
		found = &Instance{samples: s.settings.Samples, far: int64(s.settings.IdleExpiry), who: who.clone()}
		found.recent.Store(&Recent{})
		s.byKey[found.who.Key()] = found
		of := found.who.service()
		s.byService[of] = append(s.byService[of], found)
	}
	found.who.complete(who)
	found.seen = now
	return found
}

// sweep forgets the instances of which nothing was heard for long. It looks once at each, and once more at each of the services of those.
func (s *Instances) sweep(now time.Time) {
	s.swept = now
	gone := func(i *Instance) bool { return now.Sub(i.seen) > s.settings.IdleExpiry }
	services := map[service]struct{}{}
	for key, instance := range s.byKey {
		if !gone(instance) {
			continue
		}
		delete(s.byKey, key)
		services[instance.who.service()] = struct{}{}
		if instance.cpu != nil {
			s.kernel.Add(-1)
		}
	}
	for of := range services {
		if left := slices.DeleteFunc(s.byService[of], gone); len(left) > 0 {
			s.byService[of] = left
		} else {
			delete(s.byService, of)
		}
	}
}

// CPU returns what the kernel says of a process, to add to; nil if it is one too many.
func (s *Instances) CPU(who *Identity, now time.Time) *cputime.History {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.seen(who, now)
	if found == nil {
		return nil
	}
	if found.cpu == nil {
		found.claim.since = now
		found.cpu = cputime.New(cputime.Settings{Samples: s.settings.Samples, Far: s.settings.IdleExpiry})
		s.kernel.Add(1)
	}
	return found.cpu
}

// CPUOf returns what the kernel said of the process of an instance; nil if it is not known which process that is. The kernel's process and
// the instance are one if their resources say so, or if neither can be any other.
func (s *Instances) CPUOf(of *Instance) *cputime.Recent {
	if s.kernel.Load() == 0 {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if of.cpu != nil {
		of.claim.made.Store(true)
		return sure(of.cpu.Recent())
	}
	service := s.byService[of.who.service()]
	found, how := processOf(of, service)
	if found == nil {
		return nil
	}
	if how != same {
		for _, rival := range service {
			if rival != of && rival != found && rival.sends && rival.cpu == nil && rival.who.like(&found.who) != other {
				return nil
			}
		}
		if found.sends { // it is an instance by itself
			return nil
		}
	}
	found.claim.made.Store(true)
	return sure(found.cpu.Recent())
}

// processOf returns the process, of those that the kernel told of, which is that of an instance. One that says so comes before those that
// may be it. Of these there must be one: all others must have ended before it began.
func processOf(of *Instance, service []*Instance) (found *Instance, how likeness) {
	for _, candidate := range service {
		if candidate.cpu == nil {
			continue
		}
		like := candidate.who.like(&of.who)
		if like > how || like == how && found != nil && candidate.cpu.Recent().First > found.cpu.Recent().First {
			found, how = candidate, like
		}
	}
	if found == nil {
		return nil, other
	}
	for _, candidate := range service {
		if candidate.cpu != nil && candidate != found && candidate.who.like(&of.who) == how && !found.cpu.Recent().Follows(candidate.cpu.Recent()) {
			return nil, how
		}
	}
	return found, how
}

// sure returns what is known of one process alone.
func sure(r *cputime.Recent) *cputime.Recent {
	if r.Several {
		return nil
	}
	return r
}
