// SPDX-License-Identifier: Apache-2.0

// Command real runs the services of reference/ beside the built sidecar, each with its healthy control, and prints how right the findings
// are. With -captures it writes a capture of each service instead. `make real` builds what it runs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"

	"github.com/runtimelab/otelcol-runtimelab/internal/reality"
)

func main() {
	var b reality.Bench
	flag.StringVar(&b.Collector, "collector", "dist/otelcol-runtimelab", "the Collector")
	flag.StringVar(&b.Config, "config", "config/sidecar.yaml", "the sidecar's configuration")
	flag.StringVar(&b.Services, "services", "bin/reference/release", "the folder of the built services")
	only := flag.String("run", "", "only services whose name matches this regular expression")
	keep := flag.String("keep", "", "a folder for what the services sent and what the sidecar made of it")
	captures := flag.String("captures", "", "write captures of the services into this folder, and judge nothing")
	limited := flag.Bool("limited", false, "run the services that lack a CPU")
	document := flag.String("document", "", "write the tables into this document, too: docs/findings.md, and docs/real.md of services that lack a CPU")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	do := func() error { return run(ctx, b, *only, *keep, *captures, *document) }
	if *limited {
		do = func() error { return runLimited(ctx, b, *only, *keep, *captures, *document) }
	}
	if err := do(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // stop has nothing left to do: run ended every process
	}
}

func run(ctx context.Context, b reality.Bench, only, keep, captures, document string) error {
	name, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	var results []reality.Result
	for i := range reality.Services {
		s := &reality.Services[i]
		if !name.MatchString(s.Name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s\n", s.Name)
		if captures != "" {
			if err := capture(ctx, b, s, captures); err != nil {
				return err
			}
			continue
		}
		result := reality.Result{Service: s}
		if result.Run, err = judge(ctx, b, s, false, keep); err != nil {
			return err
		}
		if s.Healthy > 0 {
			if result.Control, err = judge(ctx, b, s, true, keep); err != nil {
				return err
			}
		}
		results = append(results, result)
	}
	if captures != "" {
		return nil
	}
	if len(results) == 0 {
		return fmt.Errorf("-run %q: no service has such a name", only)
	}
	for _, table := range []reality.Table{reality.Findings(results), reality.Health(results), reality.Mistakes(results)} {
		if err := table.Print(os.Stdout); err != nil {
			return err
		}
		fmt.Println()
	}
	for _, line := range append(reality.Misses(results), reality.Unhealthy(results)...) {
		fmt.Println("below the goals: " + line)
	}
	if document != "" {
		return reality.WriteSection(document, results)
	}
	return nil
}

func judge(ctx context.Context, b reality.Bench, s *reality.Service, healthy bool, keep string) (*reality.Judgement, error) {
	var spans []reality.Span
	name := s.File()
	if healthy {
		name += "-healthy"
	}
	err := inFolder(keep, name, func(folder string) (err error) {
		spans, err = b.Run(ctx, s, healthy, folder)
		return err
	})
	if err != nil {
		return nil, err
	}
	return reality.Judge(spans, s.Named), nil
}

func capture(ctx context.Context, b reality.Bench, s *reality.Service, captures string) error {
	runs := []struct {
		name    string
		healthy bool
	}{{s.File(), false}, {s.File() + "-healthy", true}}
	for _, run := range runs {
		if run.healthy && s.Healthy == 0 {
			continue
		}
		err := inFolder("", "", func(folder string) error {
			if _, err := b.Run(ctx, s, run.healthy, folder); err != nil {
				return err
			}
			requests, err := reality.ReadAll(filepath.Join(folder, reality.RawFile))
			if err != nil {
				return err
			}
			return reality.WriteCapture(filepath.Join(captures, run.name+".jsonl.gz"), requests)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// inFolder gives a folder: one that is removed, unless somebody wants to keep it.
func inFolder(keep, name string, do func(string) error) (err error) {
	folder := filepath.Join(keep, name)
	if keep == "" {
		if folder, err = os.MkdirTemp("", "real-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	} else if err = errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o750)); err != nil {
		return err
	}
	return do(folder)
}
