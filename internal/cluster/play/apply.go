// SPDX-License-Identifier: Apache-2.0

package play

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/control"
)

// storageClass is for whoever asks for a volume and does not say of which class. Nothing makes volumes: they are there.
const storageClass = `apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: local
  annotations: {storageclass.kubernetes.io/is-default-class: "true"}
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: Immediate
`

// volume is a folder that all nodes have, as they have one disk.
const volume = `apiVersion: v1
kind: PersistentVolume
metadata:
  name: %s
  labels: {run: %s}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  storageClassName: local
  persistentVolumeReclaimPolicy: Retain
  local: {path: %s}
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/os, operator: Exists}]}]}}
`

// apply makes the volumes of the run and applies its manifests.
func (r *Run) apply(ctx context.Context, p *Player) error {
	folder := filepath.Join("/run/manifests", r.namespace)
	if err := r.render(ctx, p, folder); err != nil {
		return err
	}
	objects := []string{storageClass}
	for i := range verifiers {
		name := fmt.Sprintf("%s-%d", r.namespace, i)
		path := filepath.Join(r.volumes, strconv.Itoa(i))
		if err := os.MkdirAll(path, 0o755); err != nil { //nolint:gosec // the kubelet gives it to the pod's group
			return err
		}
		objects = append(objects, fmt.Sprintf(volume, name, r.namespace, path))
	}
	if _, err := r.cluster.Run(ctx, []byte(strings.Join(objects, "---\n")), "apply", "--filename=-"); err != nil {
		return err
	}
	_, err := r.cluster.Run(ctx, nil, "apply", "--kustomize="+folder)
	return err
}

// render writes the manifests as a user would.
func (r *Run) render(ctx context.Context, p *Player, folder string) error {
	//nolint:gosec // it is the project's own command
	command := exec.CommandContext(ctx, p.PipelineTest, "kubernetes", filepath.Join(p.Loads, r.scenario.Load+".yaml"), "--namespace="+r.namespace,
		"--generators="+strconv.Itoa(generators), "--verifiers="+strconv.Itoa(verifiers), "--output="+folder)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("pipelinetest kubernetes: %w: %s", err, strings.TrimSpace(string(out)))
	}
	if r.scenario.Change == nil {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return err
	}
	for _, path := range files {
		text, err := os.ReadFile(path) //nolint:gosec // it was rendered right now
		if err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(r.scenario.Change(string(text))), 0o600); err != nil {
			return err
		}
	}
	return nil
}

var (
	headless    = regexp.MustCompile(`clusterIP: None # its name is all pods.*`)
	waitOfJudge = regexp.MustCompile(`--wait=\S+`)
	claim       = regexp.MustCompile(`(?s)  volumeClaimTemplates:.*?\n(---\n)`)
)

// oneAddress gives the Service of the gateways an address, which kube-proxy translates.
func oneAddress(manifests string) string {
	return headless.ReplaceAllString(manifests, "type: ClusterIP")
}

// impatientJudge gives up soon: what is missing will not come.
func impatientJudge(manifests string) string {
	return waitOfJudge.ReplaceAllString(manifests, "--wait=75s")
}

// withoutMemory gives verifiers a folder that ends with the pod, in the place of their volume.
func withoutMemory(manifests string) string {
	return claim.ReplaceAllString(manifests, "        - name: memory\n          emptyDir: {}\n$1")
}

// remove removes all objects of the run, and waits until they are gone: the next run needs their place.
func (r *Run) remove(ctx context.Context) error {
	for _, args := range [][]string{
		{"--namespace=" + r.namespace, "delete", "pods", "--all", "--grace-period=1", "--wait=false"}, // nothing that they still do matters
		{"delete", "namespace", r.namespace, "--wait=false"},
		{"delete", "persistentvolume", "--selector=run=" + r.namespace, "--wait=false"},
	} {
		if _, err := r.cluster.Run(ctx, nil, args...); err != nil {
			return err
		}
	}
	return control.Until(ctx, "the end of namespace "+r.namespace, goneLimit, func(ctx context.Context) (bool, error) {
		out, err := r.cluster.Run(ctx, nil, "get", "namespace", r.namespace, "--ignore-not-found")
		return err == nil && len(out) == 0, err
	})
}
