// SPDX-License-Identifier: Apache-2.0

// Package rig runs plans on real runtimes, by the rig of reference/, and reads what it has seen.
//
// A run is disturbed if something other than the runtime decided its times: its threads waited for a CPU that another process had, or a
// hypervisor took CPUs away. Nobody judges a model by such a run.
package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/cpuquota"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/plan"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Result is what happened to a plan. Times count from the start of the process.
type Result struct {
	Versions map[string]string
	Requests []Request
	Counters map[string]uint64 // of Tokio
	Threads  []Thread          // of the runtime
	Wall     sim.Time
	Others   sim.Time // that other processes ran, on all CPUs
	Stolen   float64  // share of the CPUs' time that a hypervisor took
	Quota    *Quota   // nil: there was none
	Polls    []Poller
	// RecordedPolls counts the polls of all tasks, if they were recorded.
	RecordedPolls uint64 `json:"recorded_polls"`
	LostPolls     uint64 `json:"lost_polls"`
}

// Quota is what cpu.stat counted from just before the first request to the end of the last one.
type Quota struct {
	Periods, Throttled uint64
	Time               sim.Time // throttled, of all CPUs
	Began              sim.Time // a period, before the first request
}

// Request is a request's own task, without those that it spawned.
type Request struct {
	Spawned, FirstPoll, End sim.Time
	Wait                    sim.Time // runnable and not polled; before the first poll only if polls were not recorded
	Polls                   uint64   // 0 likewise
}

// UnmarshalJSON reads the five numbers of a request.
func (r *Request) UnmarshalJSON(text []byte) error {
	var n [5]int64
	err := json.Unmarshal(text, &n)
	*r = Request{sim.Time(n[0]), sim.Time(n[1]), sim.Time(n[2]), sim.Time(n[3]), uint64(max(n[4], 0))}
	return err
}

// Thread is a thread with the kernel's account of it.
type Thread struct {
	Name   string
	Ran    sim.Time
	Waited sim.Time // runnable, without a CPU
}

// Poller is the polls of one thread, in their order.
type Poller struct {
	Thread string
	Polls  []Poll
}

// Poll is one poll.
type Poll struct {
	Task               uint64 // from 1, in the order of spawning
	Queued, Start, End sim.Time
	Ready              bool
}

// UnmarshalJSON reads the five numbers of a poll.
func (p *Poll) UnmarshalJSON(text []byte) error {
	var n [5]int64
	err := json.Unmarshal(text, &n)
	*p = Poll{uint64(max(n[0], 0)), sim.Time(n[1]), sim.Time(n[2]), sim.Time(n[3]), n[4] == 1}
	return err
}

const (
	mostWaited = 0.03 // share of the run that a thread waited for other processes
	mostOthers = 0.02 // share of the CPUs' time that other processes ran, beside a quota
	mostStolen = 0.01 // share of the CPUs' time
)

// Disturbed says why the run says nothing about the runtime; empty: it does.
func (r *Result) Disturbed() string {
	if r.Stolen > mostStolen {
		return fmt.Sprintf("a hypervisor took %.1f %% of the CPUs' time", 100*r.Stolen)
	}
	if r.Quota != nil { // its threads wait for the quota
		if share := float64(r.Others) / float64(max(r.Wall, 1)*sim.Time(runtime.NumCPU())); share > mostOthers {
			return fmt.Sprintf("other processes ran for %.1f %% of the CPUs' time", 100*share)
		}
		return ""
	}
	for _, t := range r.Threads {
		// A thread also waits for the threads of its own process, if there are more of them than CPUs. That belongs to the workload.
		if share := float64(min(t.Waited, r.Others)) / float64(max(r.Wall, 1)); share > mostWaited {
			return fmt.Sprintf("thread %s waited for a CPU, up to %.1f %% of the time for other processes", t.Name, 100*share)
		}
	}
	return ""
}

// longest bounds a run that hangs.
const longest = 2 * time.Minute

// Run plays a plan on the binary of the rig.
func Run(ctx context.Context, binary string, p *plan.Plan) (*Result, error) {
	return run(ctx, p, func(ctx context.Context, file string) *exec.Cmd {
		return exec.CommandContext(ctx, binary, file) //nolint:gosec // G204: the binary that the user has built
	})
}

// RunUnder plays a plan whose runtime has a CPU quota. The clients have none.
func RunUnder(ctx context.Context, quota *cpuquota.Group, binary string, p *plan.Plan) (*Result, error) {
	result, err := run(ctx, p, func(ctx context.Context, file string) *exec.Cmd { return quota.Command(ctx, binary, file) })
	if err == nil && result.Quota == nil {
		return nil, errors.New("the rig knows nothing of the quota: build it again")
	}
	return result, err
}

func run(ctx context.Context, p *plan.Plan, start func(context.Context, string) *exec.Cmd) (*Result, error) {
	file, err := os.CreateTemp("", "plan-*.jsonl")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	if err := errors.Join(p.Write(file), file.Close()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	var problems bytes.Buffer
	command := start(ctx, file.Name())
	command.Stderr = &problems
	text, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("the rig on %s: %w: %s", p.Runtime, errors.Join(err, ctx.Err()), strings.TrimSpace(problems.String()))
	}
	result := &Result{}
	if err := json.Unmarshal(text, result); err != nil {
		return nil, fmt.Errorf("what the rig printed: %w", err)
	}
	if result.LostPolls > 0 {
		return nil, fmt.Errorf("the rig on %s had no room for %d polls", p.Runtime, result.LostPolls)
	}
	return result, nil
}
