// SPDX-License-Identifier: Apache-2.0

package deploy

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// manifests are the objects that pipelinetest kubernetes renders, by kind and name.
type manifests struct {
	namespaces   map[string]*corev1.Namespace
	configs      map[string]*corev1.ConfigMap
	services     map[string]*corev1.Service
	statefulSets map[string]*appsv1.StatefulSet
	deployments  map[string]*appsv1.Deployment
	jobs         map[string]*batchv1.Job
	budgets      map[string]*policyv1.PodDisruptionBudget
	policies     map[string]*networkingv1.NetworkPolicy
}

func newManifests() *manifests {
	return &manifests{
		map[string]*corev1.Namespace{},
		map[string]*corev1.ConfigMap{},
		map[string]*corev1.Service{},
		map[string]*appsv1.StatefulSet{},
		map[string]*appsv1.Deployment{},
		map[string]*batchv1.Job{},
		map[string]*policyv1.PodDisruptionBudget{},
		map[string]*networkingv1.NetworkPolicy{},
	}
}

// add reads an object, and allows no field that the API does not know.
func (m *manifests) add(t *testing.T, text []byte) {
	t.Helper()
	var of struct {
		metav1.TypeMeta
		Metadata struct{ Name string }
	}
	require.NoError(t, yaml.Unmarshal(text, &of))
	switch of.APIVersion + " " + of.Kind {
	case "v1 Namespace":
		into(t, m.namespaces, of.Metadata.Name, text)
	case "v1 ConfigMap":
		into(t, m.configs, of.Metadata.Name, text)
	case "v1 Service":
		into(t, m.services, of.Metadata.Name, text)
	case "apps/v1 StatefulSet":
		into(t, m.statefulSets, of.Metadata.Name, text)
	case "apps/v1 Deployment":
		into(t, m.deployments, of.Metadata.Name, text)
	case "batch/v1 Job":
		into(t, m.jobs, of.Metadata.Name, text)
	case "policy/v1 PodDisruptionBudget":
		into(t, m.budgets, of.Metadata.Name, text)
	case "networking.k8s.io/v1 NetworkPolicy":
		into(t, m.policies, of.Metadata.Name, text)
	default:
		require.Fail(t, "no test reads this", "%s", text)
	}
}

func into[T any](t *testing.T, objects map[string]*T, name string, text []byte) {
	t.Helper()
	require.NotContains(t, objects, name)
	objects[name] = new(T)
	require.NoError(t, yaml.UnmarshalStrict(text, objects[name]), "%s", text)
}

// kustomized reads a folder as kubectl apply -k does.
func kustomized(t *testing.T, folder string) *manifests {
	t.Helper()
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	require.NoError(t, err)
	m := newManifests()
	for _, resource := range resources.Resources() {
		text, err := resource.AsYAML()
		require.NoError(t, err)
		m.add(t, text)
	}
	return m
}

// streamed reads all manifests of a text, as kubectl apply -f does.
func streamed(t *testing.T, text []byte) *manifests {
	t.Helper()
	m := newManifests()
	for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
		m.add(t, document)
	}
	return m
}

// rendered are all manifests that are committed: those for users, and those of tests.
func rendered(t *testing.T) map[string]*manifests {
	t.Helper()
	all := map[string]*manifests{}
	folders, err := filepath.Glob(filepath.Join("kubernetes", "*", "kustomization.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, folders)
	for _, path := range folders {
		all[filepath.Base(filepath.Dir(path))] = kustomized(t, filepath.Dir(path))
	}
	goldens, err := filepath.Glob(filepath.Join("..", "cmd", "pipelinetest", "internal", "kubernetes", "testdata", "*.golden"))
	require.NoError(t, err)
	require.NotEmpty(t, goldens)
	for _, path := range goldens {
		all[filepath.Base(path)] = streamed(t, readFile(t, path))
	}
	return all
}

// pods are the templates of all pods, by the name of what makes them.
func (m *manifests) pods() map[string]*corev1.PodTemplateSpec {
	pods := map[string]*corev1.PodTemplateSpec{}
	for name, o := range m.statefulSets {
		pods[name] = &o.Spec.Template
	}
	for name, o := range m.deployments {
		pods[name] = &o.Spec.Template
	}
	for name, o := range m.jobs {
		pods[name] = &o.Spec.Template
	}
	return pods
}

// TestLoadPrivileges: no pod of a load may do more than it must, and each says what it takes.
func TestLoadPrivileges(t *testing.T) {
	for name, m := range rendered(t) {
		for _, namespace := range m.namespaces {
			assert.Equal(t, "restricted", namespace.Labels["pod-security.kubernetes.io/enforce"], name)
		}
		for of, pod := range m.pods() {
			spec := pod.Spec
			assert.Equal(t, new(false), spec.AutomountServiceAccountToken, of)
			assert.False(t, spec.HostNetwork || spec.HostPID || spec.HostIPC, of)
			assert.Equal(t, new(true), spec.SecurityContext.RunAsNonRoot, of)
			assert.Equal(t, new(int64(10001)), spec.SecurityContext.RunAsUser, of)
			assert.Equal(t, new(int64(10001)), spec.SecurityContext.FSGroup, of)
			assert.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, spec.SecurityContext.SeccompProfile.Type, of)
			require.Len(t, spec.Containers, 1, of)
			c := spec.Containers[0]
			assertConfined(t, c.SecurityContext)
			assertBounded(t, c.Resources)
			assertPinned(t, c.Image)
			for _, v := range c.Env {
				if v.Name == "GOMEMLIMIT" {
					assert.Equal(t, c.Resources.Limits.Memory().Value()*8/10, mebibytes(t, v.Value), of)
				}
			}
		}
	}
}

// TestLoadImage: what is committed runs this version.
func TestLoadImage(t *testing.T) {
	for of, pod := range kustomized(t, filepath.Join("kubernetes", "load")).pods() {
		assert.Equal(t, "ghcr.io/runtimelab/otelcol-runtimelab:"+version(t), pod.Spec.Containers[0].Image, of)
	}
}

// TestLoadSelects: what selects pods finds some, and ports that it names are theirs.
func TestLoadSelects(t *testing.T) {
	for name, m := range rendered(t) {
		portsOf := func(selector labels.Selector) (ports []string) {
			found := false
			for _, pod := range m.pods() {
				if selector.Matches(labels.Set(pod.Labels)) {
					found = true
					for _, p := range pod.Spec.Containers[0].Ports {
						ports = append(ports, p.Name)
					}
				}
			}
			assert.True(t, found, "%s: nothing matches %s", name, selector)
			return ports
		}
		of := func(s *metav1.LabelSelector) labels.Selector {
			selector, err := metav1.LabelSelectorAsSelector(s)
			require.NoError(t, err)
			return selector
		}
		for service, o := range m.services {
			ports := portsOf(labels.SelectorFromSet(o.Spec.Selector))
			for _, port := range o.Spec.Ports {
				assert.Contains(t, ports, port.TargetPort.StrVal, service)
			}
		}
		for set, o := range m.statefulSets {
			assert.Contains(t, m.services, o.Spec.ServiceName)
			assert.True(t, of(o.Spec.Selector).Matches(labels.Set(o.Spec.Template.Labels)), set)
		}
		for deployment, o := range m.deployments {
			assert.True(t, of(o.Spec.Selector).Matches(labels.Set(o.Spec.Template.Labels)), deployment)
		}
		for _, o := range m.budgets {
			portsOf(of(o.Spec.Selector))
		}
		for policy, o := range m.policies {
			ports := portsOf(of(&o.Spec.PodSelector))
			for _, rule := range o.Spec.Ingress {
				for _, port := range rule.Ports {
					assert.Contains(t, ports, port.Port.StrVal, policy)
				}
				for _, from := range rule.From {
					if from.NamespaceSelector == nil { // what is in another namespace is the user's
						portsOf(of(from.PodSelector))
					}
				}
			}
		}
	}
}

// TestLoadPolicies: only the systems under test reach a verifier over OTLP, and only the judge its state.
func TestLoadPolicies(t *testing.T) {
	m := kustomized(t, filepath.Join("kubernetes", "load"))
	reach := map[string][]string{}
	for _, rule := range m.policies["load-verifier"].Spec.Ingress {
		for _, port := range rule.Ports {
			for _, from := range rule.From {
				selector, err := metav1.LabelSelectorAsSelector(from.PodSelector)
				require.NoError(t, err)
				for name, pod := range m.pods() {
					if selector.Matches(labels.Set(pod.Labels)) {
						reach[port.Port.StrVal] = append(reach[port.Port.StrVal], name)
					}
				}
			}
		}
	}
	assert.Equal(t, map[string][]string{"otlp-grpc": {"load-gateway"}, "otlp-http": {"load-gateway"}, "state": {"load-judge"}}, reach)
}

// TestLoadJobs: no generator plays twice, and the judge ends with its verdict, before its deadline does.
func TestLoadJobs(t *testing.T) {
	for name, m := range rendered(t) {
		for of, job := range m.jobs {
			assert.Equal(t, new(int32(0)), job.Spec.BackoffLimit, of)
			assert.Equal(t, corev1.RestartPolicyNever, job.Spec.Template.Spec.RestartPolicy, of)
		}
		prefix := m.prefix(t)
		generator, judge := m.jobs[prefix+"-generator"], m.jobs[prefix+"-judge"]
		require.NotNil(t, generator, name)
		require.NotNil(t, judge, name)
		assert.Equal(t, new(batchv1.IndexedCompletion), generator.Spec.CompletionMode)
		assert.Equal(t, generator.Spec.Completions, generator.Spec.Parallelism)
		assert.Equal(t, new(true), generator.Spec.Suspend, "the judge looks first")
		assert.Contains(t, m.configs[prefix+"-generator"].Data["pod.yaml"], "total: "+strconv.Itoa(int(*generator.Spec.Completions))+"}")
		var codes []int32
		for _, rule := range judge.Spec.PodFailurePolicy.Rules {
			if rule.OnExitCodes != nil {
				assert.Equal(t, batchv1.PodFailurePolicyActionFailJob, rule.Action)
				codes = append(codes, rule.OnExitCodes.Values...)
			}
		}
		assert.Equal(t, []int32{1, 2}, codes)
		wait, err := time.ParseDuration(strings.TrimPrefix(argument(t, judge.Spec.Template.Spec.Containers[0].Args, "--wait="), "--wait="))
		require.NoError(t, err)
		assert.Greater(t, time.Duration(*judge.Spec.ActiveDeadlineSeconds)*time.Second, wait)
		assert.Greater(t, wait, time.Duration(*generator.Spec.ActiveDeadlineSeconds)*time.Second)

		verifiers := m.statefulSets[prefix+"-verifier"]
		assert.Contains(t, m.configs[prefix+"-verifier"].Data["pod.yaml"], "expect: {verifiers: "+strconv.Itoa(int(*verifiers.Spec.Replicas))+"}")
		assert.Len(t, strings.Split(argument(t, judge.Spec.Template.Spec.Containers[0].Args, "--verifiers="), ","), int(*verifiers.Spec.Replicas))
		assert.Equal(t, appsv1.DeletePersistentVolumeClaimRetentionPolicyType, verifiers.Spec.PersistentVolumeClaimRetentionPolicy.WhenDeleted,
			"what a test leaves would be the next one's")
	}
}

// prefix is the name that all objects begin with.
func (m *manifests) prefix(t *testing.T) string {
	t.Helper()
	for name := range m.statefulSets {
		return strings.TrimSuffix(name, "-verifier")
	}
	require.Fail(t, "there are no verifiers")
	return ""
}

func argument(t *testing.T, args []string, prefix string) string {
	t.Helper()
	i := slices.IndexFunc(args, func(arg string) bool { return strings.HasPrefix(arg, prefix) })
	require.GreaterOrEqual(t, i, 0, prefix)
	return args[i]
}

// TestLoadConfigs: the Collector finds no mistake in what a pod gives it.
func TestLoadConfigs(t *testing.T) {
	for name, m := range rendered(t) {
		for of, pod := range m.pods() {
			if len(pod.Spec.Containers[0].Command) > 0 {
				continue // the judge
			}
			t.Run(name+"/"+of, func(t *testing.T) {
				p := newPod(t, m, of, pod, 0, podIP)
				if strings.Contains(pod.Spec.Containers[0].Image, "-gateway:") {
					p.programs.collector = filepath.Join("..", "dist-gateway", "otelcol-runtimelab-gateway")
					if _, err := os.Stat(p.programs.collector); err != nil {
						t.Skip("only the second distribution knows its exporter: make gateway")
					}
				}
				out, err := p.command(t, "validate").CombinedOutput()
				assert.NoError(t, err, "%s", out)
			})
		}
	}
}
