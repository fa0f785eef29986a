// SPDX-License-Identifier: Apache-2.0

// Package kubernetes is a cluster that runs: the control plane of package control, and as many nodes of package node as are asked for. It also does to
// the cluster what kubectl cannot: cut off a node, and kill a process in a pod.
package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/control"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/cri"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/network"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/node"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/part"
)

// Settings say what the cluster is made of.
type Settings struct {
	Nodes int `json:"nodes"`
	// Programs is the folder with the programs of the release.
	Programs string      `json:"programs"`
	Logs     string      `json:"logs"`
	Images   []cri.Image `json:"images"`
}

// Cluster is a cluster that runs.
type Cluster struct {
	control.Kubectl
	settings Settings
	group    *part.Group
}

// What the parts may take until they are ready, on a machine that does something else, too.
const (
	controlReady = 2 * time.Minute
	nodesReady   = 2 * time.Minute
)

// Start starts a cluster and waits until it takes pods. The context that it returns ends when a part of the cluster does. If Start fails, nothing runs.
func Start(ctx context.Context, settings Settings) (*Cluster, context.Context, error) {
	group, ctx := part.NewGroup(ctx, settings.Logs)
	cluster := &Cluster{Kubectl: control.NewKubectl(settings.Programs), settings: settings, group: group}
	if err := cluster.start(ctx); err != nil {
		group.Stop()
		return nil, nil, err
	}
	return cluster, ctx, nil
}

// Stop stops everything.
func (c *Cluster) Stop() { c.group.Stop() }

// Nodes is how many nodes there are.
func (c *Cluster) Nodes() int { return c.settings.Nodes }

func (c *Cluster) start(ctx context.Context) error {
	if err := network.SetUpControl(ctx); err != nil {
		return err
	}
	if err := control.Start(ctx, c.group, c.settings.Programs); err != nil {
		return err
	}
	err := control.Until(ctx, "the API server", controlReady, func(ctx context.Context) (bool, error) {
		_, err := c.Run(ctx, nil, "get", "--raw=/readyz")
		return err == nil, err
	})
	if err != nil {
		return err
	}
	for number := 1; number <= c.settings.Nodes; number++ {
		if err := c.startNode(ctx, number); err != nil {
			return err
		}
	}
	return control.Until(ctx, "all nodes to be ready", nodesReady, c.nodesReady)
}

func (c *Cluster) startNode(ctx context.Context, number int) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	argument, err := json.Marshal(node.Settings{
		Number: number, Nodes: c.settings.Nodes, Programs: c.settings.Programs, Logs: c.settings.Logs,
		KubeConfig: control.KubeConfig, Images: c.settings.Images,
	})
	if err != nil {
		return err
	}
	process, err := c.group.Start(ctx, part.Program{
		Name: node.Name(number), Path: program, Args: []string{node.Role, string(argument)}, Namespaces: node.Namespaces,
	})
	if err != nil {
		return err
	}
	return network.Plug(ctx, number, process.Pid)
}

func (c *Cluster) nodesReady(ctx context.Context) (bool, error) {
	out, err := c.Run(ctx, nil, "get", "nodes", `-o=jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}`)
	if err != nil {
		return false, err
	}
	ready := 0
	for _, line := range lines(out) {
		if line == "True" {
			ready++
		}
	}
	if ready < c.settings.Nodes {
		return false, fmt.Errorf("%d of %d nodes are ready", ready, c.settings.Nodes)
	}
	return true, nil
}
