// SPDX-License-Identifier: Apache-2.0

// Command calibrate makes a profile of this machine for the models: what each primitive of the runtimes costs here. `make calibrate` builds
// what it runs.
//
//	reference/primitives --JSON--> measurements --direct, fit--> cost.Parameters --> measured-<cpu>.yaml
//
// Some primitives are measured by themselves (direct.go). The others are fitted (fit.go): loops of tasks are measured on the real runtimes
// and played by the models (loops.go), and the costs are chosen so that both take as long. runtimesim --cost reads the file, and so does
// the cost of a runtime in synthetic_load.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
)

// options are the command's flags.
type options struct {
	binary, rig, lock, from, requests, keep, out, source string
	rounds                                               int
	each                                                 time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.binary, "primitives", "bin/reference/measure/primitives", "what measures: the built binary of reference/primitives")
	flag.StringVar(&o.lock, "lock", "reference/Cargo.lock", "the lock file it was built with")
	flag.IntVar(&o.rounds, "rounds", 5, "how often it runs")
	flag.DurationVar(&o.each, "each", 300*time.Millisecond, "the time for each figure in a round")
	flag.StringVar(&o.rig, "rig", "bin/rig/measure/rig", "what plays requests: the built binary of reference/rig")
	flag.StringVar(&o.from, "from", "", "read the measurements from this file instead")
	flag.StringVar(&o.requests, "requests", "", "read from this file what the rig did with requests, as make fidelity wrote it, instead of playing them")
	flag.StringVar(&o.keep, "keep", "", "write the measurements to this file, one line of JSON each")
	flag.StringVar(&o.out, "o", "", "the profile to write; without it measured-<cpu>.yaml")
	flag.StringVar(&o.source, "go", "", "write the profile to this file as Go, too: scheduler/cost/default.go makes it the default")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, &o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // stop has nothing left to do: the measuring process has ended
	}
}

func run(ctx context.Context, o *options) error {
	if o.rounds < 1 {
		return fmt.Errorf("-rounds: %d is not allowed; want 1 or more", o.rounds)
	}
	m, err := thisMachine(o.lock)
	if err != nil {
		return err
	}
	ms, err := gather(ctx, o)
	if err != nil {
		return err
	}
	if o.keep != "" {
		if err := keep(ms, o.keep); err != nil {
			return err
		}
	}
	rs, err := o.play(ctx)
	if err != nil {
		return err
	}
	fmt.Println("Fitting")
	r, err := calibrate(ms, rs, cost.DefaultParameters())
	if err != nil {
		return err
	}
	if o.out == "" {
		o.out = m.file()
	}
	fmt.Println(r.summary(ms))
	if missing := r.missing(); o.source != "" && len(missing) > 0 {
		return fmt.Errorf("-go: these costs were not measured, and a default needs them all: %s; want a machine with two CPUs or more that does nothing else",
			strings.Join(missing, ", "))
	}
	now := time.Now()
	if err := writeFile(o.out, func(w io.Writer) error { return r.write(w, m, now, ms) }); err != nil {
		return err
	}
	if o.source != "" {
		if err := writeFile(o.source, func(w io.Writer) error { return r.writeSource(w, m, now) }); err != nil {
			return err
		}
	}
	fmt.Println("The profile is in", o.out)
	return nil
}

// gather measures, or reads what was measured.
func gather(ctx context.Context, o *options) (measurements, error) {
	if o.from == "" {
		return runPrimitives(ctx, o.binary, o.rounds, o.each)
	}
	file, err := os.Open(o.from)
	if err != nil {
		return nil, err
	}
	list, err := readMeasurements(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", o.from, err)
	}
	return merge(list), nil
}

// play has requests played, or reads what became of them. With measurements from a file and no file of requests there are none.
func (o *options) play(ctx context.Context) (*requests, error) {
	switch {
	case o.requests != "":
		return readRequests(o.requests)
	case o.from != "":
		return nil, nil //nolint:nilnil // the loops alone decide then
	}
	fmt.Println("Playing requests")
	return playRequests(ctx, o.rig, o.rounds)
}

// keep writes measurements to a file, in the order of their names.
func keep(ms measurements, name string) error {
	return writeFile(name, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		for _, name := range slices.Sorted(maps.Keys(ms)) {
			if err := encoder.Encode(ms[name]); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeFile makes a file, and closes it.
func writeFile(name string, write func(io.Writer) error) error {
	file, err := os.Create(name) //nolint:gosec // the path is the user's own
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}

// missing are the costs that have a measurement of their own, but not this time.
func (r *result) missing() (keys []string) {
	sources := direct()
	for _, c := range allCosts() {
		if sources[c.name] != nil && r.findings[c.name].open {
			keys = append(keys, c.name)
		}
	}
	return keys
}

// summary says how much of the profile is known.
func (r *result) summary(ms measurements) string {
	open := 0
	for _, f := range r.findings {
		if f.open {
			open++
		}
	}
	close15 := 0
	for _, c := range r.checks {
		if d := c.model/c.measured - 1; d > -0.15 && d < 0.15 {
			close15++
		}
	}
	none := 0
	for _, m := range ms {
		if m.Kept == 0 {
			none++
		}
	}
	text := fmt.Sprintf("%d of %d costs measured or fitted; %d of %d loops within 15 %% in the models", len(r.findings)-open, len(r.findings), close15, len(r.checks))
	if none > 0 {
		text += fmt.Sprintf("; %d of %d figures could not be taken: nothing else should run on the machine meanwhile", none, len(ms))
	}
	return text
}
