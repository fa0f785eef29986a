// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// judgement is what became of a run, by the states of its verifiers.
type judgement struct {
	Received  float64   // spans
	States    []float64 // bytes of each
	MergeCPU  float64   // seconds
	MergePeak float64   // bytes
}

// judging is how long the end of a run is awaited.
const judging = time.Minute

// judge waits for the end of the run, as the judge of a cluster does, and then merges its states once more for what that costs.
func judge(ctx context.Context, pipelinetest, folder string, verifiers []*process) (*judgement, error) {
	wait := []string{"merge", "--wait", judging.String()}
	for _, p := range verifiers {
		wait = append(wait, "http://"+p.address+":"+statePort)
	}
	if _, err := merge(ctx, pipelinetest, wait...); err != nil {
		return nil, err
	}
	var j judgement
	report := filepath.Join(folder, "merged.json")
	again := []string{"merge", "--json", report}
	for i, p := range verifiers {
		state, err := p.get(ctx, statePort, "/state")
		if err != nil {
			return nil, err
		}
		file := filepath.Join(folder, strconv.Itoa(i)+".state")
		if err := os.WriteFile(file, state, 0o600); err != nil {
			return nil, err
		}
		j.States, again = append(j.States, float64(len(state))), append(again, file)
	}
	ended, err := merge(ctx, pipelinetest, again...)
	if err != nil {
		return nil, err
	}
	j.MergeCPU = (ended.UserTime() + ended.SystemTime()).Seconds()
	j.MergePeak = peakOfEnded(ended)
	text, err := os.ReadFile(report) //nolint:gosec // G304: what pipelinetest has just written
	if err != nil {
		return nil, err
	}
	return &j, j.count(text)
}

// merge runs pipelinetest, which ends with 0 if the verdict is PASS.
func merge(ctx context.Context, pipelinetest string, args ...string) (*os.ProcessState, error) {
	cmd := exec.CommandContext(ctx, pipelinetest, args...) //nolint:gosec // G204: the command line says which
	var printed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printed, &printed
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("no PASS: %w\n%s", err, printed.String())
	}
	return cmd.ProcessState, nil
}

// count reads how many spans the report has: one run of one signal, without copies.
func (j *judgement) count(report []byte) error {
	var of struct {
		Verdict string
		Runs    []struct {
			Signals []struct{ Received, Duplicate float64 }
		}
	}
	if err := json.Unmarshal(report, &of); err != nil {
		return err
	}
	if of.Verdict != "pass" || len(of.Runs) != 1 || len(of.Runs[0].Signals) != 1 {
		return errors.New("the report has not one run of one signal that passed")
	}
	signal := of.Runs[0].Signals[0]
	if signal.Duplicate > 0 { // the shipped verifiers allow some, but copies cost CPU for no span
		return fmt.Errorf("%.0f spans came twice", signal.Duplicate)
	}
	j.Received = signal.Received
	return nil
}
