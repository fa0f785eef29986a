// SPDX-License-Identifier: Apache-2.0

package deploy

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

// Folders of a container.
const (
	mountedConfig = "/etc/pipelinetest"
	mountedFolder = "/var/lib/pipelinetest"
)

// programs are where those of the image are, by their paths in it. The Collector is its entry point.
type programs struct{ collector, pipelinetest string }

// pod is a pod on this machine: a process with the arguments and the environment that the kubelet gives it, and folders in the place of volumes.
type pod struct {
	name            string
	ip              string
	spec            *corev1.PodSpec
	labels          map[string]string
	index           int
	config, folder  string
	names           *strings.Replacer // of other pods and services, by addresses; nil: they stay
	process         *exec.Cmd
	stdout, stderr  *output
	ended           chan struct{}
	code            int
	extraArguments  []string
	programs        programs
	stopWhenCleaned sync.Once
}

// output is what a process prints, while others read it.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// newPod makes the pod of a template: the index-th of what makes it.
func newPod(t *testing.T, m *manifests, of string, template *corev1.PodTemplateSpec, index int, ip string) *pod {
	t.Helper()
	p := &pod{
		name: fmt.Sprintf("%s-%d", of, index), ip: ip, spec: &template.Spec, labels: template.Labels, index: index, config: t.TempDir(), folder: t.TempDir(),
		programs: programs{collector: binary(t)},
	}
	for _, volume := range p.spec.Volumes {
		if volume.ConfigMap == nil {
			continue
		}
		config := m.configs[volume.ConfigMap.Name]
		require.NotNil(t, config, volume.ConfigMap.Name)
		for name, text := range config.Data {
			text = strings.ReplaceAll(text, mountedFolder, p.folder)
			require.NoError(t, os.WriteFile(filepath.Join(p.config, name), []byte(text), 0o600))
		}
	}
	return p
}

// environment is what the kubelet and the controllers set.
func (p *pod) environment(t *testing.T) (env []string) {
	t.Helper()
	values := []string{}
	for _, v := range p.spec.Containers[0].Env {
		value := v.Value
		if v.ValueFrom != nil {
			switch path := v.ValueFrom.FieldRef.FieldPath; path {
			case "status.podIP":
				value = p.ip
			case "metadata.name":
				value = p.name
			case "metadata.labels['batch.kubernetes.io/controller-uid']":
				value = "5f0c2ee1-6f0a-4d0b-9a53-3b1d7f0c9a11"
			default:
				require.Fail(t, "no kubelet here knows this", path)
			}
		}
		value = strings.NewReplacer(values...).Replace(value) // $(NAME) of those before
		values = append(values, "$("+v.Name+")", value)
		value = strings.ReplaceAll(value, mountedFolder, p.folder)
		if p.names != nil && v.ValueFrom == nil {
			value = p.names.Replace(value)
		}
		env = append(env, v.Name+"="+value)
	}
	return append(env, fmt.Sprintf("JOB_COMPLETION_INDEX=%d", p.index))
}

// command is the process of the pod; subcommand is one of the Collector's, or nothing.
func (p *pod) command(t *testing.T, subcommand string) *exec.Cmd {
	t.Helper()
	c := p.spec.Containers[0]
	program, args := p.programs.collector, []string{}
	if len(c.Command) > 0 {
		require.Equal(t, []string{"/pipelinetest"}, c.Command)
		program = p.programs.pipelinetest
	}
	if subcommand != "" {
		args = append(args, subcommand)
	}
	for _, arg := range c.Args {
		arg = strings.ReplaceAll(arg, mountedConfig, p.config)
		arg = strings.Replace(arg, "--ready=:", "--ready="+p.ip+":", 1) // the pod has no other address
		if p.names != nil {
			arg = p.names.Replace(arg)
		}
		args = append(args, arg)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, append(args, p.extraArguments...)...)
	cmd.Env = p.environment(t)
	return cmd
}

// start starts the pod, also once more.
func (p *pod) start(t *testing.T) {
	t.Helper()
	p.process = p.command(t, "")
	p.stdout, p.stderr, p.ended = &output{}, &output{}, make(chan struct{})
	p.process.Stdout, p.process.Stderr = p.stdout, p.stderr
	require.NoError(t, p.process.Start())
	go func(process *exec.Cmd, ended chan struct{}) {
		_ = process.Wait() // the code says it
		p.code = process.ProcessState.ExitCode()
		close(ended)
	}(p.process, p.ended)
	p.stopWhenCleaned.Do(func() {
		t.Cleanup(func() {
			p.signal(t, syscall.SIGKILL)
			if t.Failed() {
				t.Logf("%s:\n%.3000s\n%.3000s", p.name, p.stdout, p.stderr)
			}
		})
	})
}

// signal sends a signal and waits for the end.
func (p *pod) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	_ = p.process.Process.Signal(s) // it may have ended
	<-p.ended
}

// exit is the code with which the pod ends by itself.
func (p *pod) exit(t *testing.T) int {
	t.Helper()
	<-p.ended
	assert.NotEqual(t, -1, p.code, "%s was killed", p.name)
	return p.code
}
