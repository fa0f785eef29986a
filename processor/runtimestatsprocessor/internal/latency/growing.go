// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"iter"
	"maps"
	"sync"
	"sync/atomic"
)

// growing is a map that is read for every span and seldom grows. What has settled is read without a lock: it is replaced, never changed.
// What is new waits beside it, under a lock, and settles at the next tick, or as soon as it is as much as has settled. So n new names
// cost n insertions and a few copies, not n copies; and a name is read under the lock for its first second only.
//
// Safe for concurrent use.
type growing[V any] struct {
	settled atomic.Pointer[map[string]*V] // nil: none as yet
	waiting atomic.Int32                  // len(fresh)

	mu    sync.RWMutex // of fresh
	fresh map[string]*V
}

// get returns the value of a name, nil if it has none.
func (g *growing[V]) get(name string) *V {
	for {
		settled := g.settled.Load()
		if settled != nil {
			if found := (*settled)[name]; found != nil {
				return found
			}
		}
		if g.waiting.Load() > 0 {
			if found := g.waits(name); found != nil {
				return found
			}
		}
		if g.settled.Load() == settled { // else the name may have settled in between
			return nil
		}
	}
}

func (g *growing[V]) waits(name string) *V {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.fresh[name]
}

// view returns what has settled, to be read only.
func (g *growing[V]) view() map[string]*V {
	if settled := g.settled.Load(); settled != nil {
		return *settled
	}
	return nil
}

// len returns the number of names.
func (g *growing[V]) len() int { return len(g.view()) + int(g.waiting.Load()) }

// add adds a name that is not there.
func (g *growing[V]) add(name string, value *V) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fresh == nil {
		g.fresh = map[string]*V{}
	}
	g.fresh[name] = value
	g.waiting.Add(1)
	if len(g.fresh) > len(g.view()) {
		g.merge()
	}
}

// all settles what is new and yields everything.
func (g *growing[V]) all() iter.Seq2[string, *V] {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.merge()
	return maps.All(g.view())
}

// remove takes names away.
func (g *growing[V]) remove(names []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.merge()
	left := maps.Clone(g.view())
	for _, name := range names {
		delete(left, name)
	}
	g.settled.Store(&left)
}

func (g *growing[V]) merge() {
	if len(g.fresh) == 0 {
		return
	}
	more := make(map[string]*V, len(g.view())+len(g.fresh))
	maps.Copy(more, g.view())
	maps.Copy(more, g.fresh)
	g.settled.Store(&more)
	g.fresh = nil
	g.waiting.Store(0)
}
