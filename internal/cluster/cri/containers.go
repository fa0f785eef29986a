// SPDX-License-Identifier: Apache-2.0

package cri

import (
	"context"
	"path/filepath"
	"syscall"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtimev1 "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// CreateContainer implements the interface.
func (r *Runtime) CreateContainer(_ context.Context, request *runtimev1.CreateContainerRequest) (*runtimev1.CreateContainerResponse, error) {
	config := request.GetConfig()
	image, found := r.images.find(config.GetImage().GetImage())
	if !found {
		return nil, notFound("image", config.GetImage().GetImage())
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	pod := r.sandboxes[request.GetPodSandboxId()]
	if pod == nil {
		return nil, notFound("pod", request.GetPodSandboxId())
	}
	if !pod.ready {
		return nil, status.Error(codes.FailedPrecondition, errStopped.Error())
	}
	spec, err := specify(pod, config, image)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	created := &process{
		id: newID(), sandbox: pod.id, config: config, image: image, spec: spec, created: time.Now(),
		logPath: filepath.Join(pod.config.GetLogDirectory(), config.GetLogPath()),
	}
	r.containers[created.id] = created
	return &runtimev1.CreateContainerResponse{ContainerId: created.id}, nil
}

// StartContainer implements the interface.
func (r *Runtime) StartContainer(ctx context.Context, request *runtimev1.StartContainerRequest) (*runtimev1.StartContainerResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	started := r.containers[request.GetContainerId()]
	if started == nil {
		return nil, notFound("container", request.GetContainerId())
	}
	if pod := r.sandboxes[started.sandbox]; pod == nil || !pod.ready {
		return nil, status.Error(codes.FailedPrecondition, errStopped.Error())
	}
	if started.state() != runtimev1.ContainerState_CONTAINER_CREATED {
		return nil, status.Errorf(codes.FailedPrecondition, "container %q was started before", started.id)
	}
	// The container ends when its pod does, not when this call does.
	err := started.start(context.WithoutCancel(ctx), r.program, func(exitCode int32) {
		r.mu.Lock()
		defer r.mu.Unlock()
		started.exitCode = exitCode
		started.finished = time.Now()
	})
	if err != nil {
		return nil, err
	}
	started.started = time.Now()
	return &runtimev1.StartContainerResponse{}, nil
}

// StopContainer implements the interface: it asks, waits for as long as the pod is granted, and kills.
func (r *Runtime) StopContainer(ctx context.Context, request *runtimev1.StopContainerRequest) (*runtimev1.StopContainerResponse, error) {
	stopped := r.lookUp(request.GetContainerId())
	if stopped == nil {
		return &runtimev1.StopContainerResponse{}, nil
	}
	if timeout := request.GetTimeout(); timeout > 0 {
		stopped.signal(syscall.SIGTERM)
		patient, cancel := context.WithTimeout(ctx, time.Duration(timeout)*time.Second)
		err := stopped.wait(patient)
		cancel()
		if err == nil {
			return &runtimev1.StopContainerResponse{}, nil
		}
	}
	stopped.kill()
	return &runtimev1.StopContainerResponse{}, stopped.wait(ctx)
}

// RemoveContainer implements the interface. It does not wait for a container that runs, but kills it.
func (r *Runtime) RemoveContainer(ctx context.Context, request *runtimev1.RemoveContainerRequest) (*runtimev1.RemoveContainerResponse, error) {
	removed := r.lookUp(request.GetContainerId())
	if removed == nil {
		return &runtimev1.RemoveContainerResponse{}, nil
	}
	removed.kill()
	if err := removed.wait(ctx); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.containers, removed.id)
	return &runtimev1.RemoveContainerResponse{}, nil
}

func (r *Runtime) lookUp(id string) *process {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.containers[id]
}

// ContainerStatus implements the interface.
func (r *Runtime) ContainerStatus(_ context.Context, request *runtimev1.ContainerStatusRequest) (*runtimev1.ContainerStatusResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	asked := r.containers[request.GetContainerId()]
	if asked == nil {
		return nil, notFound("container", request.GetContainerId())
	}
	return &runtimev1.ContainerStatusResponse{Status: asked.status()}, nil
}

// ListContainers implements the interface.
func (r *Runtime) ListContainers(_ context.Context, request *runtimev1.ListContainersRequest) (*runtimev1.ListContainersResponse, error) {
	filter := request.GetFilter()
	r.mu.Lock()
	defer r.mu.Unlock()
	var out runtimev1.ListContainersResponse
	for _, listed := range r.containers {
		if filter.GetId() != "" && filter.GetId() != listed.id ||
			filter.GetPodSandboxId() != "" && filter.GetPodSandboxId() != listed.sandbox ||
			filter.GetState() != nil && filter.GetState().GetState() != listed.state() ||
			!matches(listed.config.GetLabels(), filter.GetLabelSelector()) {
			continue
		}
		out.Containers = append(out.Containers, &runtimev1.Container{
			Id: listed.id, PodSandboxId: listed.sandbox, Metadata: listed.config.GetMetadata(), Image: listed.config.GetImage(),
			ImageRef: listed.image.id(), ImageId: listed.image.id(), State: listed.state(), CreatedAt: listed.created.UnixNano(),
			Labels: listed.config.GetLabels(), Annotations: listed.config.GetAnnotations(),
		})
	}
	return &out, nil
}

// ReopenContainerLog implements the interface. Logs are small: none is ever rotated.
func (r *Runtime) ReopenContainerLog(context.Context, *runtimev1.ReopenContainerLogRequest) (*runtimev1.ReopenContainerLogResponse, error) {
	return &runtimev1.ReopenContainerLogResponse{}, nil
}
