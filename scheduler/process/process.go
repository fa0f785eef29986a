// SPDX-License-Identifier: Apache-2.0

// Package process is what the runtimes of one process share: the CPUs of its machine, its async mutexes and its bounded channels.
//
//	        Process{Host, mutexes, channels}
//	          ^                        ^
//	tokio.Config.Process      smol.Config.Process
//
// A program that starts two runtimes gives both the same Process. A task of one runtime may then wait for a mutex that a task of the
// other holds: the unlock wakes the waiting task by [Waking], on a thread of the runtime that unlocks. A runtime whose Config has no
// Process makes one for itself.
//
// Mutexes and channels are numbered from 0, as the steps of a program name them, and exist from their first use. Each follows the rules
// of a [Crate]: that of the runtime which used it first, whichever runtimes use it later. The methods that the models call take no
// virtual time.
//
// The files: mutex.go and channel.go are the objects, each by the rules of both crates (schedulers.md 1.16 and 4.5); waiters.go is who
// waits for them.
//
// Package process is built on packages scheduler and host. The engine, package internal/task, takes mutexes and channels from a Process;
// the models take its Host; package workload/play makes one Process for each process of the fleet.
package process

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
)

// Process is one process. The zero value is ready to use: a process whose threads have a CPU each. A Process must not be copied
// after its first use, and belongs to one simulation.
type Process struct {
	// Host is the machine; nil: there is a CPU for each thread.
	Host *host.Host

	mutexes  []Mutex
	channels []Channel
}

// Mutex is the async mutex of a number. The pointer is valid until the next call of Mutex.
func (p *Process) Mutex(number int) *Mutex { return grow(&p.mutexes, number) }

// Channel is the bounded channel of a number. The pointer is valid until the next call of Channel.
func (p *Process) Channel(number int) *Channel { return grow(&p.channels, number) }

// grow returns the object of a number, after making room for it.
func grow[T any](objects *[]T, number int) *T {
	for len(*objects) <= number {
		*objects = append(*objects, *new(T))
	}
	return &(*objects)[number]
}
