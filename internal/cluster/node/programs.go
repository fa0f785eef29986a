// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/network"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/part"
)

// kubeletConfig: a node of 0 % free memory is no reason to evict, because the machine's memory is not the node's. There are no control groups.
const kubeletConfig = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: unix://` + socket + `
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
clusterDNS: [` + network.Control + `]
clusterDomain: cluster.local
resolvConf: ""
cgroupsPerQOS: false
enforceNodeAllocatable: [none]
failCgroupV1: false
failSwapOn: false
localStorageCapacityIsolation: false
makeIPTablesUtilChains: false
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 0%, nodefs.available: 0%, nodefs.inodesFree: 0%, imagefs.available: 0%, imagefs.inodesFree: 0%}
volumePluginDir: /var/lib/kubelet/volumeplugins
`

const kubeProxyConfig = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
bindAddress: 0.0.0.0
clusterCIDR: ` + network.Pods + `
detectLocalMode: ClusterCIDR
# Limits of the kernel's table of connections are the machine's.
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
clientConnection: {kubeconfig: %q}
hostnameOverride: %q
`

// start starts the two programs of the release that run on each node.
func start(ctx context.Context, group *part.Group, settings Settings) error {
	name := Name(settings.Number)
	kubelet, kubeProxy := "/run/node/kubelet.yaml", "/run/node/kube-proxy.yaml"
	if err := os.WriteFile(kubelet, []byte(kubeletConfig), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(kubeProxy, fmt.Appendf(nil, kubeProxyConfig, settings.KubeConfig, name), 0o600); err != nil {
		return err
	}
	programs := []part.Program{
		{
			Name: name + "-kubelet", Path: filepath.Join(settings.Programs, "kubelet"),
			Args: []string{
				"--config=" + kubelet, "--kubeconfig=" + settings.KubeConfig, "--hostname-override=" + name,
				"--node-ip=" + network.Node(settings.Number),
			},
		},
		{
			Name: name + "-kube-proxy", Path: filepath.Join(settings.Programs, "kube-proxy"),
			Args: []string{"--config=" + kubeProxy},
		},
	}
	for _, program := range programs {
		if _, err := group.Start(ctx, program); err != nil {
			return err
		}
	}
	return nil
}
