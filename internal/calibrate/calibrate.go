// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
)

// result is a calibrated profile and what is known about each of its costs.
type result struct {
	parameters cost.Parameters
	findings   map[string]finding // by the full key
	checks     []check
}

// check compares a loop that was measured with what the models make of it with the calibrated costs.
type check struct {
	name                string
	measured, low, high float64
	model               float64
	fitted              bool // costs were fitted to it
}

// stage is a fit of the costs of a section, by the loops of some benches or by requests to some runtimes.
type stage struct {
	section  string
	benches  []string
	runtimes []string
	// again are the costs that requests fit again.
	again []string
}

// tolerance: loops are precise; requests come out otherwise each time.
func (s *stage) tolerance() float64 {
	if s.runtimes != nil {
		return 0.1
	}
	return 0.02
}

// stages are in this order because each takes the costs of those before as given: async-std and smol add to async-executor, and with two
// workers costs join in that one worker does not have.
func stages() []stage {
	return []stage{
		{section: "tokio", benches: []string{"tokio", "current_thread"}},
		{section: "async_executor", benches: []string{"executor"}},
		{section: "async_std", benches: []string{"async_std"}},
		{section: "smol", benches: []string{"smol"}},
		{section: "tokio", benches: []string{"tokio2"}},
		{section: "async_executor", benches: []string{"executor2"}},
		{section: "tokio", runtimes: []string{"tokio1", "current_thread"}, again: ofEachWorker},
		{section: "async_executor", runtimes: []string{"smol1", "async_std1"}, again: ofEachWorker},
		{section: "async_std", runtimes: []string{"async_std1"}, again: additions},
		{section: "tokio", runtimes: []string{"tokio2"}, again: ofTwoWorkers},
		{section: "async_executor", runtimes: []string{"smol2", "async_std2"}, again: ofTwoWorkers},
	}
}

// ofEachWorker are the costs that are higher where a worker has slept and tasks are large, but for those of several workers.
var ofEachWorker = []string{
	"poll", "spawn", "finish", "wake", "hop.channel", "hop.wait", "hop.lock", "hop.join", "driver_poll", "wake_driver_latency.median",
	"deep_sleep.latency", "blocking_submit",
}

// additions are what async-std adds.
var additions = []string{"poll", "spawn", "hop.channel", "hop.wait"}

// ofTwoWorkers are the costs that only several workers pay.
var ofTwoWorkers = []string{"migration", "contention"}

// calibrate makes a profile of what was measured, from the values to begin with. Without requests, the loops alone decide.
func calibrate(ms measurements, rs *requests, initial cost.Parameters) (*result, error) {
	r := &result{parameters: initial, findings: map[string]finding{}}
	sources := direct()
	for _, c := range allCosts() {
		if s := sources[c.name]; s != nil {
			if f, ok := s(ms); ok {
				c.set(&r.parameters, f.value)
				r.findings[c.name] = f
			}
		}
	}
	for _, s := range stages() {
		equations := slices.DeleteFunc(equationsOf(ms, s.benches), func(e equation) bool { return e.latency })
		equations = append(equations, rs.equations(s.runtimes)...)
		var unknowns []costKey
		for _, c := range allCosts() {
			_, known := r.findings[c.name]
			open := !known && sources[c.name] == nil
			if s.runtimes != nil {
				open = slices.Contains(s.again, c.key.Name)
			}
			if c.section.Name == s.section && c.key.Time != nil && open {
				unknowns = append(unknowns, c)
			}
		}
		estimates, err := fit(unknowns, equations, s.tolerance(), &r.parameters)
		if err != nil {
			return nil, err
		}
		for _, e := range estimates {
			how := "fitted to " + strings.Join(e.from, ", ")
			if s.runtimes != nil {
				how = "fitted to requests: " + strings.Join(workloads(e.from), ", ")
				if before, again := r.findings[e.name]; again {
					how += fmt.Sprintf("; %s before, %s", duration(before.value), before.how)
				}
			}
			r.findings[e.name] = finding{value: e.value, low: e.low, high: e.high, how: how}
		}
	}
	for _, c := range allCosts() {
		if _, known := r.findings[c.name]; !known {
			r.findings[c.name] = finding{value: c.get(&r.parameters), how: unmeasured(c.name, sources[c.name] != nil), open: true}
		}
	}
	if err := r.check(ms, rs); err != nil {
		return nil, err
	}
	p := r.parameters.Set()
	for _, profile := range []cost.Profile{p.Tokio, p.AsyncExecutor, p.AsyncStd, p.Smol} {
		if err := profile.Check(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// workloads are those of equations such as requests/light/tokio1, each once.
func workloads(equations []string) (names []string) {
	for _, e := range equations {
		if name := strings.Split(e, "/")[1]; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// equationsOf are the loops of some benches that were measured, in the order of their names.
func equationsOf(ms measurements, names []string) (list []equation) {
	all := loops()
	for _, b := range benches() {
		if !slices.Contains(names, b.name) {
			continue
		}
		for name, l := range all {
			if m, ok := ms.get(b.name + "/" + name); ok && m.Median > 0 {
				list = append(list, equation{name: m.Name, measured: m, latency: l.latency, time: func(p *cost.Parameters) (float64, error) { return b.play(name, l, p) }})
			}
		}
	}
	slices.SortFunc(list, func(a, b equation) int { return strings.Compare(a.name, b.name) })
	return list
}

// play runs a loop with the costs of the bench's runtime.
func (b *bench) play(name string, l loop, p *cost.Parameters) (float64, error) {
	q := *p
	if strings.HasPrefix(b.name, "executor") { // by itself, without what smol adds
		q.Smol = cost.Profile{}
	}
	set := q.Set()
	var took []float64
	for seed := range b.seeds(l) {
		t, err := b.run(l, &set, uint64(seed)+1)
		if err != nil {
			return 0, fmt.Errorf("%s/%s: %w", b.name, name, err)
		}
		took = append(took, t)
	}
	if l.latency {
		return median(took), nil
	}
	return mean(took), nil
}

// seeds is how often a loop is played, each time with other random choices: of workers that look for work, and of latencies.
func (b *bench) seeds(l loop) int {
	switch {
	case l.latency:
		return 99
	case b.two:
		return 5
	default:
		return 1
	}
}

// check plays every loop and all requests once more.
func (r *result) check(ms measurements, rs *requests) error {
	var equations []equation
	for _, b := range benches() {
		equations = append(equations, equationsOf(ms, []string{b.name})...)
	}
	for _, s := range stages() {
		for _, e := range rs.equations(s.runtimes) {
			if !slices.ContainsFunc(equations, func(have equation) bool { return have.name == e.name }) {
				equations = append(equations, e)
			}
		}
	}
	for _, e := range equations {
		t, err := e.time(&r.parameters)
		if err != nil {
			return err
		}
		r.checks = append(r.checks, check{e.name, e.measured.Median, e.measured.Low, e.measured.High, t, !e.latency})
	}
	return nil
}
