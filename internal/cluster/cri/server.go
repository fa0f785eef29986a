// SPDX-License-Identifier: Apache-2.0

// Package cri is a small container runtime. It serves the interface that a kubelet asks for (CRI), and so the kubelet of a Kubernetes release starts
// pods with it: each pod in a network namespace of its own, each container a process in namespaces of its own.
//
// It holds everything in memory, because a runtime, its kubelet and its pods live as long as one node does. Its images are files of this machine
// (see [Image]). What it does not do: control groups, statistics, exec, attach, port forwarding.
package cri

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtimev1 "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/network"
)

// Network gives pods their namespaces.
type Network interface {
	Add(ctx context.Context, pod string, address netip.Addr) error
	Remove(ctx context.Context, pod string) error
}

// Runtime is the container runtime of one node.
type Runtime struct {
	runtimev1.UnimplementedRuntimeServiceServer
	images    *images
	program   string
	network   Network
	addresses *network.Addresses

	mu         sync.Mutex
	sandboxes  map[string]*sandbox
	containers map[string]*process
}

// New makes a runtime. program is this program, which starts containers; see package container.
func New(program string, list []Image, network Network, addresses *network.Addresses) *Runtime {
	return &Runtime{
		images:     &images{list: list},
		program:    program,
		network:    network,
		addresses:  addresses,
		sandboxes:  map[string]*sandbox{},
		containers: map[string]*process{},
	}
}

// Serve serves both services until the context ends.
func (r *Runtime) Serve(ctx context.Context, socket string) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", socket)
	if err != nil {
		return fmt.Errorf("serve the container runtime: %w", err)
	}
	server := grpc.NewServer()
	runtimev1.RegisterRuntimeServiceServer(server, r)
	runtimev1.RegisterImageServiceServer(server, r.images)
	stop := context.AfterFunc(ctx, server.Stop)
	defer stop()
	return server.Serve(listener)
}

// Version implements the interface.
func (r *Runtime) Version(context.Context, *runtimev1.VersionRequest) (*runtimev1.VersionResponse, error) {
	return &runtimev1.VersionResponse{
		Version: "0.1.0", RuntimeName: "runtimelab", RuntimeVersion: "0.1.0", RuntimeApiVersion: "v1",
	}, nil
}

// Status implements the interface.
func (r *Runtime) Status(context.Context, *runtimev1.StatusRequest) (*runtimev1.StatusResponse, error) {
	return &runtimev1.StatusResponse{Status: &runtimev1.RuntimeStatus{Conditions: []*runtimev1.RuntimeCondition{
		{Type: runtimev1.RuntimeReady, Status: true},
		{Type: runtimev1.NetworkReady, Status: true},
	}}}, nil
}

// RuntimeConfig implements the interface.
func (r *Runtime) RuntimeConfig(context.Context, *runtimev1.RuntimeConfigRequest) (*runtimev1.RuntimeConfigResponse, error) {
	return &runtimev1.RuntimeConfigResponse{Linux: &runtimev1.LinuxRuntimeConfiguration{CgroupDriver: runtimev1.CgroupDriver_CGROUPFS}}, nil
}

// UpdateRuntimeConfig implements the interface. Addresses of pods are planned beforehand.
func (r *Runtime) UpdateRuntimeConfig(context.Context, *runtimev1.UpdateRuntimeConfigRequest) (*runtimev1.UpdateRuntimeConfigResponse, error) {
	return &runtimev1.UpdateRuntimeConfigResponse{}, nil
}

// ListContainerStats implements the interface. Nothing is measured.
func (r *Runtime) ListContainerStats(context.Context, *runtimev1.ListContainerStatsRequest) (*runtimev1.ListContainerStatsResponse, error) {
	return &runtimev1.ListContainerStatsResponse{}, nil
}

// ListPodSandboxStats implements the interface. Nothing is measured.
func (r *Runtime) ListPodSandboxStats(context.Context, *runtimev1.ListPodSandboxStatsRequest) (*runtimev1.ListPodSandboxStatsResponse, error) {
	return &runtimev1.ListPodSandboxStatsResponse{}, nil
}

// UpdateContainerResources implements the interface. Limits do not act.
func (r *Runtime) UpdateContainerResources(context.Context, *runtimev1.UpdateContainerResourcesRequest) (*runtimev1.UpdateContainerResourcesResponse, error) {
	return &runtimev1.UpdateContainerResourcesResponse{}, nil
}

// matches says whether something has all labels that are asked for.
func matches(labels, wanted map[string]string) bool {
	for key, value := range wanted {
		if labels[key] != value {
			return false
		}
	}
	return true
}

func notFound(what, id string) error {
	return status.Errorf(codes.NotFound, "there is no %s %q", what, id)
}
