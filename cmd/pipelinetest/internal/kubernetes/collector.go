// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// What a pod adds to the configurations of a scenario. Each is a file of its own, so that those of the scenario stay as they are.
const (
	telemetryOfPod = `  telemetry:
    metrics:
      readers: [{pull: {exporter: {prometheus: {host: "${env:POD_IP}", port: 8888}}}}]
`
	generatorOfPod = `# The pod's part: which shard of the fleet it is, and that it ends when its load has been sent.
receivers:
  %s:
    run_id: ${env:PIPELINETEST_RUN}
    shard: {index: "${env:JOB_COMPLETION_INDEX}", total: %d}
extensions:
  health_check/pod: {endpoint: "${env:POD_IP}:13133"}
  load_gate: {stop_collector: true}
service:
  extensions: [%s]
`
	verifierOfPod = `# The pod's part: a name and a memory that outlive it, and its state for the judge.
exporters:
  %s:
    expect: {verifiers: %d}
    state:
      verifier: "${env:POD_NAME}"
      verifiers: [%s] # the judge asks these; another one, of a StatefulSet that was scaled, does not start
      http: {endpoint: "${env:POD_IP}:4329"}
    storage: file_storage/pod
extensions:
  health_check/pod: {endpoint: "${env:POD_IP}:13133"}
  file_storage/pod: {directory: ` + folder + `, fsync: true}
service:
  extensions: [%s]
`
	systemOfPod = `# The pod's part: its own metrics, for whoever scrapes the pod.
service:
`
	// patientVerifier follows the built-in verifier, and the scenario may say otherwise.
	patientVerifier = `# A cluster takes longer than one machine: a pod that moves comes back after some seconds, and what waited for it is not lost.
exporters: {load_verify: {grace: 15s, interval: 1s}}
`
)

// nameOfPod is the file of what a pod adds.
const nameOfPod = "pod.yaml"

// texts are the configurations of a part, as files.
func texts(configs []scenario.Config) (files []File, err error) {
	for i, c := range configs {
		text, _, err := c.Read()
		if err != nil {
			return nil, err
		}
		files = append(files, File{fmt.Sprintf("%d.yaml", i+1), strings.ReplaceAll(text, "\r\n", "\n")})
	}
	return files, nil
}

// with are extensions and those that a pod adds, in order, each once.
func with(extensions []string, more ...string) string {
	for _, id := range more {
		if !slices.Contains(extensions, id) {
			extensions = append(slices.Clone(extensions), id)
		}
	}
	return strings.Join(extensions, ", ")
}

func (p *plan) planGenerator(s *scenario.Scenario, to addresses) (c collector, err error) {
	part := s.Generators[0]
	shape, _ := s.Shape(&part)
	unplayed := s.Unplayed(&part)
	if p.overHTTP(s) && part.Follows() {
		part.OverHTTP()
		shape, _ = s.Shape(&part)
	}
	configs := slices.Clone(part.Config)
	for i := range configs {
		configs[i] = configs[i].Without(unplayed)
	}
	c = collector{Component: scenario.GeneratorName, Image: p.Image, Folder: shape.Refers(scenario.EnvDir), Env: variables(&shape, to(part.Name))}
	if c.Files, err = texts(configs); err != nil {
		return c, err
	}
	c.Files = append(c.Files, File{nameOfPod, fmt.Sprintf(generatorOfPod, shape.Loads[0].ID, p.Generators, with(shape.Extensions, "health_check/pod", "load_gate")) + telemetryOfPod})
	return c, nil
}

// overHTTP tells whether who comes after the generator takes OTLP over HTTP alone.
func (p *plan) overHTTP(s *scenario.Scenario) bool {
	next := s.Next(s.Generators[0].Name)
	if next == scenario.VerifierName {
		return p.ServiceHTTP
	}
	shape, _ := s.Shape(systemOf(s, next))
	return shape.Refers(scenario.EnvListenHTTP) && !shape.Refers(scenario.EnvListen)
}

func (p *plan) planSystem(s *scenario.Scenario, part *scenario.Part, to addresses) (c collector, err error) {
	shape, _ := s.Shape(part)
	c = collector{
		Component: groupOf(part), Replicas: max(1, len(s.Replicas(part.Group))), Folder: shape.Refers(scenario.EnvDir), Port: portGRPC,
		Env: variables(&shape, to(part.Name)),
	}
	if !shape.Refers(scenario.EnvListen) {
		c.Port = portHTTP
	}
	if c.Files, err = texts(part.Config); err != nil {
		return c, err
	}
	if !shape.Refers(scenario.EnvMetricsPort) {
		c.Files = append(c.Files, File{nameOfPod, systemOfPod + telemetryOfPod})
	}
	return c, nil
}

func (p *plan) planVerifier(s *scenario.Scenario, to addresses) (c collector, err error) {
	part := &s.Verifier
	shape, _ := s.Shape(part)
	c = collector{Component: scenario.VerifierName, Image: p.Image, Replicas: p.Verifiers, Folder: true, Env: variables(&shape, to(part.Name))}
	configs := slices.Clone(part.Config)
	if i := slices.Index(configs, scenario.Config{Text: scenario.BuiltinConfig(scenario.VerifierName)}); i >= 0 {
		configs = slices.Insert(configs, i+1, scenario.Config{Text: patientVerifier})
	}
	if c.Files, err = texts(configs); err != nil {
		return c, err
	}
	c.Files = append(c.Files, File{nameOfPod, fmt.Sprintf(verifierOfPod, shape.Auditors[0], p.Verifiers, strings.Join(p.VerifierNames(), ", "), with(shape.Extensions, "health_check/pod", "file_storage/pod")) + telemetryOfPod})
	return c, nil
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
