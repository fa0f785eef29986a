// SPDX-License-Identifier: Apache-2.0

// Package matrix names what the models are held against, before anybody compares: matrix.yaml, a row for each figure of each workload on
// each runtime; and matrix-quota.yaml, the same under CPU quotas.
//
// Package matrix is built on package workload/spec, whose notation of services the file has.
package matrix

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

//go:embed matrix.yaml
var text []byte

//go:embed matrix-quota.yaml
var quotaText []byte

// Matrix is the file.
type Matrix struct {
	Seed uint64
	// Cells in the order of the file: all runtimes of a workload together.
	Cells []Cell
}

// Cell is a workload on a runtime.
type Cell struct {
	Workload *Workload
	Runtime  string
	Bound    bool       // each of its threads to a CPU
	Quota    host.Quota // zero: none
	Service  *workload.Service
}

// Name of the cell, for a regular expression.
func (c *Cell) Name() string { return c.Workload.Name + "/" + c.Runtime }

// Workload is a workload of the file.
type Workload struct {
	Name          string
	Class         string
	HeldOut       bool   `yaml:"held_out"`
	Fitted        string // the figure to which costs are fitted
	Bare          bool
	BlockOn       bool    `yaml:"block_on"`
	RatePerWorker bool    `yaml:"rate_per_worker"`
	RatePerCPU    float64 `yaml:"rate_per_cpu"`
	SizePerCPU    float64 `yaml:"size_per_cpu"`
	Seconds       float64 // instead of Requests
	Requests      int
	Per           int
	Added         string
	Only, Except  Selection
	Arrivals      map[string]any
	Connections   map[string]any
	Burst         *Burst
	Steps         []any
	Chain         int // instead of steps: a task that spawns one that spawns one, so many times
	Operations    []any
	Figures       []string // of its class

	quota host.Quota // zero: none
}

// Plays says what the workload plays, as JSON: its arrivals and its steps.
func (w *Workload) Plays() string {
	said := map[string]any{}
	for key, value := range map[string]any{"arrivals": w.Arrivals, "operations": w.Operations, "steps": w.Steps, "connections": w.Connections} {
		if v := reflect.ValueOf(value); v.IsValid() && !v.IsZero() {
			said[key] = value
		}
	}
	if w.Burst != nil {
		said["burst"] = map[string]any{"size": w.Burst.Size, "every": w.Burst.Every.String()}
		if w.SizePerCPU > 0 {
			said["burst"] = map[string]any{"size_per_cpu": w.SizePerCPU, "every": w.Burst.Every.String()}
		}
	}
	if w.RatePerWorker {
		said["rate_per_worker"] = true
	}
	if w.RatePerCPU > 0 {
		said["rate_per_cpu"] = w.RatePerCPU
	}
	if w.Chain > 0 {
		said["chain"] = w.Chain
	}
	text, err := json.Marshal(said)
	if err != nil {
		panic("matrix: " + err.Error()) // TestMatrix reads them all
	}
	return string(text)
}

// Selection is some of the runtimes, and why those.
type Selection struct {
	Runtimes []string
	Reason   string
}

// Burst is requests that come together.
type Burst struct {
	Size  int
	Every time.Duration
}

type file struct {
	Seed      uint64
	Quotas    []quota
	Runtimes  yaml.Node // a map, whose order counts
	Classes   map[string][]string
	Workloads []*Workload
}

// Read reads the matrix.
func Read() (*Matrix, error) { return parse(text) }

// ReadQuota reads the matrix of workloads under CPU quotas.
func ReadQuota() (*Matrix, error) { return parse(quotaText) }

func parse(text []byte) (*Matrix, error) {
	var f file
	if err := yaml.Unmarshal(text, &f); err != nil {
		return nil, err
	}
	m := &Matrix{Seed: f.Seed}
	var mistakes []error
	seen := map[string]bool{}
	for _, w := range under(f.Quotas, f.Workloads) {
		first := !seen[w.Class]
		seen[w.Class] = true
		if w.Figures = f.Classes[w.Class]; w.Figures == nil {
			mistakes = append(mistakes, fmt.Errorf("%s: class: %q is none of the classes", w.Name, w.Class))
			continue
		}
		for i := 0; i < len(f.Runtimes.Content); i += 2 {
			name := f.Runtimes.Content[i].Value
			if slices.Contains(w.Except.Runtimes, name) || (len(w.Only.Runtimes) > 0 && !slices.Contains(w.Only.Runtimes, name)) {
				continue
			}
			runtime := map[string]any{}
			if err := f.Runtimes.Content[i+1].Decode(&runtime); err != nil {
				return nil, err
			}
			if runtime["first"] == true && !first || runtime["document"] == true && !w.BlockOn {
				continue
			}
			bound := runtime["bound"] == true
			for _, key := range []string{"first", "document", "bound"} {
				delete(runtime, key)
			}
			cell, err := w.on(name, runtime, f.Seed)
			if err != nil {
				mistakes = append(mistakes, fmt.Errorf("%s on %s: %w", w.Name, name, err))
				continue
			}
			cell.Bound = bound
			m.Cells = append(m.Cells, cell)
		}
	}
	return m, errors.Join(mistakes...)
}

// on is the workload on a runtime.
func (w *Workload) on(name string, runtime map[string]any, seed uint64) (Cell, error) {
	operations := w.Operations
	if len(operations) == 0 {
		steps := w.Steps
		if w.Chain > 0 {
			steps = chain(w.Chain)
		}
		operations = []any{map[string]any{"name": "request", "steps": steps, "block_on": w.BlockOn}}
	}
	arrivals := w.Arrivals
	if w.Burst != nil { // replaced below
		arrivals = map[string]any{"process": "constant", "rate": 1}
	}
	if w.RatePerCPU > 0 { // multiplied below
		arrivals = maps.Clone(arrivals)
		arrivals["rate"] = w.RatePerCPU
	}
	tree := map[string]any{
		"name": w.Name, "seed": seed, "runtime": runtime, "arrivals": arrivals, "operations": operations,
	}
	if w.Connections != nil {
		tree["connections"] = w.Connections
	}
	services, err := spec.Decode([]any{tree})
	if err != nil {
		return Cell{}, err
	}
	service := services[0]
	service.MaxInFlight = 0
	if w.quota.CPUs > 0 {
		return w.underQuota(name, service)
	}
	if w.Burst != nil {
		service.Arrivals = w.Burst.arrivals(w.Requests)
	}
	if w.RatePerWorker {
		poisson, ok := service.Arrivals.(arrive.Poisson)
		if !ok {
			return Cell{}, errors.New("rate_per_worker: wants Poisson arrivals")
		}
		poisson.Rate *= float64(service.Runtime.Workers)
		service.Arrivals = poisson
	}
	return Cell{Workload: w, Runtime: name, Service: service}, nil
}

// Requests of a run: as long a run on two workers as on one.
func (c *Cell) Requests() int {
	if c.Workload.RatePerWorker {
		return c.Workload.Requests * c.Service.Runtime.Workers
	}
	return c.Workload.Requests
}

func (b *Burst) arrivals(requests int) arrive.Process {
	gaps := make([]sim.Time, requests)
	for i := range gaps {
		if i%b.Size == 0 {
			gaps[i] = sim.Time(b.Every)
		}
	}
	return &arrive.Replay{Gaps: gaps}
}

func chain(length int) []any {
	steps := []any{map[string]any{"compute": "1ns"}}
	for range length {
		steps = []any{map[string]any{"spawn": map[string]any{"steps": steps}}, "join"}
	}
	return steps
}
