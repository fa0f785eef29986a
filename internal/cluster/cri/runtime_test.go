// SPDX-License-Identifier: Apache-2.0

package cri

import (
	"context"
	"debug/elf"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	runtimev1 "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/container"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/network"
)

// TestMain makes this program the container's two sides as well: what enters it, and what runs in it.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == container.Role:
		fmt.Fprintln(os.Stderr, container.Enter())
		os.Exit(container.ExitNotEntered)
	case os.Args[0] == "/program":
		inContainer(os.Args[1])
	default:
		os.Exit(m.Run())
	}
}

// inContainer is the program of the image.
func inContainer(what string) {
	switch what {
	case "show":
		host, _ := os.Hostname()
		_, err := os.Create("/new")
		fmt.Println("user", os.Getuid(), os.Getgid(), "process", os.Getpid(), "host", host, "variable", os.Getenv("VARIABLE"), "root", err)
		data, err := os.ReadFile("/volume/file")
		fmt.Println("volume", string(data), err)
		status, _ := os.ReadFile("/proc/self/status")
		for line := range strings.Lines(string(status)) {
			if strings.HasPrefix(line, "CapBnd") || strings.HasPrefix(line, "NoNewPrivs") {
				fmt.Print(line)
			}
		}
		entries, _ := os.ReadDir("/")
		for _, entry := range entries {
			fmt.Print(entry.Name(), " ")
		}
		os.Exit(3)
	case "obey":
		terminated := make(chan os.Signal, 1)
		signal.Notify(terminated, syscall.SIGTERM)
		fmt.Println("listening")
		<-terminated
		os.Exit(5)
	case "ignore":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("listening")
		for {
			_ = syscall.Pause() // until it is killed
		}
	}
}

// namespaces are networks with nothing in them.
type namespaces struct{}

func (namespaces) Add(ctx context.Context, pod string, _ netip.Addr) error {
	return exec.CommandContext(ctx, "ip", "netns", "add", pod).Run()
}

func (namespaces) Remove(ctx context.Context, pod string) error {
	return exec.CommandContext(ctx, "ip", "netns", "del", pod).Run()
}

// story is a pod on a runtime.
type story struct {
	t       *testing.T
	runtime *Runtime
	pod     string
	config  *runtimev1.PodSandboxConfig
}

func newStory(t *testing.T) *story {
	t.Helper()
	if _, err := exec.LookPath("ip"); err != nil || os.Getuid() != 0 {
		t.Skip("left out: a container needs root and ip (iproute2)")
	}
	program, err := os.Executable()
	require.NoError(t, err)
	if file, err := elf.Open(program); assert.NoError(t, err) {
		dynamic := file.Section(".interp") != nil
		require.NoError(t, file.Close())
		if dynamic {
			t.Skip("left out: a container has no libc, so the tests need CGO_ENABLED=0")
		}
	}
	image := Image{Name: "program", EntryPoint: []string{"/program"}, UID: 10001, GID: 10001, Files: []container.File{{Path: "/program", Source: program}}}
	s := &story{t: t, runtime: New(program, []Image{image}, namespaces{}, network.NewAddresses(network.PodsOf(1)))}
	s.config = &runtimev1.PodSandboxConfig{Hostname: "verifier-0", LogDirectory: t.TempDir()}
	pod, err := s.runtime.RunPodSandbox(t.Context(), &runtimev1.RunPodSandboxRequest{Config: s.config})
	require.NoError(t, err)
	s.pod = pod.GetPodSandboxId()
	t.Cleanup(func() {
		_, err := s.runtime.RemovePodSandbox(context.WithoutCancel(t.Context()), &runtimev1.RemovePodSandboxRequest{PodSandboxId: s.pod})
		require.NoError(t, err)
		assert.NoFileExists(t, network.Path(s.pod))
	})
	return s
}

func (s *story) start(config *runtimev1.ContainerConfig) string {
	s.t.Helper()
	config.Image = &runtimev1.ImageSpec{Image: "registry.example.com/program:1"}
	config.LogPath = config.Args[0] + ".log"
	created, err := s.runtime.CreateContainer(s.t.Context(), &runtimev1.CreateContainerRequest{PodSandboxId: s.pod, Config: config})
	require.NoError(s.t, err)
	_, err = s.runtime.StartContainer(s.t.Context(), &runtimev1.StartContainerRequest{ContainerId: created.GetContainerId()})
	require.NoError(s.t, err)
	return created.GetContainerId()
}

func (s *story) status(id string) *runtimev1.ContainerStatus {
	s.t.Helper()
	status, err := s.runtime.ContainerStatus(s.t.Context(), &runtimev1.ContainerStatusRequest{ContainerId: id})
	require.NoError(s.t, err)
	return status.GetStatus()
}

func (s *story) log(name string) string {
	s.t.Helper()
	data, err := os.ReadFile(filepath.Join(s.config.GetLogDirectory(), name+".log"))
	require.NoError(s.t, err)
	return string(data)
}

func TestContainerIsAsThePodWants(t *testing.T) {
	s := newStory(t)
	volume := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(volume, "file"), []byte("kept"), 0o644))
	require.NoError(t, os.Chmod(volume, 0o755))
	id := s.start(&runtimev1.ContainerConfig{
		Args: []string{"show"}, Envs: []*runtimev1.KeyValue{{Key: "VARIABLE", Value: []byte("value")}},
		Mounts: []*runtimev1.Mount{{ContainerPath: "/volume", HostPath: volume, Readonly: true}},
		Linux: inPod(&runtimev1.LinuxContainerSecurityContext{
			RunAsUser: &runtimev1.Int64Value{Value: 7}, RunAsGroup: &runtimev1.Int64Value{Value: 8}, ReadonlyRootfs: true, NoNewPrivs: true,
			Capabilities: &runtimev1.Capability{DropCapabilities: []string{"ALL"}},
		}),
	})
	require.NoError(t, s.runtime.lookUp(id).wait(t.Context()))
	log := s.log("show")
	assert.Contains(t, log, "user 7 8 process 1 host verifier-0 variable value root open /new: read-only file system")
	assert.Contains(t, log, "volume kept <nil>")
	assert.Contains(t, log, "CapBnd:\t0000000000000000")
	assert.Contains(t, log, "NoNewPrivs:\t1")
	assert.Contains(t, log, "F dev etc proc program sys volume \n", "the root has nothing of this machine's")
	assert.Equal(t, int32(3), s.status(id).GetExitCode(), log)
	assert.Equal(t, runtimev1.ContainerState_CONTAINER_EXITED, s.status(id).GetState())
	assert.Equal(t, "Error", s.status(id).GetReason())
}

// A container that obeys has the exit code that it wants. One that does not is killed when its time is up.
func TestStop(t *testing.T) {
	s := newStory(t)
	for program, want := range map[string]int32{"obey": 5, "ignore": 128 + 9} {
		id := s.start(&runtimev1.ContainerConfig{Args: []string{program}, Linux: inPod(&runtimev1.LinuxContainerSecurityContext{})})
		require.Eventually(t, func() bool { return strings.Contains(s.log(program), "listening") }, time.Minute, 10*time.Millisecond)
		assert.Equal(t, runtimev1.ContainerState_CONTAINER_RUNNING, s.status(id).GetState())
		_, err := s.runtime.StopContainer(t.Context(), &runtimev1.StopContainerRequest{ContainerId: id, Timeout: 1})
		require.NoError(t, err)
		assert.Equal(t, want, s.status(id).GetExitCode(), program)
	}
}

// What runs in a pod ends with it.
func TestPodTakesItsContainersAlong(t *testing.T) {
	s := newStory(t)
	id := s.start(&runtimev1.ContainerConfig{Args: []string{"ignore"}, Linux: inPod(&runtimev1.LinuxContainerSecurityContext{})})
	_, err := s.runtime.StopPodSandbox(t.Context(), &runtimev1.StopPodSandboxRequest{PodSandboxId: s.pod})
	require.NoError(t, err)
	assert.Equal(t, int32(128+9), s.status(id).GetExitCode())
	_, err = s.runtime.CreateContainer(t.Context(), &runtimev1.CreateContainerRequest{
		PodSandboxId: s.pod, Config: &runtimev1.ContainerConfig{Image: &runtimev1.ImageSpec{Image: "program"}},
	})
	assert.ErrorContains(t, err, "the pod is stopped")
}
