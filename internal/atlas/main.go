// SPDX-License-Identifier: Apache-2.0

// Atlas writes docs/atlas.md: what the scenarios of config/atlas say of known losses of the Collector, and what pipelinetest has measured.
//
//	go run ./internal/atlas bin/atlas.json config/atlas > docs/atlas.md
package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

//go:embed head.txt
var head string

//go:embed tail.txt
var tail string

func main() {
	if len(os.Args) != 3 {
		_, _ = fmt.Fprintln(os.Stderr, "usage: atlas REPORT.json FOLDER")
		os.Exit(2)
	}
	if err := write(os.Stdout, os.Args[1], os.Args[2]); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "atlas:", err)
		os.Exit(1)
	}
}

// report is what is read of pipelinetest's.
type report struct {
	Tests []test `json:"tests"`
}

type test struct {
	Scenario string `json:"scenario"`
	Outcome  string `json:"outcome"`
	Want     string `json:"want"`
	Figures  []struct {
		Signal     string
		Sent, Lost uint64
	} `json:"figures"`
	Losses     map[string][]string `json:"losses"`
	LoadVerify struct {
		Verdict string
		Runs    []struct{ Signals []map[string]any }
	} `json:"load_verify"`
}

func write(w io.Writer, path, folder string) error {
	text, err := os.ReadFile(path) //nolint:gosec // G304: it is the user's file
	if err != nil {
		return err
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString(head)
	for _, file := range files {
		if err := section(&b, file, r.Tests); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	b.WriteString("\n" + tail)
	_, err = io.WriteString(w, b.String())
	return err
}

// section writes what a file of scenarios shows.
func section(b *strings.Builder, file string, tests []test) error {
	text, err := os.ReadFile(file) //nolint:gosec // G304: it is the user's file
	if err != nil {
		return err
	}
	var content struct {
		Description string `yaml:"description"`
	}
	if err := yaml.Unmarshal(text, &content); err != nil {
		return err
	}
	name := strings.TrimSuffix(filepath.Base(file), ".yaml")
	what, avoid, _ := strings.Cut(content.Description, "\n  Avoid it:")
	if before, after, found := strings.Cut(content.Description, "\nAvoid it:"); found {
		what, avoid = before, after
	}
	fmt.Fprintf(b, "\n## %s\n\n%s\n", title(name), oneLine(what))
	if avoid != "" {
		fmt.Fprintf(b, "\n**Avoid it:** %s\n", oneLine(avoid))
	}
	fmt.Fprintf(b, "\n| [scenario](../%s) | verdict | lost | came more than once | where |\n| --- | --- | ---: | ---: | --- |\n", filepath.ToSlash(file))
	some := false
	for i := range tests {
		t := &tests[i]
		own, is := strings.CutPrefix(t.Scenario, name+"/")
		if !is {
			continue
		}
		some = true
		if t.Outcome != "passed" {
			return fmt.Errorf("%s: %s: it did not come out as wanted (%s)", t.Scenario, t.Outcome, t.Want)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", own, t.LoadVerify.Verdict, t.lost(), t.copies(), t.where())
	}
	if !some {
		return errors.New("the report has no scenario of it")
	}
	return nil
}

// title is the heading of a section, with the issue that it is about.
func title(name string) string {
	for prefix, repository := range map[string]string{"core-": "opentelemetry-collector", "contrib-": "opentelemetry-collector-contrib"} {
		if number, is := strings.CutPrefix(name, prefix); is {
			return fmt.Sprintf("%s [#%s](https://github.com/open-telemetry/%s/issues/%s)", strings.TrimSuffix(prefix, "-"), number, repository, number)
		}
	}
	return strings.ReplaceAll(name, "-", " ")
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

var items = map[string]string{"traces": "spans", "metrics": "points", "logs": "records"}

// lost is how much is missing of the signals of which something is.
func (t *test) lost() string {
	var said []string
	for _, f := range t.Figures {
		if f.Lost > 0 {
			said = append(said, fmt.Sprintf("%s of %s %s", format.Grouped(f.Lost), format.Grouped(f.Sent), items[f.Signal]))
		}
	}
	return orNone(said)
}

// copies is how much came more than once.
func (t *test) copies() string {
	sums := map[string]uint64{}
	for _, run := range t.LoadVerify.Runs {
		for _, signal := range run.Signals {
			name, _ := signal["signal"].(string)
			if n, is := signal["duplicate"].(float64); is {
				sums[name] += uint64(n)
			}
		}
	}
	var said []string
	for _, name := range []string{"traces", "metrics", "logs"} {
		if sums[name] > 0 {
			said = append(said, format.Grouped(sums[name])+" "+items[name])
		}
	}
	return orNone(said)
}

// count is one in the words of pipelinetest.
var count = regexp.MustCompile(`: (?:<=|>=)?([0-9,]+)`)

// where is where the first signal that lost something lost it: the place whose count is about what is missing.
func (t *test) where() string {
	for _, f := range t.Figures {
		if f.Lost == 0 {
			continue
		}
		for _, place := range t.Losses[f.Signal] {
			for _, match := range count.FindAllStringSubmatch(place, -1) {
				n, err := strconv.ParseUint(strings.ReplaceAll(match[1], ",", ""), 10, 64)
				if err == nil && n >= f.Lost && n <= f.Lost+f.Lost/10+10 { // with end markers
					what, _, _ := strings.Cut(place, ";")
					return what
				}
			}
		}
		return "no part has counted it"
	}
	return ""
}

func orNone(said []string) string {
	if len(said) == 0 {
		return "none"
	}
	return strings.Join(said, "; ")
}
