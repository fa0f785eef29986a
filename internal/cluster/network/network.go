// SPDX-License-Identifier: Apache-2.0

package network

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// ip runs the commands one after the other, each as the arguments of ip(8), and stops at the first that fails.
func ip(ctx context.Context, commands ...string) error {
	for _, command := range commands {
		out, err := exec.CommandContext(ctx, "ip", strings.Fields(command)...).CombinedOutput() //nolint:gosec // the commands are made here
		if err != nil {
			return fmt.Errorf("ip %s: %w: %s", command, err, strings.TrimSpace(string(out)))
		}
	}
	return nil
}

// SetUpControl makes the bridge. It runs in the namespace of the control plane.
func SetUpControl(ctx context.Context) error {
	return ip(ctx,
		"link set lo up",
		"link add "+bridge+" type bridge",
		"addr add "+Control+"/24 dev "+bridge,
		"link set "+bridge+" up")
}

// Plug gives a node, which is the namespace of process pid, its link to the bridge. It runs in the namespace of the control plane.
func Plug(ctx context.Context, number, pid int) error {
	link := Link(number)
	return ip(ctx,
		"link add "+link+" type veth peer name eth0 netns "+strconv.Itoa(pid),
		"link set "+link+" master "+bridge+" up",
		fmt.Sprintf("route add %s via %s", PodsOf(number), Node(number)))
}

// Cut takes a node's link down: it reaches nothing, and nothing reaches it. What runs on it goes on.
func Cut(ctx context.Context, number int) error {
	return ip(ctx, "link set "+Link(number)+" down")
}

// Mend brings the link of a node up again.
func Mend(ctx context.Context, number int) error {
	return ip(ctx, "link set "+Link(number)+" up")
}

// SetUpNode waits for the link that Plug makes, and then configures the node, one of so many. It runs in the namespace of the node.
func SetUpNode(ctx context.Context, number, nodes int) error {
	for ip(ctx, "link show eth0") != nil {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the link of node %d: %w", number, context.Cause(ctx))
		case <-time.After(20 * time.Millisecond):
		}
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o600); err != nil {
		return fmt.Errorf("let the node route: %w", err)
	}
	err := ip(ctx,
		"link set lo up",
		"addr add "+Node(number)+"/24 dev eth0",
		"link set eth0 up",
		"route add default via "+Control,
		// Addresses of this node that no pod has lead nowhere, rather than in a circle.
		fmt.Sprintf("route add unreachable %s", PodsOf(number)))
	if err != nil {
		return err
	}
	for other := 1; other <= nodes; other++ {
		if other == number {
			continue
		}
		if err := ip(ctx, fmt.Sprintf("route add %s via %s", PodsOf(other), Node(other))); err != nil {
			return err
		}
	}
	return nil
}
