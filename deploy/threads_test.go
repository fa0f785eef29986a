// SPDX-License-Identifier: Apache-2.0

package deploy

import (
	"path"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// TestThreadsOnKubernetes: the patch changes what it names and nothing else, and the configuration that the Collector makes of both files is
// config/sidecar-threads.yaml.
func TestThreadsOnKubernetes(t *testing.T) {
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), "kubernetes")
	require.NoError(t, err)
	require.Equal(t, 2, resources.Size())
	var config corev1.ConfigMap
	var pod corev1.Pod
	for i, into := range []any{&config, &pod} {
		text, err := resources.Resources()[i].AsYAML()
		require.NoError(t, err)
		require.NoError(t, yaml.UnmarshalStrict(text, into))
	}

	plainConfig, plainPod := podManifest(t)
	sidecar := pod.Spec.InitContainers[0]
	require.NotNil(t, pod.Spec.ShareProcessNamespace)
	assert.True(t, *pod.Spec.ShareProcessNamespace)
	require.Len(t, sidecar.Args, 4)
	var files [][]byte
	for _, file := range []string{sidecar.Args[1], sidecar.Args[3]} {
		text := config.Data[path.Base(file)]
		require.NotEmpty(t, text, file)
		assert.Equal(t, path.Dir(file), path.Dir(plainPod.Spec.InitContainers[0].Args[1]))
		files = append(files, []byte(text))
	}
	env := environment(t, sidecar.Env)
	merged := printed(t, files, env...)
	whole := printed(t, [][]byte{readFile(t, "..", "config", "sidecar-threads.yaml")}, env...)
	for _, component := range [][2]string{{"receivers", "process_threads"}, {"receivers", "process_threads/often"}, {"processors", "runtime_stats"}} {
		assert.Equal(t, whole[component[0]].(map[string]any)[component[1]], merged[component[0]].(map[string]any)[component[1]], component)
	}
	assert.Equal(t, whole["service"], merged["service"])

	pod.Spec.ShareProcessNamespace, pod.Spec.InitContainers[0].Args = nil, plainPod.Spec.InitContainers[0].Args
	delete(config.Data, path.Base(sidecar.Args[3]))
	assert.Equal(t, plainPod, pod)
	assert.Equal(t, plainConfig, config)
}

// TestThreadsUnderSystemd: the drop-in takes back the one setting that hides other users' processes, and the unit has no other that does.
func TestThreadsUnderSystemd(t *testing.T) {
	unit, dropIn := settings(t, "otelcol-runtimelab.service", "Service"), settings(t, "threads.conf", "Service")
	assert.Equal(t, map[string]string{"ProtectProc": "default"}, dropIn)
	assert.Equal(t, "invisible", unit["ProtectProc"])
	assert.NotContains(t, unit, "ProcSubset")
	assert.NotContains(t, unit, "PrivatePIDs")
}
