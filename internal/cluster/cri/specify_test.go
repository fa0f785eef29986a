// SPDX-License-Identifier: Apache-2.0

package cri

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	runtimev1 "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/container"
)

var collector = Image{
	Name: "collector", EntryPoint: []string{"/collector"}, Args: []string{"--config", "built-in"}, Env: []string{"HOST=0.0.0.0"}, UID: 10001, GID: 10002,
	Files: []container.File{{Path: "/collector", Source: "/dist/collector"}},
}

func testPod() *sandbox {
	return &sandbox{id: "p1", ready: true, config: &runtimev1.PodSandboxConfig{Hostname: "verifier-0"}}
}

func inPod(security *runtimev1.LinuxContainerSecurityContext) *runtimev1.LinuxContainerConfig {
	security.NamespaceOptions = &runtimev1.NamespaceOption{Network: runtimev1.NamespaceMode_POD}
	return &runtimev1.LinuxContainerConfig{SecurityContext: security}
}

func TestNameOfImage(t *testing.T) {
	for reference, want := range map[string]string{
		"collector":                                  "collector",
		"collector:0.1.0":                            "collector",
		"registry.example.com:5000/a/collector":      "collector",
		"ghcr.io/a/b/collector:0.1.0@sha256:0123abc": "collector",
	} {
		assert.Equal(t, want, nameOf(reference), reference)
	}
}

func TestCommandAndArguments(t *testing.T) {
	for _, c := range []struct {
		name          string
		command, args []string
		want          []string
	}{
		{"of the image", nil, nil, []string{"/collector", "--config", "built-in"}},
		{"arguments of the pod", nil, []string{"validate"}, []string{"/collector", "validate"}},
		{"command of the pod", []string{"/other"}, nil, []string{"/other"}},
		{"both", []string{"/other"}, []string{"merge"}, []string{"/other", "merge"}},
	} {
		assert.Equal(t, c.want, commandLine(&runtimev1.ContainerConfig{Command: c.command, Args: c.args}, collector), c.name)
	}
}

// A program takes either the first or the last of two variables with one name, so there must not be two.
func TestPodReplacesVariablesOfImage(t *testing.T) {
	config := &runtimev1.ContainerConfig{Envs: []*runtimev1.KeyValue{
		{Key: "HOST", Value: []byte("10.0.0.1")}, {Key: "JOB_COMPLETION_INDEX", Value: []byte("1")},
	}}
	assert.Equal(t, []string{searchPath, "HOSTNAME=verifier-0", "HOST=10.0.0.1", "JOB_COMPLETION_INDEX=1"}, environment(testPod(), config, collector))
}

func TestRightsComeFromThePodThenFromTheImage(t *testing.T) {
	spec, err := specify(testPod(), &runtimev1.ContainerConfig{Linux: inPod(&runtimev1.LinuxContainerSecurityContext{})}, collector)
	require.NoError(t, err)
	assert.Equal(t, []int{10001, 10002}, []int{spec.UID, spec.GID})
	assert.False(t, spec.ReadOnly || spec.DropAll || spec.NoNewPrivs)

	spec, err = specify(testPod(), &runtimev1.ContainerConfig{Linux: inPod(&runtimev1.LinuxContainerSecurityContext{
		RunAsUser: &runtimev1.Int64Value{Value: 7}, RunAsGroup: &runtimev1.Int64Value{Value: 8}, SupplementalGroups: []int64{9},
		ReadonlyRootfs: true, NoNewPrivs: true, Capabilities: &runtimev1.Capability{DropCapabilities: []string{"ALL"}},
	})}, collector)
	require.NoError(t, err)
	assert.Equal(t, []int{7, 8, 9}, []int{spec.UID, spec.GID, spec.Groups[0]})
	assert.True(t, spec.ReadOnly && spec.DropAll && spec.NoNewPrivs)
}

// What the runtime cannot do must not look as if it were done.
func TestRefusesWhatItCannotDo(t *testing.T) {
	for want, config := range map[string]*runtimev1.ContainerConfig{
		"privileged":            {Linux: inPod(&runtimev1.LinuxContainerSecurityContext{Privileged: true})},
		"network of its node":   {Linux: &runtimev1.LinuxContainerConfig{SecurityContext: &runtimev1.LinuxContainerSecurityContext{NamespaceOptions: &runtimev1.NamespaceOption{Network: runtimev1.NamespaceMode_NODE}}}},
		`"/volume" is an image`: {Linux: inPod(&runtimev1.LinuxContainerSecurityContext{}), Mounts: []*runtimev1.Mount{{ContainerPath: "/volume", Image: &runtimev1.ImageSpec{}}}},
	} {
		_, err := specify(testPod(), config, collector)
		assert.ErrorContains(t, err, want)
	}
}

func TestResolver(t *testing.T) {
	assert.Equal(t, "nameserver 10.97.0.1\nsearch load.svc.cluster.local svc.cluster.local\noptions ndots:5\n", resolver(&runtimev1.DNSConfig{
		Servers: []string{"10.97.0.1"}, Searches: []string{"load.svc.cluster.local", "svc.cluster.local"}, Options: []string{"ndots:5"},
	}))
	assert.Empty(t, resolver(nil))
}
