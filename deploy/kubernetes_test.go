// SPDX-License-Identifier: Apache-2.0

package deploy

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// collectorResource is the OpenTelemetryCollector of the OpenTelemetry Operator (apis/v1beta1/opentelemetrycollector_types.go and
// common.go), with the fields that operator.yaml uses: whatever is not here is a mistake there.
type collectorResource struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Mode            string                      `json:"mode,omitempty"`
		Image           string                      `json:"image,omitempty"`
		Env             []corev1.EnvVar             `json:"env,omitempty"`
		Resources       corev1.ResourceRequirements `json:"resources"`
		SecurityContext *corev1.SecurityContext     `json:"securityContext,omitempty"`
		VolumeMounts    []corev1.VolumeMount        `json:"volumeMounts,omitempty"`
		Volumes         []corev1.Volume             `json:"volumes,omitempty"`
		Config          struct {
			Receivers  map[string]any `json:"receivers"`
			Processors map[string]any `json:"processors,omitempty"`
			Exporters  map[string]any `json:"exporters"`
			Extensions map[string]any `json:"extensions,omitempty"`
			Service    map[string]any `json:"service"`
		} `json:"config"`
	} `json:"spec"`
}

// decode reads the documents of a manifest, one for each target, and allows no field that the API does not know.
func decode(t *testing.T, name string, into ...any) {
	t.Helper()
	documents := bytes.Split(readFile(t, "kubernetes", name), []byte("---\n"))
	require.Len(t, documents, len(into))
	for i, document := range documents {
		require.NoError(t, yaml.UnmarshalStrict(document, into[i]))
	}
}

func podManifest(t *testing.T) (config corev1.ConfigMap, pod corev1.Pod) {
	t.Helper()
	decode(t, "pod.yaml", &config, &pod)
	require.Equal(t, metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}, config.TypeMeta)
	require.Equal(t, metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}, pod.TypeMeta)
	return config, pod
}

func operatorManifest(t *testing.T) (resource collectorResource, deployment appsv1.Deployment, config []byte) {
	t.Helper()
	decode(t, "operator.yaml", &resource, &deployment)
	require.Equal(t, metav1.TypeMeta{APIVersion: "opentelemetry.io/v1beta1", Kind: "OpenTelemetryCollector"}, resource.TypeMeta)
	require.Equal(t, metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"}, deployment.TypeMeta)
	config, err := yaml.Marshal(resource.Spec.Config)
	require.NoError(t, err)
	return resource, deployment, config
}

// The pod's address in the tests: loopback, and not the address of localhost.
const podIP = "127.0.0.2"

// environment is what the kubelet would set.
func environment(t *testing.T, vars []corev1.EnvVar) (env []string) {
	t.Helper()
	for _, v := range vars {
		value := v.Value
		if v.ValueFrom != nil {
			require.Equal(t, "status.podIP", v.ValueFrom.FieldRef.FieldPath)
			value = podIP
		}
		env = append(env, v.Name+"="+value)
	}
	return env
}

func TestPodConfig(t *testing.T) {
	config, pod := podManifest(t)
	sidecar := pod.Spec.InitContainers[0]
	text := []byte(config.Data["config.yaml"])
	requireAsShipped(t, text)
	validate(t, text, environment(t, sidecar.Env)...)

	// The container reads that file: the map is mounted where --config points.
	volumes := map[string]corev1.Volume{}
	for _, volume := range pod.Spec.Volumes {
		volumes[volume.Name] = volume
	}
	mounts := map[string]string{}
	for _, mount := range sidecar.VolumeMounts {
		mounts[mount.MountPath] = mount.Name
	}
	require.Equal(t, "--config", sidecar.Args[0])
	dir, file := filepath.Split(sidecar.Args[1])
	assert.Contains(t, config.Data, file)
	assert.Equal(t, config.Name, volumes[mounts[filepath.Clean(dir)]].ConfigMap.Name)
	assertQueue(t, text, volumes[mounts["/var/lib/otelcol-runtimelab"]])
}

func TestOperatorConfig(t *testing.T) {
	resource, deployment, config := operatorManifest(t)
	requireAsShipped(t, config)
	validate(t, config, environment(t, resource.Spec.Env)...)
	assert.Equal(t, "sidecar", resource.Spec.Mode)
	assert.Equal(t, resource.Name, deployment.Spec.Template.Annotations["sidecar.opentelemetry.io/inject"])
	assert.Equal(t, deployment.Spec.Selector.MatchLabels, deployment.Spec.Template.Labels)
	require.Len(t, resource.Spec.Volumes, 1)
	assert.Equal(t, []corev1.VolumeMount{{Name: resource.Spec.Volumes[0].Name, MountPath: "/var/lib/otelcol-runtimelab"}}, resource.Spec.VolumeMounts)
	assertQueue(t, config, resource.Spec.Volumes[0])
}

// assertQueue: a full queue is refused by the Collector before its file is full, and files are full before the kubelet evicts the pod.
// Each signal has a file, and the windows of runtime_stats have one.
func assertQueue(t *testing.T, text []byte, volume corev1.Volume) {
	t.Helper()
	require.NotNil(t, volume.EmptyDir)
	config := parseConfig(t, text)
	maxSize, files := config.Extensions.FileStorage.MaxSize, len(config.Service.Pipelines)+1
	assert.Positive(t, config.Exporters.OTLP.SendingQueue.QueueSize)
	assert.LessOrEqual(t, 2*config.Exporters.OTLP.SendingQueue.QueueSize, maxSize)
	assert.GreaterOrEqual(t, volume.EmptyDir.SizeLimit.Value(), int64(files)*maxSize)
}

// TestSignals: whatever the service sends is passed on.
func TestSignals(t *testing.T) {
	for _, signal := range []string{"traces", "metrics", "logs"} {
		pipeline := parseConfig(t, sidecarConfig(t)).Service.Pipelines[signal]
		assert.Equal(t, []string{"otlp"}, pipeline.Receivers, signal)
		assert.Contains(t, pipeline.Processors, "memory_limiter", signal)
		assert.Equal(t, []string{"otlp_grpc"}, pipeline.Exporters, signal)
	}
}

// TestMemory: the memory limiter refuses first, then Go collects harder, and the kernel has no reason to kill.
func TestMemory(t *testing.T) {
	config, pod := podManifest(t)
	resource, _, operatorConfig := operatorManifest(t)
	for name, c := range map[string]struct {
		env       []corev1.EnvVar
		resources corev1.ResourceRequirements
		config    []byte
	}{
		"pod":      {pod.Spec.InitContainers[0].Env, pod.Spec.InitContainers[0].Resources, []byte(config.Data["config.yaml"])},
		"operator": {resource.Spec.Env, resource.Spec.Resources, operatorConfig},
	} {
		t.Run(name, func(t *testing.T) {
			limit := c.resources.Limits.Memory().Value()
			goLimit := int64(0)
			for _, v := range c.env {
				if v.Name == "GOMEMLIMIT" {
					goLimit = mebibytes(t, v.Value)
				}
			}
			assert.Equal(t, limit*8/10, goLimit)
			assert.LessOrEqual(t, parseConfig(t, c.config).Processors.MemoryLimiter.LimitMiB*mebibyte, goLimit)
		})
	}
}

func mebibytes(t *testing.T, value string) int64 {
	t.Helper()
	digits, found := strings.CutSuffix(value, "MiB")
	require.True(t, found, value)
	n, err := strconv.ParseInt(digits, 10, 64)
	require.NoError(t, err)
	return n * mebibyte
}

func TestPrivileges(t *testing.T) {
	_, pod := podManifest(t)
	resource, deployment, _ := operatorManifest(t)
	for name, spec := range map[string]corev1.PodSpec{"pod": pod.Spec, "deployment": deployment.Spec.Template.Spec} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, new(false), spec.AutomountServiceAccountToken)
			assert.False(t, spec.HostNetwork || spec.HostPID || spec.HostIPC)
			assert.Equal(t, new(true), spec.SecurityContext.RunAsNonRoot)
			assert.Equal(t, new(int64(10001)), spec.SecurityContext.RunAsUser)
			assert.Equal(t, new(int64(10001)), spec.SecurityContext.FSGroup, "the queue's directory is writable")
			assert.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, spec.SecurityContext.SeccompProfile.Type)
			for _, c := range append(spec.InitContainers, spec.Containers...) {
				assertConfined(t, c.SecurityContext)
				assertBounded(t, c.Resources)
				assertPinned(t, c.Image)
			}
		})
	}
	t.Run("operator", func(t *testing.T) {
		// Nothing of the pod's security context can be counted on: the pod is the service's.
		assertConfined(t, resource.Spec.SecurityContext)
		assert.Equal(t, new(true), resource.Spec.SecurityContext.RunAsNonRoot)
		assert.Equal(t, new(int64(10001)), resource.Spec.SecurityContext.RunAsUser)
		assert.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, resource.Spec.SecurityContext.SeccompProfile.Type)
		assertBounded(t, resource.Spec.Resources)
	})
	for _, image := range []string{resource.Spec.Image, pod.Spec.InitContainers[0].Image} {
		assert.Equal(t, "registry.example.com/otelcol-runtimelab:"+version(t), image)
	}
}

func assertConfined(t *testing.T, c *corev1.SecurityContext) {
	t.Helper()
	require.NotNil(t, c)
	assert.Equal(t, new(false), c.AllowPrivilegeEscalation)
	assert.Equal(t, new(true), c.ReadOnlyRootFilesystem)
	assert.Equal(t, &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}, c.Capabilities)
	assert.Nil(t, c.Privileged)
}

func assertBounded(t *testing.T, r corev1.ResourceRequirements) {
	t.Helper()
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		request, limit := r.Requests[name], r.Limits[name]
		assert.Positive(t, request.Sign(), "request of %s", name)
		assert.GreaterOrEqual(t, limit.Cmp(request), 0, "limit of %s", name)
	}
}

// assertPinned: the image has a version, and not the one that is always another.
func assertPinned(t *testing.T, image string) {
	t.Helper()
	_, tag, _ := strings.Cut(image, ":")
	assert.Regexp(t, `^\d+\.\d+\.\d+$`, tag, image)
}

// TestStop: the sidecar outlives the service, and there is time for both.
func TestStop(t *testing.T) {
	config, pod := podManifest(t)
	_, deployment, operatorConfig := operatorManifest(t)
	require.Len(t, pod.Spec.InitContainers, 1)
	assert.Equal(t, new(corev1.ContainerRestartPolicyAlways), pod.Spec.InitContainers[0].RestartPolicy)
	for _, c := range []struct {
		spec   corev1.PodSpec
		config []byte
	}{{pod.Spec, []byte(config.Data["config.yaml"])}, {deployment.Spec.Template.Spec, operatorConfig}} {
		grace := time.Duration(*c.spec.TerminationGracePeriodSeconds) * time.Second
		collector := parseConfig(t, c.config)
		assert.GreaterOrEqual(t, grace-collector.drain(t), 20*time.Second, "what is left for the service")
	}
}

// TestProbes runs the Collector as the pod does, and probes it as the kubelet does.
func TestProbes(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only on Linux is all of 127.0.0.0/8 loopback")
	}
	config, pod := podManifest(t)
	sidecar := pod.Spec.InitContainers[0]
	file := filepath.Join(t.TempDir(), "config.yaml")
	writeFile(t, file, []byte(config.Data["config.yaml"]))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := exec.CommandContext(ctx, binary(t), "--config", file,
		// These ports may be taken on the machine that runs the test.
		"--config", "yaml:receivers::otlp::protocols::grpc::endpoint: localhost:0",
		"--config", "yaml:receivers::otlp::protocols::http::endpoint: localhost:0",
		"--config", "yaml:service::telemetry::metrics::level: none")
	cmd.Env = append(environment(t, sidecar.Env), "SIDECAR_STATE="+t.TempDir())
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			t.Logf("%s", out.String())
		}
	})

	ports := map[string]int32{}
	for _, port := range sidecar.Ports {
		ports[port.Name] = port.ContainerPort
	}
	health := parseConfig(t, []byte(config.Data["config.yaml"])).Extensions.HealthCheck.Endpoint
	for name, probe := range map[string]*corev1.Probe{"startup": sidecar.StartupProbe, "liveness": sidecar.LivenessProbe} {
		require.NotNil(t, probe, name)
		port := ports[probe.HTTPGet.Port.StrVal]
		assert.Equal(t, fmt.Sprintf("${env:POD_IP}:%d", port), health, name)
		url := "http://" + net.JoinHostPort(podIP, strconv.Itoa(int(port))) + probe.HTTPGet.Path
		require.Eventually(t, func() bool {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
			require.NoError(t, err)
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				return false
			}
			require.NoError(t, response.Body.Close())
			return response.StatusCode == http.StatusOK
		}, 5*time.Minute, 50*time.Millisecond, "%s probe", name)
	}
	assert.Nil(t, sidecar.ReadinessProbe, "the sidecar's readiness would be the service's")
	startup := sidecar.StartupProbe
	assert.GreaterOrEqual(t, startup.PeriodSeconds*startup.FailureThreshold, int32(10), "a busy node has time to start it")
}
