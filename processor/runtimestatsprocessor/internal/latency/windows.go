// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"iter"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
)

// Windows holds the windows of all keys, at most Settings.MaxKeys.
//
// Resource and Observe may be called from any number of goroutines; they take no lock, except for a key in its first second. One
// goroutine at a time may call Tick, meanwhile too.
//
// Keys are looked up in steps, so that what all spans of a resource have in common is hashed once per resource, and for a span
// only its name is. Both maps are of a kind that is read without a lock and grows in amortised constant time.
type Windows struct {
	settings  Settings
	resources growing[resourceWindows]
	keys      atomic.Int64

	mu sync.Mutex // held to add or remove keys

	// Used by Tick only.
	last    time.Time     // of the last tick
	clock   time.Duration // what all ticks add up to
	rotated time.Duration // on that clock: when the slice being filled began
	dither  uint64
}

// resourceWindows holds the windows of one resource by the names of the spans. Once it is empty it is dropped and never used again. A
// map with strings as keys is twice as fast as one with a struct.
type resourceWindows struct {
	byName growing[windowsByKind]
}

// windowsByKind holds the windows of the spans of one name, nil where there is none.
type windowsByKind [numKinds]atomic.Pointer[window]

// empty reports whether there is none.
func (w *windowsByKind) empty() bool {
	for kind := range w {
		if w[kind].Load() != nil {
			return false
		}
	}
	return true
}

// spanKey is the part of a key that differs between the spans of a resource.
type spanKey struct {
	name string
	kind Kind
}

// window returns the window of a key, nil if it has none.
func (r *resourceWindows) window(key spanKey) *window {
	if kinds := r.byName.get(key.name); kinds != nil {
		return kinds[key.kind].Load()
	}
	return nil
}

// all yields the windows with their keys. Others may be added meanwhile.
func (r *resourceWindows) all() iter.Seq2[spanKey, *window] {
	return func(yield func(spanKey, *window) bool) {
		for name, kinds := range r.byName.all() {
			for kind := range kinds {
				if window := kinds[kind].Load(); window != nil && !yield(spanKey{name, Kind(kind)}, window) {
					return
				}
			}
		}
	}
}

// add adds the window of a key that has none. The key's name must outlive the batch.
func (r *resourceWindows) add(key spanKey, added *window) {
	kinds := r.byName.get(key.name)
	if kinds == nil {
		kinds = &windowsByKind{}
		defer r.byName.add(key.name, kinds)
	}
	kinds[key.kind].Store(added)
}

// drop removes the windows of keys.
func (r *resourceWindows) drop(keys []spanKey) {
	var names []string
	for _, key := range keys {
		kinds := r.byName.get(key.name)
		kinds[key.kind].Store(nil)
		if kinds.empty() {
			names = append(names, key.name)
		}
	}
	if len(names) > 0 {
		r.byName.remove(names)
	}
}

// While a tenth of MaxKeys or less is free, room is short: keys without traffic go early.
const spareKeys = 10

// New returns windows whose time starts at now.
func New(settings Settings, now time.Time) *Windows {
	return &Windows{settings: settings, last: now}
}

// Keys returns the number of keys that have a window.
func (w *Windows) Keys() int {
	return int(w.keys.Load())
}

// Resource is a short-lived view of the windows of one resource, for one goroutine: look it up anew for each batch.
type Resource struct {
	all   *Windows
	name  string
	found *resourceWindows // nil while the resource has no key
	last  *window          // of the span last judged or observed, nil if it has none
}

// Resource returns the view for the resource part of a key.
func (w *Windows) Resource(name string) Resource {
	return Resource{all: w, name: name, found: w.resources.get(name)}
}

// window returns the window of a key, nil if it has none.
func (r *Resource) window(key spanKey) *window {
	if r.found == nil {
		return nil
	}
	return r.found.window(key)
}

// Judge judges a duration in nanoseconds by the window of its key. Unlike [Resource.Observe] it leaves no trace.
func (r *Resource) Judge(name string, kind Kind, ns int64) Verdict {
	if r.last = r.window(spanKey{name: name, kind: kind}); r.last == nil {
		return Verdict{State: Warming}
	}
	return r.last.judge(histogram.Index(ns), ns)
}

// Observe judges a duration in nanoseconds by the window of its key, then adds it there. The duration must not be negative.
func (r *Resource) Observe(name string, kind Kind, ns int64) Verdict {
	key := spanKey{name: name, kind: kind}
	if r.last = r.window(key); r.last == nil {
		if r.found, r.last = r.all.insert(r.name, key); r.last == nil {
			return Verdict{State: Overflow}
		}
	}
	return r.last.observe(ns, &r.all.settings)
}

// Tasks returns what else is kept of the spans of the key last asked for, nil if it has no window.
func (r *Resource) Tasks() *findings.Window {
	if r.last == nil {
		return nil
	}
	return &r.last.tasks
}

// insert returns the window of a key, after creating it if need be; nil when there are too many keys. What it returns
// beside it is the current state of the resource, nil if it has no key.
func (w *Windows) insert(name string, key spanKey) (*resourceWindows, *window) {
	full := w.Keys() >= w.settings.MaxKeys
	if !full {
		w.mu.Lock()
		defer w.mu.Unlock()
		full = w.Keys() >= w.settings.MaxKeys
	}
	// When full, without the lock: in an overflow, every span of a key without window comes here. A key inserted a moment ago may be
	// missed once.
	resource := w.resources.get(name)
	if resource != nil {
		if existing := resource.window(key); existing != nil {
			return resource, existing
		}
	}
	if full {
		return resource, nil
	}

	inserted := newWindow(&w.settings)
	key.name = strings.Clone(key.name) // a window outlives the batch that it was first seen in
	if resource == nil {
		resource = &resourceWindows{}
		defer w.resources.add(strings.Clone(name), resource)
	}
	resource.add(key, inserted)
	w.keys.Add(1)
	return resource, inserted
}

// Tick moves all windows on to now, rebuilds their tables and drops the keys whose windows hold less than half a span: an hour after
// the last one. While room is short, keys without traffic go when by their age alone nothing would be left of their spans: in mode
// Sliding after Length, in mode Decay after Length*ln(2n) for a window that holds n. It returns how many keys it dropped. A now that is
// not after the last tick does nothing.
func (w *Windows) Tick(now time.Time) (expired int) {
	elapsed := now.Sub(w.last)
	if elapsed <= 0 {
		return 0
	}
	w.last = now
	step := w.step(elapsed)
	var emptied []string
	for name, resource := range w.resources.all() {
		var faded []spanKey
		for key, window := range resource.all() {
			window.tasks.Tick(elapsed, time.Duration(math.Ln2*float64(w.settings.Length)))
			if !window.tick(step, &w.settings) {
				faded = append(faded, key)
			}
		}
		if len(faded) > 0 {
			if w.drop(resource, faded) {
				emptied = append(emptied, name)
			}
			expired += len(faded)
		}
	}
	w.dropResources(emptied)
	return expired
}

// step returns what a tick does to every window when the one before was elapsed ago.
func (w *Windows) step(elapsed time.Duration) step {
	w.clock += elapsed
	s := step{fading: fading{keep: 1 << 32}, now: w.clock, began: w.rotated}
	length := maxHeld
	switch w.settings.Mode {
	case Decay:
		w.dither += golden
		s.dither = w.dither
		s.keep = uint64(math.Exp(-elapsed.Seconds()/w.settings.Length.Seconds()) * (1 << 32))
	case Sliding:
		length = w.settings.Length / numSlices
	}
	ended := (w.clock - w.rotated) / length
	s.rotate = ended > 0
	w.rotated += ended * length
	s.next = w.rotated
	s.crowded = w.Keys() >= w.settings.MaxKeys-w.settings.MaxKeys/spareKeys
	return s
}

// drop removes keys of a resource and reports whether it was left without any.
func (w *Windows) drop(resource *resourceWindows, keys []spanKey) (empty bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	resource.drop(keys)
	w.keys.Add(int64(-len(keys)))
	return resource.byName.len() == 0
}

// dropResources removes those of the resources that still have no key, all at once.
func (w *Windows) dropResources(names []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	names = slices.DeleteFunc(names, func(name string) bool { return w.resources.get(name).byName.len() > 0 })
	if len(names) > 0 {
		w.resources.remove(names)
	}
}
