// SPDX-License-Identifier: Apache-2.0

package cri

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	runtimev1 "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// sandboxFolder holds a folder of each pod, with the files that its containers share.
const sandboxFolder = "/run/sandboxes"

// sandbox is a pod: a network namespace, and what its containers have in common.
type sandbox struct {
	id      string
	config  *runtimev1.PodSandboxConfig
	created time.Time
	address netip.Addr
	// ready is true until the pod is stopped. Then its network is gone.
	ready bool
}

// newID returns a name that is also short enough for a network interface: 15 bytes.
func newID() string {
	var random [7]byte
	_, _ = rand.Read(random[:]) // it never fails
	return "p" + hex.EncodeToString(random[:])
}

// resolver is the /etc/resolv.conf of a pod.
func resolver(config *runtimev1.DNSConfig) string {
	var text strings.Builder
	for _, server := range config.GetServers() {
		text.WriteString("nameserver " + server + "\n")
	}
	if searches := config.GetSearches(); len(searches) > 0 {
		text.WriteString("search " + strings.Join(searches, " ") + "\n")
	}
	if options := config.GetOptions(); len(options) > 0 {
		text.WriteString("options " + strings.Join(options, " ") + "\n")
	}
	return text.String()
}

// RunPodSandbox implements the interface.
func (r *Runtime) RunPodSandbox(ctx context.Context, request *runtimev1.RunPodSandboxRequest) (*runtimev1.RunPodSandboxResponse, error) {
	pod := &sandbox{id: newID(), config: request.GetConfig(), created: time.Now(), ready: true}
	folder := filepath.Join(sandboxFolder, pod.id)
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // any user of a container may read it
		return nil, err
	}
	resolverFile := filepath.Join(folder, "resolv.conf")
	if err := os.WriteFile(resolverFile, []byte(resolver(pod.config.GetDnsConfig())), 0o644); err != nil { //nolint:gosec // any user of a container may read it
		return nil, err
	}
	if logs := pod.config.GetLogDirectory(); logs != "" {
		if err := os.MkdirAll(logs, 0o755); err != nil { //nolint:gosec // as the kubelet makes its own
			return nil, err
		}
	}
	var err error
	if pod.address, err = r.addresses.Take(); err != nil {
		return nil, err
	}
	if err := r.network.Add(ctx, pod.id, pod.address); err != nil {
		_ = r.network.Remove(context.WithoutCancel(ctx), pod.id)
		r.addresses.GiveBack(pod.address)
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sandboxes[pod.id] = pod
	return &runtimev1.RunPodSandboxResponse{PodSandboxId: pod.id}, nil
}

// StopPodSandbox implements the interface. It kills what the kubelet has not stopped before.
func (r *Runtime) StopPodSandbox(ctx context.Context, request *runtimev1.StopPodSandboxRequest) (*runtimev1.StopPodSandboxResponse, error) {
	r.mu.Lock()
	pod := r.sandboxes[request.GetPodSandboxId()]
	stop := pod != nil && pod.ready
	if stop {
		pod.ready = false
	}
	members := r.membersLocked(request.GetPodSandboxId())
	r.mu.Unlock()
	if !stop {
		return &runtimev1.StopPodSandboxResponse{}, nil
	}
	for _, member := range members {
		member.kill()
	}
	for _, member := range members {
		if err := member.wait(ctx); err != nil {
			return nil, err
		}
	}
	err := r.network.Remove(ctx, pod.id)
	r.addresses.GiveBack(pod.address)
	return &runtimev1.StopPodSandboxResponse{}, err
}

// RemovePodSandbox implements the interface.
func (r *Runtime) RemovePodSandbox(ctx context.Context, request *runtimev1.RemovePodSandboxRequest) (*runtimev1.RemovePodSandboxResponse, error) {
	id := request.GetPodSandboxId()
	if _, err := r.StopPodSandbox(ctx, &runtimev1.StopPodSandboxRequest{PodSandboxId: id}); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, member := range r.membersLocked(id) {
		delete(r.containers, member.id)
	}
	if r.sandboxes[id] == nil {
		return &runtimev1.RemovePodSandboxResponse{}, nil
	}
	delete(r.sandboxes, id)
	return &runtimev1.RemovePodSandboxResponse{}, os.RemoveAll(filepath.Join(sandboxFolder, id))
}

// membersLocked returns the containers of a pod.
func (r *Runtime) membersLocked(id string) []*process {
	var members []*process
	for _, member := range r.containers {
		if member.sandbox == id {
			members = append(members, member)
		}
	}
	return members
}

// PodSandboxStatus implements the interface.
func (r *Runtime) PodSandboxStatus(_ context.Context, request *runtimev1.PodSandboxStatusRequest) (*runtimev1.PodSandboxStatusResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pod := r.sandboxes[request.GetPodSandboxId()]
	if pod == nil {
		return nil, notFound("pod", request.GetPodSandboxId())
	}
	return &runtimev1.PodSandboxStatusResponse{Status: &runtimev1.PodSandboxStatus{
		Id: pod.id, Metadata: pod.config.GetMetadata(), State: pod.state(), CreatedAt: pod.created.UnixNano(),
		Network: &runtimev1.PodSandboxNetworkStatus{Ip: pod.address.String()},
		Linux:   &runtimev1.LinuxPodSandboxStatus{Namespaces: &runtimev1.Namespace{Options: pod.namespaces()}},
		Labels:  pod.config.GetLabels(), Annotations: pod.config.GetAnnotations(),
	}}, nil
}

// namespaces repeats what the kubelet asked for: it starts a pod again if that has changed.
func (s *sandbox) namespaces() *runtimev1.NamespaceOption {
	return s.config.GetLinux().GetSecurityContext().GetNamespaceOptions()
}

func (s *sandbox) state() runtimev1.PodSandboxState {
	if s.ready {
		return runtimev1.PodSandboxState_SANDBOX_READY
	}
	return runtimev1.PodSandboxState_SANDBOX_NOTREADY
}

// ListPodSandbox implements the interface.
func (r *Runtime) ListPodSandbox(_ context.Context, request *runtimev1.ListPodSandboxRequest) (*runtimev1.ListPodSandboxResponse, error) {
	filter := request.GetFilter()
	r.mu.Lock()
	defer r.mu.Unlock()
	var out runtimev1.ListPodSandboxResponse
	for _, pod := range r.sandboxes {
		if filter.GetId() != "" && filter.GetId() != pod.id ||
			filter.GetState() != nil && filter.GetState().GetState() != pod.state() ||
			!matches(pod.config.GetLabels(), filter.GetLabelSelector()) {
			continue
		}
		out.Items = append(out.Items, &runtimev1.PodSandbox{
			Id: pod.id, Metadata: pod.config.GetMetadata(), State: pod.state(), CreatedAt: pod.created.UnixNano(),
			Labels: pod.config.GetLabels(), Annotations: pod.config.GetAnnotations(),
		})
	}
	return &out, nil
}

// errStopped tells a container that comes too late.
var errStopped = errors.New("the pod is stopped")
