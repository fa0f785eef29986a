// SPDX-License-Identifier: Apache-2.0

// Package cputime keeps what the kernel said of a process lately: for how long its threads were on a CPU, and for how long they were
// runnable without one, in intervals between two looks.
//
//	metrics ──► History.Add ──► Recent (replaced, never changed) ──► Recent.Of ◄── spans
//
// An interval is a second long, as a rule, a span milliseconds. So this tells how much CPU was missing at that time, not for whom: package
// explain puts that together with what the spans of the process say. Times are those of the service's machine, in nanoseconds since 1970.
package cputime
