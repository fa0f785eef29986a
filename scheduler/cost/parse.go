// SPDX-License-Identifier: Apache-2.0

package cost

import (
	"bufio"
	_ "embed" // default.yaml, seed.yaml
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

const (
	longest      = sim.Time(time.Second) // a longer primitive is a typing error
	highestSigma = 2.0                   // keeps the latest of draws far from the end of virtual time
)

//go:embed default.yaml
var defaultYAML string

//go:embed seed.yaml
var seedYAML string

// parseDefault reads the default profile, once.
var parseDefault = sync.OnceValue(func() parameters {
	var p parameters
	named, err := p.read(strings.NewReader(defaultYAML))
	for _, key := range keys() {
		if named[key] == 0 {
			err = errors.Join(err, fmt.Errorf("%s: missing", key))
		}
	}
	if err != nil {
		panic(fmt.Sprintf("cost: default.yaml: %v", err))
	}
	return p
})

// Default returns the default profile (default.yaml in this package, with the source of each value).
func Default() Set {
	p := parseDefault()
	return p.set()
}

// Seed returns the profile that reproduces the figures of the document from which the project comes (seed.yaml in this
// package): not how runtimes are today, but how they were told to be.
func Seed() Set {
	set, err := Parse(strings.NewReader(seedYAML))
	if err != nil {
		panic(fmt.Sprintf("cost: seed.yaml: %v", err))
	}
	return set
}

// Parse reads a profile: YAML with one flat key to a line, as in default.yaml. What the file does not name is as in the
// default profile. The error joins one error per mistake, each with line, key, value and what is allowed:
//
//	line 3: tokio.park: "-1us" is not allowed; want a duration from 0s to 1s, such as 700ns
func Parse(r io.Reader) (Set, error) {
	p := parseDefault()
	if _, err := p.read(r); err != nil {
		return Set{}, err
	}
	return p.set(), nil
}

// parameters is what a file says.
type parameters struct {
	tokio, asyncExecutor Profile
	asyncStd, smol       Profile // additions to asyncExecutor
}

func (p *parameters) set() Set {
	return Set{Tokio: p.tokio, AsyncExecutor: p.asyncExecutor, AsyncStd: p.with(&p.asyncStd), Smol: p.with(&p.smol)}
}

// with is the executor's profile with additions.
func (p *parameters) with(added *Profile) Profile {
	sum := p.asyncExecutor
	for _, e := range additions {
		*e.time(&sum) += *e.time(added)
	}
	return sum
}

// sections are the first parts of keys.
var sections = []struct {
	name    string
	profile func(*parameters) *Profile
	entries []entry
}{
	{"tokio", func(p *parameters) *Profile { return &p.tokio }, entries},
	{"async_executor", func(p *parameters) *Profile { return &p.asyncExecutor }, entries},
	{"async_std", func(p *parameters) *Profile { return &p.asyncStd }, additions},
	{"smol", func(p *parameters) *Profile { return &p.smol }, additions},
}

// entry is the rest of a key and the field it sets, which is either a time or a number.
type entry struct {
	name   string
	time   func(*Profile) *sim.Time
	number func(*Profile) *float64
}

var entries = []entry{
	{name: "poll", time: func(p *Profile) *sim.Time { return &p.Poll }},
	{name: "spawn", time: func(p *Profile) *sim.Time { return &p.Spawn }},
	{name: "wake_latency.median", time: func(p *Profile) *sim.Time { return &p.WakeLatency.Median }},
	{name: "finish", time: func(p *Profile) *sim.Time { return &p.Finish }},
	{name: "wake", time: func(p *Profile) *sim.Time { return &p.Wake }},
	{name: "global_pop", time: func(p *Profile) *sim.Time { return &p.GlobalPop }},
	{name: "steal_attempt", time: func(p *Profile) *sim.Time { return &p.StealAttempt }},
	{name: "steal_task", time: func(p *Profile) *sim.Time { return &p.StealTask }},
	{name: "park", time: func(p *Profile) *sim.Time { return &p.Park }},
	{name: "unpark.median", time: func(p *Profile) *sim.Time { return &p.Unpark.Median }},
	{name: "unpark.sigma", number: func(p *Profile) *float64 { return &p.Unpark.Sigma }},
	{name: "unpark_driver.median", time: func(p *Profile) *sim.Time { return &p.UnparkDriver.Median }},
	{name: "unpark_driver.sigma", number: func(p *Profile) *float64 { return &p.UnparkDriver.Sigma }},
	{name: "wake_latency.sigma", number: func(p *Profile) *float64 { return &p.WakeLatency.Sigma }},
	{name: "wake_driver_latency.median", time: func(p *Profile) *sim.Time { return &p.WakeDriverLatency.Median }},
	{name: "wake_driver_latency.sigma", number: func(p *Profile) *float64 { return &p.WakeDriverLatency.Sigma }},
	{name: "thread_start.median", time: func(p *Profile) *sim.Time { return &p.ThreadStart.Median }},
	{name: "thread_start.sigma", number: func(p *Profile) *float64 { return &p.ThreadStart.Sigma }},
	{name: "process_start", time: func(p *Profile) *sim.Time { return &p.ProcessStart }},
	{name: "driver_poll", time: func(p *Profile) *sim.Time { return &p.DriverPoll }},
	{name: "timer_insert", time: func(p *Profile) *sim.Time { return &p.TimerInsert }},
	{name: "timer_overshoot", time: func(p *Profile) *sim.Time { return &p.TimerOvershoot }},
}

// additions are the costs to which async-std and smol may add: poll, spawn and wake_latency.median.
var additions = entries[:3]

// keys lists all keys of a file.
func keys() []string {
	var all []string
	for _, section := range sections {
		for _, e := range section.entries {
			all = append(all, section.name+"."+e.name)
		}
	}
	return all
}

// read sets what a file names. It returns the line of each key.
func (p *parameters) read(r io.Reader) (lines map[string]int, err error) {
	lines = map[string]int{}
	var mistakes []error
	scanner := bufio.NewScanner(r)
	number := 0
	for scanner.Scan() {
		number++
		if err := p.readLine(scanner.Text(), number, lines); err != nil {
			mistakes = append(mistakes, fmt.Errorf("line %d: %w", number, err))
		}
	}
	if err := scanner.Err(); err != nil {
		mistakes = append(mistakes, fmt.Errorf("line %d: %w", number+1, err))
	}
	return lines, errors.Join(mistakes...)
}

// readLine sets what a line says: nothing, a comment, or `key: value`, perhaps with a comment behind it.
func (p *parameters) readLine(text string, number int, lines map[string]int) error {
	if i := commentStart(text); i >= 0 {
		text = text[:i]
	}
	line := strings.TrimRight(text, " \t\r")
	if line == "" || line == "---" && len(lines) == 0 {
		return nil
	}
	key, value, found := strings.Cut(line, ":")
	switch {
	case line[0] == ' ' || line[0] == '\t':
		return fmt.Errorf("%q is indented; want full keys that begin their lines, such as tokio.poll: 60ns", line)
	case !found:
		return fmt.Errorf("%q is no key with a value; want one to a line, such as tokio.poll: 60ns", line)
	case value != "" && value[0] != ' ' && value[0] != '\t':
		return fmt.Errorf("%q has no space behind the colon; want one, such as tokio.poll: 60ns", line)
	case lines[key] != 0:
		return fmt.Errorf("%s: stands in line %d already; want it once", key, lines[key])
	}
	if err := p.assign(key, unquote(strings.TrimSpace(value))); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	lines[key] = number
	return nil
}

// commentStart is the index of the # that begins a comment: the first in the line or behind a space; -1 without one.
func commentStart(line string) int {
	for i := range len(line) {
		if line[i] == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			return i
		}
	}
	return -1
}

// unquote removes YAML's quotes, single or double.
func unquote(s string) string {
	if n := len(s); n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		return s[1 : n-1]
	}
	return s
}

// assign sets one field.
func (p *parameters) assign(key, value string) error {
	sectionName, name, _ := strings.Cut(key, ".")
	var known []string
	for _, section := range sections {
		known = append(known, section.name)
		if section.name != sectionName {
			continue
		}
		var names []string
		for _, e := range section.entries {
			names = append(names, e.name)
			if e.name == name {
				return e.assign(section.profile(p), value)
			}
		}
		return fmt.Errorf("unknown key; want %s. and one of %s", section.name, strings.Join(names, ", "))
	}
	return fmt.Errorf("unknown key; want one of %s, such as tokio.poll", strings.Join(known, ", "))
}

func (e *entry) assign(p *Profile, value string) error {
	if e.number != nil {
		f, err := strconv.ParseFloat(value, 64)
		if err != nil || !(f >= 0 && f <= highestSigma) { // NaN is neither
			return fmt.Errorf("%q is not allowed; want a number from 0 to %g", value, highestSigma)
		}
		*e.number(p) = f
		return nil
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 || sim.Time(d) > longest {
		return fmt.Errorf("%q is not allowed; want a duration from 0s to %v, such as 700ns", value, longest.Duration())
	}
	*e.time(p) = sim.Time(d)
	return nil
}
