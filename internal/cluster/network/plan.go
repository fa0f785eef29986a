// SPDX-License-Identifier: Apache-2.0

// Package network joins the control plane, the nodes and the pods, each of which is a network namespace.
//
//	pod --veth-- node 1 --link "node-1"--.
//	pod --veth-- node 1                   bridge, in the namespace of the control plane, 10.97.0.1
//	pod --veth-- node 2 --link "node-2"--'
//
// A pod has one address, and everything that leaves the pod goes through its node, which routes it. So kube-proxy sees each connection, as it must to
// translate the addresses of Services. No namespace has a way to the machine's own network.
package network

import (
	"fmt"
	"net/netip"
)

// Addresses that do not depend on the node.
const (
	// Control is where the control plane and the name server listen.
	Control = "10.97.0.1"
	// Services are the addresses that kube-proxy translates. None of them exists.
	Services = "10.96.0.0/16"
	// Pods are the addresses of all pods.
	Pods = "10.98.0.0/16"
	// NameServer is the port of Control where names of pods and Services are resolved.
	NameServer = "53"

	bridge = "cluster"
	// gateway is the address of each node as its pods see it. It is the same on every link, and leaves none.
	gateway = "169.254.1.1"
)

// MaxNodes is how many nodes the addresses are planned for.
const MaxNodes = 200

// Node is the address of a node, counted from 1.
func Node(number int) string {
	return fmt.Sprintf("10.97.0.%d", 10+number)
}

// PodsOf is where the addresses of a node's pods are from.
func PodsOf(number int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 98, byte(number), 0}), 24) //nolint:gosec // there are at most MaxNodes
}

// Link is the name of a node's link to the bridge, on the side of the control plane.
func Link(number int) string {
	return fmt.Sprintf("node-%d", number)
}
