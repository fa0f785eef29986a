// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"
)

// bench is what is run, and for how long.
type bench struct {
	collector, pipelinetest, manifests string
	rate                               float64
	settle, window                     time.Duration
}

// trial is what one run has shown.
type trial struct {
	Plan    plan
	Repeat  int
	Seconds float64 // length of the window
	Roles   [roles]usage
	Judge   judgement
}

// rate is how many spans a second the verifiers took.
func (t *trial) rate() float64 { return t.Roles[verifier].Spans / t.Seconds }

// running is a trial that goes on.
type running struct {
	bench
	plan   plan
	folder string
	run    string
	parts  parts
	cpus   [roles][]int
	all    [roles][]*process
}

// try makes a trial.
func (b bench) try(ctx context.Context, configs parts, p plan) (t *trial, err error) {
	folder, err := os.MkdirTemp("", "scale")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	r := &running{bench: b, plan: p, folder: folder, run: filepath.Base(folder), parts: configs, cpus: pin(p.Shape, runtime.NumCPU())}
	defer func() { err = errors.Join(err, r.stopAll()) }()
	if err = os.WriteFile(r.hosts(), []byte(hosts(p.Shape)), 0o600); err != nil {
		return nil, err
	}
	for _, role := range []role{verifier, gateway, generator} { // who is sent to before who sends, as the manifests have it
		if err = r.start(ctx, role); err != nil {
			return nil, err
		}
	}
	if err = r.waitSpans(ctx); err != nil {
		return nil, err
	}
	if err = sleep(ctx, b.settle); err != nil {
		return nil, err
	}
	t = &trial{Plan: p}
	if t.Roles, t.Seconds, err = watch(ctx, r.all, b.window); err != nil {
		return nil, err
	}
	if err = r.stop(generator); err != nil {
		return nil, err
	}
	judged, err := judge(ctx, b.pipelinetest, folder, r.all[verifier])
	if err != nil {
		return nil, err
	}
	t.Judge = *judged
	return t, nil
}

func (r *running) hosts() string { return filepath.Join(r.folder, "hosts") }

// start starts all processes of a role, and waits until they are ready.
func (r *running) start(ctx context.Context, of role) error {
	for i := range r.plan.Shape[of] {
		folder := filepath.Join(r.folder, of.String()+strconv.Itoa(i))
		if err := os.Mkdir(folder, 0o700); err != nil {
			return err
		}
		configs, err := r.configs(of, folder)
		if err != nil {
			return err
		}
		collector, err := filepath.Abs(r.collector)
		if err != nil {
			return err
		}
		p, err := start(ctx, of, i, r.cpus[of][i], collector, r.hosts(), environment(of, i, r.run, folder), configs)
		if err != nil {
			return err
		}
		r.all[of] = append(r.all[of], p)
	}
	for _, p := range r.all[of] {
		if err := waitUntil(ctx, "a "+of.String()+" is ready", p.ready); err != nil {
			return errors.Join(err, r.stopAll(), errors.New(p.log.String()))
		}
	}
	return nil
}

// configs writes the configurations of a process into its folder.
func (r *running) configs(of role, folder string) (paths []string, err error) {
	changes, err := overlay(of, r.plan, r.rate, folder)
	if err != nil {
		return nil, err
	}
	for i, config := range r.parts[of] {
		if config, err = tracesOnly(config); err != nil {
			return nil, err
		}
		paths = append(paths, filepath.Join(folder, strconv.Itoa(i)+".yaml"))
		if err = os.WriteFile(paths[i], []byte(config), 0o600); err != nil {
			return nil, err
		}
	}
	last := filepath.Join(folder, "trial.yaml")
	return append(paths, last), os.WriteFile(last, []byte(changes), 0o600)
}

// waitSpans waits until spans have come to every process.
func (r *running) waitSpans(ctx context.Context) error {
	for role, processes := range r.all {
		for i, p := range processes {
			err := waitUntil(ctx, fmt.Sprintf("spans come to %s %d", roleNames[role], i), func(ctx context.Context) bool {
				got, err := p.read(ctx)
				return err == nil && got.spans > 0
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// stop ends all processes of a role. A second time does nothing.
func (r *running) stop(of role) error {
	processes := r.all[of]
	r.all[of] = nil
	return stop(processes)
}

// stopAll ends what still runs, senders first.
func (r *running) stopAll() (err error) {
	for role := range roles {
		err = errors.Join(err, r.stop(role))
	}
	return err
}
