// SPDX-License-Identifier: Apache-2.0

// Command cluster plays scenarios on a Kubernetes cluster that runs on this machine alone: a control plane, nodes and pods as the release has them, on a
// small container runtime. See docs/cluster.md.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/container"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/machine"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/node"
)

// exitNobodyKnows is for what could not be played, and exitWrong for a scenario that is not as wanted.
const (
	exitWrong       = 1
	exitNobodyKnows = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// run is each of the roles that this program has: see package machine.
func run(ctx context.Context, args []string) int {
	role := ""
	if len(args) > 0 {
		role = args[0]
	}
	switch role {
	case container.Role:
		fmt.Fprintln(os.Stderr, container.Enter())
		return container.ExitNotEntered
	case node.Role:
		if err := node.Run(ctx, args[1]); ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, err)
			return exitWrong
		}
		return 0
	case machine.Role:
		return inside(ctx, args[1:])
	default:
		return outside(ctx, args)
	}
}
