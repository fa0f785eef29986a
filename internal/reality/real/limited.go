// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/runtimelab/otelcol-runtimelab/internal/reality"
)

// runLimited runs the services that lack a CPU.
func runLimited(ctx context.Context, b reality.Bench, only, keep, captures, document string) error {
	name, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	if err := reality.NoLimits(); err != nil {
		fmt.Printf("Left out: %v. go test ./internal/reality judges captures.\n", err)
		return nil
	}
	var results []reality.LimitedResult
	for i := range reality.LimitedServices {
		l := &reality.LimitedServices[i]
		if !name.MatchString(l.Name) || captures != "" && !l.Captured {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s\n", l.Name)
		err := inFolder(keep, l.File(), func(folder string) error {
			run, err := b.RunLimited(ctx, l, folder)
			if err != nil {
				return err
			}
			results = append(results, reality.JudgeLimited(l, run))
			if captures == "" {
				return nil
			}
			requests, err := reality.ReadAll(filepath.Join(folder, reality.RawFile))
			if err != nil {
				return err
			}
			return reality.WriteCapture(filepath.Join(captures, l.File()+".jsonl.gz"), requests)
		})
		if err != nil {
			return err
		}
	}
	if len(results) == 0 {
		return fmt.Errorf("-run %q: no service has such a name", only)
	}
	tables := []reality.Table{reality.Limits(results), reality.Findings(reality.Results(results)), reality.Mistakes(reality.Results(results))}
	for _, table := range tables {
		if err := table.Print(os.Stdout); err != nil {
			return err
		}
		fmt.Println()
	}
	for _, line := range reality.LimitedMisses(results) {
		fmt.Println("below the goals: " + line)
	}
	if document != "" {
		return reality.WriteLimited(document, results)
	}
	return nil
}
