// SPDX-License-Identifier: Apache-2.0

package cost

import (
	"fmt"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

const (
	// Longest bounds a time of Parameters: a longer primitive is a typing error.
	Longest = sim.Time(time.Second)
	// HighestSigma bounds a sigma. It keeps the latest of draws far from the end of virtual time.
	HighestSigma = 2.0
)

// Parameters are what a profile is made of: the costs of two executors, and what async-std and smol add to theirs.
type Parameters struct {
	Tokio, AsyncExecutor Profile
	// AsyncStd and Smol are added to AsyncExecutor: Poll, Spawn and the median of WakeLatency count. Hop.Channel and Hop.Wait of AsyncStd
	// count instead of the executor's, because async-std has an older crate for its channels.
	AsyncStd, Smol Profile
}

// Set is the costs of all runtimes.
func (p *Parameters) Set() Set {
	s := Set{Tokio: p.Tokio, AsyncExecutor: p.AsyncExecutor, AsyncStd: p.with(&p.AsyncStd), Smol: p.with(&p.Smol)}
	for _, k := range channels {
		*k.Time(&s.AsyncStd) = *k.Time(&p.AsyncStd)
	}
	return s
}

// with is the executor's profile with additions.
func (p *Parameters) with(added *Profile) Profile {
	sum := p.AsyncExecutor
	for _, k := range additions {
		*k.Time(&sum) += *k.Time(added)
	}
	return sum
}

// Check returns which cost is negative, or longer than a primitive and what is added to it can take.
func (p Profile) Check() error {
	for _, k := range profileKeys {
		if k.Number != nil {
			if f := *k.Number(&p); !(f >= 0 && f <= HighestSigma) { // NaN is neither
				return fmt.Errorf("%s: %g is not allowed; want a number from 0 to %g", k.Name, f, HighestSigma)
			}
			continue
		}
		if d := *k.Time(&p); d < 0 || d > 2*Longest {
			return fmt.Errorf("%s: %v is not allowed; want a duration from 0s to %v", k.Name, d.Duration(), (2 * Longest).Duration())
		}
	}
	return nil
}

// Section is a part of Parameters, by the first word of its keys in a file.
type Section struct {
	Name    string
	Profile func(*Parameters) *Profile
	Keys    []Key
}

// Sections are the parts of Parameters. Each cost has a key. The caller must not change the keys.
func Sections() []Section {
	return []Section{
		{"tokio", func(p *Parameters) *Profile { return &p.Tokio }, profileKeys},
		{"async_executor", func(p *Parameters) *Profile { return &p.AsyncExecutor }, profileKeys},
		{"async_std", func(p *Parameters) *Profile { return &p.AsyncStd }, profileKeys[:5]},
		{"smol", func(p *Parameters) *Profile { return &p.Smol }, additions},
	}
}

// Key is the rest of a key and the field that it names, which is either a time or a number.
type Key struct {
	Name   string
	Time   func(*Profile) *sim.Time
	Number func(*Profile) *float64
}

var profileKeys = []Key{
	{Name: "poll", Time: func(p *Profile) *sim.Time { return &p.Poll }},
	{Name: "spawn", Time: func(p *Profile) *sim.Time { return &p.Spawn }},
	{Name: "wake_latency.median", Time: func(p *Profile) *sim.Time { return &p.WakeLatency.Median }},
	{Name: "hop.channel", Time: func(p *Profile) *sim.Time { return &p.Hop.Channel }},
	{Name: "hop.wait", Time: func(p *Profile) *sim.Time { return &p.Hop.Wait }},
	{Name: "finish", Time: func(p *Profile) *sim.Time { return &p.Finish }},
	{Name: "wake", Time: func(p *Profile) *sim.Time { return &p.Wake }},
	{Name: "hop.lock", Time: func(p *Profile) *sim.Time { return &p.Hop.Lock }},
	{Name: "hop.join", Time: func(p *Profile) *sim.Time { return &p.Hop.Join }},
	{Name: "migration", Time: func(p *Profile) *sim.Time { return &p.Migration }},
	{Name: "contention", Time: func(p *Profile) *sim.Time { return &p.Contention }},
	{Name: "global_push", Time: func(p *Profile) *sim.Time { return &p.GlobalPush }},
	{Name: "global_pop", Time: func(p *Profile) *sim.Time { return &p.GlobalPop }},
	{Name: "steal_attempt", Time: func(p *Profile) *sim.Time { return &p.StealAttempt }},
	{Name: "steal_task", Time: func(p *Profile) *sim.Time { return &p.StealTask }},
	{Name: "park", Time: func(p *Profile) *sim.Time { return &p.Park }},
	{Name: "unpark.median", Time: func(p *Profile) *sim.Time { return &p.Unpark.Median }},
	{Name: "unpark.sigma", Number: func(p *Profile) *float64 { return &p.Unpark.Sigma }},
	{Name: "unpark_driver.median", Time: func(p *Profile) *sim.Time { return &p.UnparkDriver.Median }},
	{Name: "unpark_driver.sigma", Number: func(p *Profile) *float64 { return &p.UnparkDriver.Sigma }},
	{Name: "wake_latency.sigma", Number: func(p *Profile) *float64 { return &p.WakeLatency.Sigma }},
	{Name: "wake_driver_latency.median", Time: func(p *Profile) *sim.Time { return &p.WakeDriverLatency.Median }},
	{Name: "wake_driver_latency.sigma", Number: func(p *Profile) *float64 { return &p.WakeDriverLatency.Sigma }},
	{Name: "deep_sleep.after", Time: func(p *Profile) *sim.Time { return &p.DeepSleep.After }},
	{Name: "deep_sleep.latency", Time: func(p *Profile) *sim.Time { return &p.DeepSleep.Latency }},
	{Name: "thread_start.median", Time: func(p *Profile) *sim.Time { return &p.ThreadStart.Median }},
	{Name: "thread_start.sigma", Number: func(p *Profile) *float64 { return &p.ThreadStart.Sigma }},
	{Name: "blocking_submit", Time: func(p *Profile) *sim.Time { return &p.BlockingSubmit }},
	{Name: "thread_create", Time: func(p *Profile) *sim.Time { return &p.ThreadCreate }},
	{Name: "process_start", Time: func(p *Profile) *sim.Time { return &p.ProcessStart }},
	{Name: "driver_poll", Time: func(p *Profile) *sim.Time { return &p.DriverPoll }},
	{Name: "timer_insert", Time: func(p *Profile) *sim.Time { return &p.TimerInsert }},
	{Name: "timer_overshoot", Time: func(p *Profile) *sim.Time { return &p.TimerOvershoot }},
}

// additions are what async-std and smol may add: poll, spawn and wake_latency.median.
var additions = profileKeys[:3]

// channels are what async-std has instead: hop.channel and hop.wait.
var channels = profileKeys[3:5]
