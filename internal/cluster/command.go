// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/container"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/cri"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/kubernetes"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/machine"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/play"
)

// nodes is how many nodes there are: what is played asks for four CPUs, and each node has as many as the machine.
const nodes = 3

// logsInMemory is where logs are while the cluster runs, so that it does not wait for a disk that others use. They are kept if something is wrong.
const logsInMemory = "/run/logs"

// user is that of deploy/Dockerfile.
const user = 10001

// options are the command line.
type options struct {
	root   string
	repeat int
	only   *regexp.Regexp
}

func parse(args []string) (options, error) {
	flags := flag.NewFlagSet("cluster", flag.ContinueOnError)
	root := flags.String("root", ".", "the project's `folder`, where everything is built")
	repeat := flags.Int("repeat", 1, "play each scenario `N` times")
	only := flags.String("scenario", ".", "play the scenarios whose names match a `REGEXP`")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("%q is not allowed; want flags only", flags.Arg(0))
	}
	if *repeat < 1 {
		return options{}, fmt.Errorf("-repeat: %d is not allowed; want 1 or more", *repeat)
	}
	expression, err := regexp.Compile(*only)
	if err != nil {
		return options{}, fmt.Errorf("-scenario: %w", err)
	}
	folder, err := filepath.Abs(*root)
	if err != nil {
		return options{}, err
	}
	return options{root: folder, repeat: *repeat, only: expression}, nil
}

// scenarios are those that are asked for.
func (o options) scenarios() ([]play.Scenario, error) {
	var chosen []play.Scenario
	var names []string
	for _, scenario := range play.All {
		names = append(names, scenario.Name)
		if o.only.MatchString(scenario.Name) {
			chosen = append(chosen, scenario)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("-scenario: %q matches none of %q", o.only, names)
	}
	return chosen, nil
}

func (o options) programs() string { return filepath.Join(o.root, "bin", "cluster") }
func (o options) logs() string     { return filepath.Join(o.programs(), "logs") }

// missing says what this machine lacks.
func missing() error {
	if os.Getuid() != 0 {
		return errors.New("it needs root")
	}
	for _, program := range []string{"ip", "nft", "mount"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("it needs %s", program)
		}
	}
	return nil
}

// outside checks what can be checked, and starts the cluster apart from this machine.
func outside(ctx context.Context, args []string) int {
	options, err := parse(args)
	if err == nil {
		_, err = options.scenarios()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		return exitNobodyKnows
	}
	if err := missing(); err != nil {
		fmt.Println("Left out: the scenarios on a cluster.", err)
		return 0
	}
	if err := errors.Join(os.RemoveAll(options.logs()), os.MkdirAll(options.logs(), 0o755)); err != nil { //nolint:gosec // logs are for everybody
		fmt.Fprintln(os.Stderr, "cluster:", err)
		return exitNobodyKnows
	}
	code, err := machine.Run(ctx, args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		return exitNobodyKnows
	}
	return code
}

// inside starts the cluster and plays.
func inside(ctx context.Context, args []string) int {
	options, err := parse(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		return exitNobodyKnows
	}
	if err := machine.Prepare(options.logs()); err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		return exitNobodyKnows
	}
	if err := os.Mkdir(logsInMemory, 0o755); err != nil { //nolint:gosec // logs are for everybody
		fmt.Fprintln(os.Stderr, "cluster:", err)
		return exitNobodyKnows
	}
	code := options.startAndPlay(ctx)
	if code != 0 {
		if err := os.CopyFS(options.logs(), os.DirFS(logsInMemory)); err != nil {
			fmt.Fprintln(os.Stderr, "cluster:", err)
		}
		fmt.Println("Logs are in", options.logs())
	}
	return code
}

// startAndPlay returns when nothing of the cluster runs any more.
func (o options) startAndPlay(ctx context.Context) int {
	started := time.Now()
	cluster, ctx, err := kubernetes.Start(ctx, kubernetes.Settings{
		Nodes: nodes, Programs: o.programs(), Logs: logsInMemory, Images: []cri.Image{image(o.root)},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		return exitNobodyKnows
	}
	defer cluster.Stop()
	fmt.Printf("The cluster is ready: %d nodes, %s\n", nodes, time.Since(started).Round(100*time.Millisecond))
	return o.play(ctx, cluster)
}

func (o options) play(ctx context.Context, cluster *kubernetes.Cluster) int {
	scenarios, err := o.scenarios()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		return exitNobodyKnows
	}
	player := &play.Player{
		Cluster: cluster, PipelineTest: filepath.Join(o.root, "bin", "pipelinetest"), Loads: filepath.Join(o.root, "internal", "cluster", "loads"),
		Logs: logsInMemory,
	}
	code := 0
	for nth := range o.repeat {
		for _, scenario := range scenarios {
			began := time.Now()
			line, err := player.Play(ctx, scenario, nth+1)
			if ctx.Err() != nil {
				fmt.Println("Stopped:", context.Cause(ctx))
				return exitNobodyKnows
			}
			mark := "ok  "
			if err != nil {
				mark, code = "FAIL", exitWrong
			}
			fmt.Printf("%s %s %d (%s), %.0f s\n     %s\n", mark, scenario.Name, nth+1, scenario.About, time.Since(began).Seconds(), line)
			if err != nil {
				fmt.Println("     " + err.Error())
			}
		}
	}
	return code
}

// image is what the manifests call ghcr.io/runtimelab/otelcol-runtimelab.
func image(root string) cri.Image {
	return cri.Image{
		Name: "otelcol-runtimelab", EntryPoint: []string{"/otelcol-runtimelab"}, UID: user, GID: user,
		Files: []container.File{
			{Path: "/otelcol-runtimelab", Source: filepath.Join(root, "dist", "otelcol-runtimelab")},
			{Path: "/pipelinetest", Source: filepath.Join(root, "bin", "pipelinetest")},
		},
	}
}
