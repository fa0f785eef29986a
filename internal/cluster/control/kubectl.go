// SPDX-License-Identifier: Apache-2.0

package control

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Kubectl runs the kubectl of the release, as a user would.
type Kubectl struct {
	path string
}

// NewKubectl uses the kubectl in the folder of programs.
func NewKubectl(programs string) Kubectl {
	return Kubectl{path: filepath.Join(programs, "kubectl")}
}

// timeout is what one command may take, unless its context ends before.
const timeout = 3 * time.Minute

// Run runs kubectl and returns what it prints on stdout. input is its stdin.
func (k Kubectl) Run(ctx context.Context, input []byte, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	all := append([]string{"--kubeconfig=" + KubeConfig, "--cache-dir=" + Folder + "/kubectl"}, args...)
	command := exec.CommandContext(ctx, k.path, all...) //nolint:gosec // it runs kubectl
	var stdout, stderr bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = bytes.NewReader(input), &stdout, &stderr
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.Bytes(), nil
}

// Get reads what kubectl get shows, as JSON.
func (k Kubectl) Get(ctx context.Context, into any, args ...string) error {
	out, err := k.Run(ctx, nil, append([]string{"get", "-o=json"}, args...)...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(out, into); err != nil {
		return fmt.Errorf("read what kubectl get %s shows: %w", strings.Join(args, " "), err)
	}
	return nil
}

// Until tries again, four times a second, until what it tries says that it is done. An error that is left when the time is up is returned with it.
func Until(ctx context.Context, what string, limit time.Duration, try func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		done, err := try(ctx)
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			if err != nil {
				return fmt.Errorf("wait up to %s for %s: %w: %w", limit, what, context.Cause(ctx), err)
			}
			return fmt.Errorf("wait up to %s for %s: %w", limit, what, context.Cause(ctx))
		case <-time.After(250 * time.Millisecond):
		}
	}
}
