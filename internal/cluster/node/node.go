// SPDX-License-Identifier: Apache-2.0

// Package node is one node of the cluster: namespaces in which the kubelet and the kube-proxy of the release run, with the container runtime of package
// cri. The node sees the machine's disk read-only, and keeps its own folders in memory. So nothing is left of a node when its first process ends.
package node

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/cri"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/network"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/part"
)

// Role is the argument that makes this program a node. The Settings follow as JSON.
const Role = "node"

// Namespaces are what a node has for itself.
const Namespaces = unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC

// Settings say which node it is.
type Settings struct {
	Number int `json:"number"`
	Nodes  int `json:"nodes"`
	// Programs is the folder with kubelet and kube-proxy.
	Programs   string      `json:"programs"`
	Logs       string      `json:"logs"`
	KubeConfig string      `json:"kubeconfig"`
	Images     []cri.Image `json:"images"`
}

// Name is what the node is called.
func Name(number int) string {
	return fmt.Sprintf("node-%d", number)
}

// socket is where the runtime serves the kubelet.
const socket = "/run/node/cri.sock"

// Run runs the node until the context ends.
func Run(ctx context.Context, argument string) error {
	var settings Settings
	if err := json.Unmarshal([]byte(argument), &settings); err != nil {
		return fmt.Errorf("read the node's settings: %w", err)
	}
	name := Name(settings.Number)
	if err := unix.Sethostname([]byte(name)); err != nil {
		return fmt.Errorf("set the host name %q: %w", name, err)
	}
	// kubectl reads the logs of pods there, and whoever looks for a fault does.
	podLogs := filepath.Join(settings.Logs, name+"-pods")
	if err := os.MkdirAll(podLogs, 0o755); err != nil { //nolint:gosec // logs are for everybody
		return err
	}
	if err := prepare(podLogs); err != nil {
		return err
	}
	if err := network.SetUpNode(ctx, settings.Number, settings.Nodes); err != nil {
		return err
	}
	group, ctx := part.NewGroup(ctx, settings.Logs)
	defer group.Stop()
	program, err := os.Executable()
	if err != nil {
		return err
	}
	runtime := cri.New(program, settings.Images, pods{settings.Number}, network.NewAddresses(network.PodsOf(settings.Number)))
	served := make(chan error, 1)
	go func() { served <- runtime.Serve(ctx, socket) }()
	if err := start(ctx, group, settings); err != nil {
		return err
	}
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// pods gives the node's pods their network.
type pods struct{ number int }

// Add implements cri.Network.
func (p pods) Add(ctx context.Context, pod string, address netip.Addr) error {
	return network.AddPod(ctx, p.number, pod, address)
}

// Remove implements cri.Network.
func (p pods) Remove(ctx context.Context, pod string) error {
	return network.RemovePod(ctx, pod)
}
