// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// checkScenario finds what a cluster cannot play: what pipelinetest does itself where it starts the parts.
func checkScenario(s *scenario.Scenario, o *Options) error {
	errs := []error{checkFaults(s), checkWant(&s.Want)}
	if o.Service != "" && len(s.Systems) > 0 {
		errs = append(errs, fmt.Errorf("--service: %s is not allowed beside systems: %s; want the scenario without systems", o.Service, s.Systems[0].Name))
	}
	if n := len(s.Generators); n > 1 {
		errs = append(errs, fmt.Errorf("generators: %d are not allowed in a cluster; want one generator, which --generators shards", n))
	}
	seen := map[string]bool{}
	for _, part := range s.Parts() {
		if name := groupOf(&part); !seen[name] { // replicas are the same
			seen[name] = true
			errs = append(errs, checkPart(s, &part, o))
		}
	}
	return errors.Join(errs...)
}

// groupOf is what the pods of a part are named after: replicas are pods of one.
func groupOf(p *scenario.Part) string {
	if p.Group != "" {
		return p.Group
	}
	return p.Name
}

func checkFaults(s *scenario.Scenario) error {
	var errs []error
	said := ""
	for i := range s.Faults {
		f := &s.Faults[i]
		if f.Key == said {
			continue // a rolling restart is several
		}
		said = f.Key
		errs = append(errs, fmt.Errorf("%s: %s is not allowed in a cluster, where pipelinetest stands between no parts; want no faults: disturb the system with kubectl rollout restart, scale or delete pod",
			f.Key, f))
	}
	return errors.Join(errs...)
}

// checkWant finds what the judge cannot see. It sees the verifiers' states, and no telemetry of the parts.
func checkWant(w *scenario.Want) error {
	var errs []error
	if w.Verdict != scenario.Pass {
		errs = append(errs, fmt.Errorf("want.verdict: %s is not allowed in a cluster, where the success of the judge is the verdict; want %s", w.Verdict, scenario.Pass))
	}
	if len(w.Parts) > 0 {
		errs = append(errs, errors.New("want.parts: not in a cluster, where nobody collects what the parts say of themselves; want traces, metrics, logs and runs"))
	}
	if len(w.Where) > 0 {
		errs = append(errs, errors.New("want.where: not in a cluster, where nobody collects what the parts say of themselves; want traces, metrics, logs and runs"))
	}
	for _, signal := range scenario.Signals {
		if amount, there := w.Signals[signal]["out_of_order"]; there && amount.String() != "any" {
			errs = append(errs, fmt.Errorf("want.%s.out_of_order: %s is not allowed in a cluster, where no verifier knows the order of what came to several; want any", signal, amount))
		}
	}
	return errors.Join(errs...)
}

func checkPart(s *scenario.Scenario, p *scenario.Part, o *Options) error {
	name := groupOf(p)
	switch {
	case name == judge:
		return fmt.Errorf("name: %q is not allowed in a cluster, where that is who gives the verdict; want another", name)
	case len(p.Command) > 0:
		return fmt.Errorf("%s.command: %q is not allowed in a cluster, where nothing is started as a process; want config, or a system that runs already: --service",
			name, strings.Join(p.Command, " "))
	case p.Disk > 0:
		return fmt.Errorf("%s.disk: %d is not allowed in a cluster, where pipelinetest fills no disks; want none", name, p.Disk)
	}
	for _, c := range p.Config {
		text, elsewhere, err := c.Read()
		switch {
		case err != nil:
			return err
		case elsewhere:
			return fmt.Errorf("%s.config: %s is not allowed in a cluster, where a configuration is in a ConfigMap; want a file or a mapping", name, c.Location)
		case strings.Contains(text, "${file:"):
			return fmt.Errorf("%s.config: ${file:...} is not allowed in a cluster, where that file is not; want its content here", name)
		}
	}
	shape, known := s.Shape(p)
	if !known {
		return fmt.Errorf("%s.config: it cannot be resolved; pipelinetest --list says why, or the Collector's validate", name)
	}
	errs := []error{checkVariables(s, p, &shape)}
	if name == scenario.VerifierName {
		errs = append(errs, checkVerifier(&shape))
	} else if slices.ContainsFunc(s.Generators, func(g scenario.Part) bool { return g.Name == p.Name }) {
		errs = append(errs, checkGenerator(s, p, &shape, o))
	}
	return errors.Join(errs...)
}

// checkVariables finds addresses and files that a pod does not get.
func checkVariables(s *scenario.Scenario, p *scenario.Part, shape *scenario.Shape) error {
	var errs []error
	for _, v := range []string{scenario.EnvCA, scenario.EnvCert, scenario.EnvKey} {
		if shape.Refers(v) {
			errs = append(errs, fmt.Errorf("%s.config: ${env:%s} is not allowed in a cluster, where pipelinetest makes no certificates; want those of a Secret, by kustomize", groupOf(p), v))
		}
	}
	for _, group := range s.Groups() {
		for _, replica := range s.Replicas(group) {
			for _, v := range []string{scenario.EnvTo(replica.Name), scenario.EnvToHTTP(replica.Name)} {
				if shape.Refers(v) {
					errs = append(errs, fmt.Errorf("%s.config: ${env:%s} is not allowed in a cluster, where replicas have no names of their own; want ${env:%s}:${env:%s}",
						groupOf(p), v, scenario.EnvHost(group), scenario.EnvPort(group)))
				}
			}
		}
	}
	return errors.Join(errs...)
}

func checkVerifier(shape *scenario.Shape) error {
	if n := len(shape.Auditors); n != 1 {
		return fmt.Errorf("verifier.config: %d exporters load_verify in pipelines are not allowed; want one", n)
	}
	return nil
}

func checkGenerator(s *scenario.Scenario, p *scenario.Part, shape *scenario.Shape, o *Options) error {
	if len(shape.Loads) != 1 {
		return fmt.Errorf("%s.config: %d receivers synthetic_load are not allowed in a cluster; want one, which --generators shards", p.Name, len(shape.Loads))
	}
	load := &shape.Loads[0]
	key := p.Name + ".config: receivers." + load.ID
	var errs []error
	if load.Duration <= 0 {
		errs = append(errs, fmt.Errorf("%s.duration: %v is not allowed in a cluster: the load must end, or the Job does not; want a duration of more than 0s", key, load.Duration))
	}
	if load.Duration >= s.Timeout {
		errs = append(errs, fmt.Errorf("timeout: %v is not allowed; want more than the duration of the load, %v", s.Timeout, load.Duration))
	}
	if !load.Verify {
		errs = append(errs, fmt.Errorf("%s.verify: false is not allowed: nobody could tell what became of the load; want true", key))
	}
	if load.Shards > 0 && o.Generators > load.Shards {
		errs = append(errs, fmt.Errorf("--generators: %d is not allowed; want at most %d, or more instances in %s.services: a process is of one generator", o.Generators, load.Shards, key))
	}
	if load.RunID != "" {
		errs = append(errs, fmt.Errorf("%s.run_id: %q is not allowed in a cluster, where the uid of the Job is the name of the run; want none", key, load.RunID))
	}
	if load.Sharded {
		errs = append(errs, fmt.Errorf("%s.shard: not in a cluster, where the index of the pod says which shard it is; want --generators %d", key, o.Generators))
	}
	return errors.Join(errs...)
}
