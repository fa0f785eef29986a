package latency

import (
	"iter"
	"maps"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
)

// Windows holds the windows of all keys, at most Settings.MaxKeys.
//
// Resource and Observe may be called from any number of goroutines; they take no lock, except to insert a new key. One
// goroutine at a time may call Tick, meanwhile too.
//
// Keys are looked up in steps, so that what all spans of a resource have in common is hashed once per resource, and for a span
// only its name is. Both maps are replaced, never changed: readers need no lock, and a new key costs a copy of its
// resource's keys.
type Windows struct {
	settings  Settings
	resources atomic.Pointer[map[string]*resourceWindows]
	keys      atomic.Int64

	mu sync.Mutex // held to replace a map

	// Used by Tick only.
	last    time.Time // of the last tick
	rotated time.Time // mode Sliding: when the slice being filled began
	dither  uint64
}

// resourceWindows holds the windows of one resource. Once it is empty it is dropped and never used again.
type resourceWindows struct {
	windows atomic.Pointer[windowsByName]
}

// spanKey is the part of a key that differs between the spans of a resource.
type spanKey struct {
	name string
	kind Kind
}

// windowsByName holds the windows of a resource by the names of the spans and then their kinds, nil where there is none. A map
// with strings as keys is twice as fast as one with a struct.
type windowsByName map[string][numKinds]*window

// all yields the windows with their keys.
func (w windowsByName) all() iter.Seq2[spanKey, *window] {
	return func(yield func(spanKey, *window) bool) {
		for name, kinds := range w {
			for kind, window := range kinds {
				if window != nil && !yield(spanKey{name, Kind(kind)}, window) {
					return
				}
			}
		}
	}
}

// len returns the number of windows.
func (w windowsByName) len() (n int) {
	for range w.all() {
		n++
	}
	return n
}

// with returns the windows with one more.
func (w windowsByName) with(key spanKey, added *window) windowsByName {
	more := maps.Clone(w)
	if more == nil {
		more = windowsByName{}
	}
	kinds := more[key.name]
	kinds[key.kind] = added
	more[key.name] = kinds
	return more
}

// without returns the windows but those of the given keys.
func (w windowsByName) without(keys []spanKey) windowsByName {
	less := maps.Clone(w)
	for _, key := range keys {
		kinds := less[key.name]
		if kinds[key.kind] = nil; kinds == [numKinds]*window{} {
			delete(less, key.name)
		} else {
			less[key.name] = kinds
		}
	}
	return less
}

// New returns windows whose time starts at now.
func New(settings Settings, now time.Time) *Windows {
	w := &Windows{settings: settings, last: now, rotated: now}
	w.resources.Store(&map[string]*resourceWindows{})
	return w
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
	return Resource{all: w, name: name, found: (*w.resources.Load())[name]}
}

// window returns the window of a key, nil if it has none.
func (r *Resource) window(key spanKey) *window {
	if r.found == nil {
		return nil
	}
	return (*r.found.windows.Load())[key.name][key.kind]
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
	if w.Keys() >= w.settings.MaxKeys {
		// Without the lock: in an overflow, every span of a key without window comes here. A key inserted a moment ago
		// may be missed once.
		resource := (*w.resources.Load())[name]
		if resource == nil {
			return nil, nil
		}
		return resource, (*resource.windows.Load())[key.name][key.kind]
	}

	w.mu.Lock()
	defer w.mu.Unlock()
	resources := *w.resources.Load()
	resource := resources[name]
	var windows windowsByName
	if resource != nil {
		windows = *resource.windows.Load()
		if existing := windows[key.name][key.kind]; existing != nil {
			return resource, existing
		}
	}
	if w.Keys() >= w.settings.MaxKeys {
		return resource, nil
	}

	inserted := newWindow(&w.settings)
	key.name = strings.Clone(key.name) // a window outlives the batch that it was first seen in
	windows = windows.with(key, inserted)
	if resource != nil {
		resource.windows.Store(&windows)
	} else {
		resource = &resourceWindows{}
		resource.windows.Store(&windows)
		resources = maps.Clone(resources)
		resources[strings.Clone(name)] = resource
		w.resources.Store(&resources)
	}
	w.keys.Add(1)
	return resource, inserted
}

// Tick moves all windows on to now, rebuilds their tables and drops the keys whose windows hold less than half a span. In
// mode Decay that is after Length*ln(2n) without traffic for a window of n spans, which are nine and a half lengths for
// 6,000; in mode Sliding after Length. It returns how many keys it dropped. A now that is not after the last tick does
// nothing.
func (w *Windows) Tick(now time.Time) (expired int) {
	elapsed := now.Sub(w.last)
	if elapsed <= 0 {
		return 0
	}
	w.last = now
	f, rotations := w.step(elapsed)
	for name, resource := range *w.resources.Load() {
		var faded []spanKey
		for key, window := range resource.windows.Load().all() {
			window.tasks.Tick(elapsed, time.Duration(math.Ln2*float64(w.settings.Length)))
			if !window.tick(f, rotations, &w.settings) {
				faded = append(faded, key)
			}
		}
		if len(faded) > 0 {
			w.drop(name, resource, faded)
			expired += len(faded)
		}
	}
	return expired
}

// step returns what a tick at last does to every window when the one before was elapsed ago.
func (w *Windows) step(elapsed time.Duration) (f fading, rotations int) {
	f.keep = 1 << 32
	switch w.settings.Mode {
	case Decay:
		w.dither += golden
		f.dither = w.dither
		f.keep = uint64(math.Exp(-elapsed.Seconds()/w.settings.Length.Seconds()) * (1 << 32))
	case Sliding:
		slice := w.settings.Length / numSlices
		ended := w.last.Sub(w.rotated) / slice
		w.rotated = w.rotated.Add(ended * slice)
		rotations = int(min(ended, numSlices)) // more would rotate empty slices
	}
	return f, rotations
}

// drop removes keys of a resource, and the resource with its last key.
func (w *Windows) drop(name string, resource *resourceWindows, keys []spanKey) {
	w.mu.Lock()
	defer w.mu.Unlock()
	windows := resource.windows.Load().without(keys)
	resource.windows.Store(&windows)
	w.keys.Add(int64(-len(keys)))
	if len(windows) == 0 {
		resources := maps.Clone(*w.resources.Load())
		delete(resources, name)
		w.resources.Store(&resources)
	}
}
