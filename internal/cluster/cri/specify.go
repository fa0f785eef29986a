// SPDX-License-Identifier: Apache-2.0

package cri

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	runtimev1 "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/container"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/network"
)

// searchPath is the PATH of a container that says nothing else.
const searchPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// specify says how a container starts: what the pod wants, and where it wants nothing, what the image says.
func specify(pod *sandbox, config *runtimev1.ContainerConfig, image Image) (container.Spec, error) {
	security := config.GetLinux().GetSecurityContext()
	if security.GetPrivileged() {
		return container.Spec{}, fmt.Errorf("container %q is privileged: that is not supported", config.GetMetadata().GetName())
	}
	if security.GetNamespaceOptions().GetNetwork() != runtimev1.NamespaceMode_POD {
		return container.Spec{}, fmt.Errorf("container %q is in the network of its node: that is not supported", config.GetMetadata().GetName())
	}
	spec := container.Spec{
		Network: network.Path(pod.id), Hostname: pod.config.GetHostname(), Files: image.Files,
		Args: commandLine(config, image), Env: environment(pod, config, image), Dir: config.GetWorkingDir(),
		UID: image.UID, GID: image.GID, Groups: []int{},
		ReadOnly: security.GetReadonlyRootfs(), NoNewPrivs: security.GetNoNewPrivs(),
		DropAll: slices.Contains(security.GetCapabilities().GetDropCapabilities(), "ALL"),
	}
	if user := security.GetRunAsUser(); user != nil {
		spec.UID = int(user.GetValue())
	}
	if group := security.GetRunAsGroup(); group != nil {
		spec.GID = int(group.GetValue())
	}
	for _, group := range security.GetSupplementalGroups() {
		spec.Groups = append(spec.Groups, int(group))
	}
	spec.Mounts = append(spec.Mounts, container.Mount{
		Path: "/etc/resolv.conf", Source: filepath.Join(sandboxFolder, pod.id, "resolv.conf"), ReadOnly: true,
	})
	for _, mount := range config.GetMounts() {
		if mount.GetHostPath() == "" {
			return container.Spec{}, fmt.Errorf("volume at %q is an image: that is not supported", mount.GetContainerPath())
		}
		spec.Mounts = append(spec.Mounts, container.Mount{Path: mount.GetContainerPath(), Source: mount.GetHostPath(), ReadOnly: mount.GetReadonly()})
	}
	return spec, nil
}

// commandLine follows the rule of manifests: a command replaces entry point and arguments of the image, arguments replace its arguments.
func commandLine(config *runtimev1.ContainerConfig, image Image) []string {
	switch {
	case len(config.GetCommand()) > 0:
		return slices.Concat(config.GetCommand(), config.GetArgs())
	case len(config.GetArgs()) > 0:
		return slices.Concat(image.EntryPoint, config.GetArgs())
	default:
		return slices.Concat(image.EntryPoint, image.Args)
	}
}

// environment has the variables of the runtime, then those of the image, then those of the pod. Of two with one name the later counts, and only that one
// is there: programs differ in which they would take.
func environment(pod *sandbox, config *runtimev1.ContainerConfig, image Image) []string {
	variables := append([]string{searchPath, "HOSTNAME=" + pod.config.GetHostname()}, image.Env...)
	for _, variable := range config.GetEnvs() {
		variables = append(variables, variable.GetKey()+"="+string(variable.GetValue()))
	}
	index := map[string]int{}
	var out []string
	for _, variable := range variables {
		name, _, _ := strings.Cut(variable, "=")
		if before, found := index[name]; found {
			out[before] = variable
			continue
		}
		index[name] = len(out)
		out = append(out, variable)
	}
	return out
}
