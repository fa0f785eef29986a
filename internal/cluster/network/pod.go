// SPDX-License-Identifier: Apache-2.0

package network

import (
	"context"
	"net/netip"
	"path/filepath"
)

// Path is where the namespace of a pod is found.
func Path(pod string) string {
	return filepath.Join("/run/netns", pod)
}

// AddPod makes the namespace of a pod and its link. pod is at most 15 bytes long: it also names the link. It runs in the namespace of the node.
func AddPod(ctx context.Context, number int, pod string, address netip.Addr) error {
	inside := "-n " + pod + " "
	return ip(ctx,
		"netns add "+pod,
		"link add "+pod+" type veth peer name eth0 netns "+pod,
		"addr add "+gateway+"/32 dev "+pod,
		"link set "+pod+" up",
		inside+"link set lo up",
		inside+"addr add "+address.String()+"/32 dev eth0",
		inside+"link set eth0 up",
		inside+"route add "+gateway+" dev eth0 scope link",
		inside+"route add default via "+gateway+" dev eth0",
		"route add "+address.String()+" dev "+pod+" src "+Node(number))
}

// RemovePod removes what AddPod made. Its connections end without a word, as those of a pod that is gone do.
func RemovePod(ctx context.Context, pod string) error {
	return ip(ctx, "netns del "+pod)
}
