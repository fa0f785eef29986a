// SPDX-License-Identifier: Apache-2.0

// Package control starts the control plane of a Kubernetes release: etcd, the API server, the controller manager and the scheduler, and CoreDNS beside them.
// They listen in the network namespace that they are started in, and nowhere else. All of their data is below [Folder], which is in memory.
package control

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"

	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/network"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/part"
)

// Folder is where the control plane keeps everything.
const Folder = "/run/control"

// KubeConfig is the file with which everybody here talks to the API server, as its administrator: who may do what is not tested.
const KubeConfig = Folder + "/kubeconfig"

const (
	server     = "https://" + network.Control + ":6443"
	signingKey = Folder + "/service-accounts.key"
	tokens     = Folder + "/tokens.csv"
	coreFile   = Folder + "/Corefile"
)

// Start writes the files that the programs of the control plane read, and starts them. They are not ready when it returns.
func Start(ctx context.Context, group *part.Group, programs string) error {
	if err := write(); err != nil {
		return err
	}
	for _, program := range list(programs) {
		if _, err := group.Start(ctx, program); err != nil {
			return err
		}
	}
	return nil
}

func list(programs string) []part.Program {
	etcd := "http://127.0.0.1:2379"
	all := []part.Program{
		{Name: "etcd", Args: []string{
			"--data-dir=" + Folder + "/etcd", "--listen-client-urls=" + etcd, "--advertise-client-urls=" + etcd,
			"--listen-peer-urls=http://127.0.0.1:2380", "--log-level=warn", "--unsafe-no-fsync",
		}},
		{Name: "kube-apiserver", Args: []string{
			"--etcd-servers=" + etcd, "--bind-address=" + network.Control, "--advertise-address=" + network.Control, "--secure-port=6443",
			"--cert-dir=" + Folder + "/certificates", "--token-auth-file=" + tokens, "--authorization-mode=RBAC",
			"--service-cluster-ip-range=" + network.Services, "--service-account-issuer=" + server,
			"--service-account-key-file=" + signingKey, "--service-account-signing-key-file=" + signingKey,
			"--kubelet-preferred-address-types=InternalIP", // no name of a node resolves
		}},
		{Name: "kube-controller-manager", Args: []string{
			"--kubeconfig=" + KubeConfig, "--service-account-private-key-file=" + signingKey, "--leader-elect=false",
			"--bind-address=127.0.0.1", "--flex-volume-plugin-dir=" + Folder + "/volumeplugins",
		}},
		{Name: "kube-scheduler", Args: []string{
			"--kubeconfig=" + KubeConfig, "--leader-elect=false", "--bind-address=127.0.0.1",
		}},
		{Name: "coredns", Args: []string{"-conf=" + coreFile}},
	}
	for i := range all {
		all[i].Path = filepath.Join(programs, all[i].Name)
	}
	return all
}

const kubeConfig = `apiVersion: v1
kind: Config
clusters: [{name: runtimelab, cluster: {server: %q, insecure-skip-tls-verify: true}}]
users: [{name: admin, user: {token: %q}}]
contexts: [{name: runtimelab, context: {cluster: runtimelab, user: admin}}]
current-context: runtimelab
`

// There is no way out of the cluster, so no name outside of it exists.
const corefile = `.:` + network.NameServer + ` {
    bind ` + network.Control + `
    errors
    kubernetes cluster.local {
        kubeconfig ` + KubeConfig + ` runtimelab
    }
    template ANY ANY {
        rcode NXDOMAIN
    }
}
`

func write() error {
	if err := os.MkdirAll(Folder, 0o700); err != nil {
		return err
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return fmt.Errorf("make the key of service accounts: %w", err)
	}
	token := rand.Text()
	files := map[string][]byte{
		signingKey: pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}),
		tokens:     []byte(token + ",admin,admin,system:masters\n"),
		KubeConfig: fmt.Appendf(nil, kubeConfig, server, token),
		coreFile:   []byte(corefile),
	}
	for path, data := range files {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return err
		}
	}
	return nil
}
