// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	_ "github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/container"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/cri"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/kubernetes"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/machine"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/node"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := "/work/wt-c18"
	logs := root + "/bin/cluster/logs"
	switch {
	case len(os.Args) > 1 && os.Args[1] == container.Role:
		fmt.Fprintln(os.Stderr, container.Enter())
		os.Exit(container.ExitNotEntered)
	case len(os.Args) > 1 && os.Args[1] == node.Role:
		fmt.Fprintln(os.Stderr, node.Run(ctx, os.Args[2]))
		os.Exit(1)
	case len(os.Args) > 1 && os.Args[1] == machine.Role:
		if err := machine.Prepare(logs); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		_, ctx, err := kubernetes.Start(ctx, kubernetes.Settings{Nodes: 2, Programs: root + "/bin/cluster/trial", Logs: logs,
			Images: []cri.Image{{Name: "otelcol-runtimelab", UID: 10001, GID: 10001, EntryPoint: []string{"/otelcol-runtimelab"}, Files: []container.File{{"/otelcol-runtimelab", root + "/dist/otelcol-runtimelab"}}}}})
		fmt.Println("started", err)
		if err != nil {
			os.Exit(1)
		}
		<-ctx.Done()
		fmt.Println(context.Cause(ctx))
	default:
		fmt.Println(machine.Run(ctx, os.Args[1:]))
	}
}
