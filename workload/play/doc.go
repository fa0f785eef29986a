// SPDX-License-Identifier: Apache-2.0

// Package play plays a fleet of services in virtual time.
//
//	workload.Service --Network.Play--> Instance: arrival 0, 1, 2, ... --Spawn--> scheduler.Runtime
//	                                      |  ^
//	                        call, answer  v  |  operation by weight, work from the arrival's own random stream
//	                                   Network
//
// A [Network] belongs to one simulation. Each [Instance] on it is a process of a service: a runtime, and the requests that arrive at it.
// Nothing happens until the simulation runs, and all of it happens in the goroutine that runs it: the functions of an [Observer] are
// called there too. Nothing here may be called from another goroutine at the same time.
//
// The package stands above packages workload and scheduler. The receiver synthetic_load and the command runtimesim use it.
package play
