// SPDX-License-Identifier: Apache-2.0

package main

import "math"

// basis is what a span costs each role, as sizes are reckoned with: the worst median of all shapes.
type basis struct {
	cpu   [roles]float64 // seconds
	bytes [roles]float64 // sent
}

func (m *measurement) basis(l load) (b basis) {
	for r := range roles {
		b.cpu[r] = m.worst(l, costOf(r)) / 1e6
		if r != verifier {
			b.bytes[r] = m.worst(l, bytesOf(r))
		}
	}
	return b
}

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
	pods := max(1, int(math.Ceil(cpus/busyCPUs)))
	return size{cpus: cpus, pods: pods, memory: float64(pods) * podGiB, network: rate * b.bytes[r] * 8}
}
