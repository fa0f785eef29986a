// SPDX-License-Identifier: Apache-2.0

// Command scale measures what a span costs each part of the chain that deploy/kubernetes/load starts, by how many processes each part has (Linux):
//
//	generators --OTLP/gRPC--> gateways --OTLP/gRPC--> verifiers --states--> pipelinetest merge
//
// A trial starts real Collectors with the very configurations of these manifests. Each has a loopback address and a CPU of its own to run on, and finds the next
// part by a name that resolves to all of its processes, as behind a headless Service. The program watches them from outside, in /proc, for a window of time in
// which the load goes on. Then it stops the generators and lets pipelinetest judge: a trial whose verdict is not PASS does not count.
//
// The files follow a trial: shape.go and pin.go say what is started and where, shipped.go reads the manifests, process.go runs a Collector, reading.go and
// window.go watch, trial.go ties these together and judge.go has the verdict. figures.go, sizing.go and document.go make docs/scale.md of what came out.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	b := bench{}
	flag.StringVar(&b.collector, "collector", "dist/otelcol-runtimelab", "the Collector")
	flag.StringVar(&b.pipelinetest, "pipelinetest", "bin/pipelinetest", "the command that merges states")
	flag.StringVar(&b.manifests, "manifests", "deploy/kubernetes/load", "the folder with the manifests of all parts")
	flag.Float64Var(&b.rate, "rate", 10_000, "spans a second of the whole fleet where it has a fixed rate")
	flag.DurationVar(&b.settle, "settle", 2*time.Second, "time between the first spans and the window")
	flag.DurationVar(&b.window, "window", 6*time.Second, "length of the window that is measured")
	repeats := flag.Int("repeat", 3, "how often the whole matrix is measured")
	file := flag.String("measured", "bin/scale.json", "where the figures of each trial are kept")
	again := flag.Bool("again", false, "measure nothing, and make the tables of what is in -measured")
	document := flag.String("document", "", "write the tables into this document, too: docs/scale.md")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, b, *repeats, *file, *again, *document); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // stop has nothing left to do: run ended every process
	}
}

func run(ctx context.Context, b bench, repeats int, file string, again bool, document string) error {
	if repeats < 1 {
		return fmt.Errorf("-repeat: %d is not allowed; want 1 or more", repeats)
	}
	measured, err := readMeasured(file)
	if !again {
		if measured, err = b.measure(ctx, repeats); err == nil {
			err = writeMeasured(file, measured)
		}
	}
	if err != nil {
		return err
	}
	text, err := tables(measured)
	if err != nil {
		return err
	}
	fmt.Print(text)
	if document == "" {
		return nil
	}
	return writeSection(document, text)
}

// measure plays the whole matrix, once after the other, so that what else the machine does meets all shapes alike.
func (b bench) measure(ctx context.Context, repeats int) (*measurement, error) {
	configs, err := readParts(b.manifests)
	if err != nil {
		return nil, err
	}
	m := &measurement{Machine: thisMachine(), Rate: b.rate, Window: b.window.Seconds()}
	for repeat := range repeats {
		for _, p := range matrix() {
			t, err := b.try(ctx, configs, p)
			if ctx.Err() != nil {
				return nil, errors.Join(err, ctx.Err())
			}
			if err != nil { // nothing is measured where nobody knows that all arrived
				fmt.Fprintf(os.Stderr, "%d %s: left out: %v\n", repeat+1, p, err)
				m.LeftOut++
				continue
			}
			t.Repeat = repeat
			m.Trials = append(m.Trials, *t)
			fmt.Fprintf(os.Stderr, "%d %s: %.0f spans/s; CPU us/span: generator %.2f, gateway %.2f, verifier %.2f\n", repeat+1, p, t.rate(),
				t.Roles[generator].each()*1e6, t.Roles[gateway].each()*1e6, t.Roles[verifier].each()*1e6)
		}
	}
	return m, nil
}
