// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/network"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/node"
)

// Cut cuts off a node: it reaches nothing, and nothing reaches it.
func (c *Cluster) Cut(ctx context.Context, name string) error {
	number, err := c.number(name)
	if err != nil {
		return err
	}
	return network.Cut(ctx, number)
}

// Mend ends what Cut did.
func (c *Cluster) Mend(ctx context.Context, name string) error {
	number, err := c.number(name)
	if err != nil {
		return err
	}
	return network.Mend(ctx, number)
}

func (c *Cluster) number(name string) (int, error) {
	for number := 1; number <= c.settings.Nodes; number++ {
		if node.Name(number) == name {
			return number, nil
		}
	}
	return 0, fmt.Errorf("there is no node %q; want node-1 to node-%d", name, c.settings.Nodes)
}

// Kill kills the first process of each container of a pod with SIGKILL, as a kernel without memory does. The kubelet then starts it again in the same
// pod. The host name tells a pod, so only one namespace may have pods.
func (c *Cluster) Kill(pod string) error {
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return err
	}
	killed := 0
	for _, folder := range folders {
		environment, err := os.ReadFile(filepath.Join(folder, "environ")) //nolint:gosec // it is in /proc
		if err != nil || !bytes.Contains(append([]byte{0}, environment...), []byte("\x00HOSTNAME="+pod+"\x00")) {
			continue // it has ended, or is none of the pod's
		}
		pid, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			return err
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("kill process %d of pod %q: %w", pid, pod, err)
		}
		killed++
	}
	if killed == 0 {
		return fmt.Errorf("no process of pod %q runs", pod)
	}
	return nil
}

// lines are those that are not empty.
func lines(text []byte) []string {
	var out []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}
