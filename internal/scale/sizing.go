// SPDX-License-Identifier: Apache-2.0

package main

import "math"

// basis is what sizes are reckoned with: the worst of what was measured.
type basis struct {
	cpu   [roles]float64 // seconds for a span
	bytes [roles]float64 // sent for a span
	alone float64        // spans a second that one generator makes at most. 0: as many as its CPU can
}

// basis is that of a load, whatever the length of its slices, and whether generators wait.
func (m *measurement) basis(l load) (b basis) {
	short, queued := l, l
	short.Short = true
	queued.Short, queued.Queued = true, true
	for _, l := range []load{l, short, queued} {
		for r := range roles {
			b.cpu[r] = max(b.cpu[r], m.worst(l, costOf(r))/1e6)
			b.bytes[r] = max(b.bytes[r], m.worst(l, bytesOf(r)))
		}
	}
	b.bytes[verifier] = 0 // it sends nothing but answers
	return b
}

// waits is the basis of generators that wait for the answer to each request. How many spans such a generator makes does not depend on its CPU alone: requests of a
// large fleet are small, since its slices are short.
func (m *measurement) waits(l load, rate float64) basis {
	b := m.basis(l)
	l.Short = rate >= largeFleet
	if alone, ok := m.spread(plan{base, l}, (*trial).rate); ok {
		b.alone = alone.median
	}
	return b
}

// largeFleet is from how many spans a second on a request has little more than one export of one process: a slice of such a fleet is 8 ms or less.
const largeFleet = 1e6

// What a pod has, in the manifests: two CPUs, of which it is to use one, and so much memory.
const (
	busyCPUs = 1.0
	podGiB   = 500.0 / 1024
)

// size is what one role needs for a rate.
type size struct {
	cpus    float64 // that are busy
	pods    int
	memory  float64 // GiB: the limits of all pods
	network float64 // bits a second that it sends
}

// size is how much a rate of spans a second takes.
func (b basis) size(r role, rate float64) size {
	cpus := rate * b.cpu[r]
	pods := math.Ceil(cpus / busyCPUs)
	if r == generator && b.alone > 0 {
		pods = max(pods, math.Ceil(rate/b.alone))
	}
	return size{cpus: cpus, pods: int(pods), memory: pods * podGiB, network: rate * b.bytes[r] * 8}
}
