// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// judge is the component that a scenario does not name.
const judge = "judge"

// Ports of the pods.
const (
	portGRPC    = 4317
	portHTTP    = 4318
	portState   = 4329
	portReady   = 4330
	portMetrics = 8888
	portHealth  = 13133
)

// folder is where a pod keeps what must outlive its containers.
const folder = "/var/lib/pipelinetest"

// Times, beside those of the scenario.
const (
	// readyTime is how long the verifiers may take to come up, and whoever starts the load to do so.
	readyTime = 15 * time.Minute
	// endTime is how long a run may take to become final when its load is over.
	endTime = 2 * time.Minute
	// podTime is how long a pod may take to come up beside that, with the pull of its image.
	podTime = 10 * time.Minute
)

// plan is what the templates are filled with.
type plan struct {
	Name, Namespace, Image string
	Generator, Verifier    collector
	Systems                []collector
	Generators, Verifiers  int
	// Senders are the components that may send to the verifiers. None: Labels are those of the pods that may, in the namespace SenderNamespace.
	Senders         []string
	Labels          []pair
	SenderNamespace string
	// ServiceHTTP: the system under test runs already, and takes OTLP/HTTP.
	ServiceHTTP bool
	// Want is what the judge is to want, as a scenario.
	Want string
	// Wait is how long the judge waits, and the deadlines are those of the Jobs in seconds.
	Wait                             string
	JudgeDeadline, GeneratorDeadline int
}

// collector is a component whose pods run the Collector.
type collector struct {
	Component string
	Files     []File // configurations, in the order in which they are merged
	Env       []pair
	Image     string
	Replicas  int
	Folder    bool // it keeps something in its folder
	Port      int  // at which it is asked whether it is ready; 0: health_check
}

// pair is a variable or label with its value.
type pair struct{ Name, Value string }

// newPlan plans what check has allowed.
func newPlan(s *scenario.Scenario, o *Options) (*plan, error) {
	p := &plan{
		Name: s.Name, Namespace: o.Namespace, Image: o.Image, Generators: o.Generators, Verifiers: o.Verifiers,
		Wait:              (readyTime + s.Timeout + endTime).String(),
		JudgeDeadline:     seconds(podTime + readyTime + s.Timeout + endTime),
		GeneratorDeadline: seconds(s.Timeout),
	}
	var err error
	if p.Want, err = wantOf(s); err != nil {
		return nil, err
	}
	p.planSenders(s, o)
	addresses := p.addresses(s, o)
	if p.Generator, err = p.planGenerator(s, addresses); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for i := range s.Systems {
		part := &s.Systems[i]
		if name := groupOf(part); !seen[name] {
			seen[name] = true
			system, err := p.planSystem(s, part, addresses)
			if err != nil {
				return nil, err
			}
			system.Image = cmp.Or(o.SystemImage, o.Image)
			p.Systems = append(p.Systems, system)
		}
	}
	p.Verifier, err = p.planVerifier(s, addresses)
	return p, err
}

// wantOf is what the judge is to want: what the scenario wants, and one run. What arrives of another is of somebody else.
func wantOf(s *scenario.Scenario) (string, error) {
	want := struct {
		Want map[string]any `yaml:"want"`
	}{map[string]any{"verdict": scenario.Pass}}
	if err := yaml.Unmarshal([]byte(s.Want.Text), &want); err != nil {
		return "", err
	}
	if s.Want.Runs == nil {
		want.Want["runs"] = 1
	}
	text, err := yaml.Marshal(&want)
	return string(text), err
}

func seconds(d time.Duration) int { return int(d / time.Second) }

// planSenders says who may send to the verifiers: the systems under test, or the generator if there are none.
func (p *plan) planSenders(s *scenario.Scenario, o *Options) {
	for _, key := range sortedKeys(o.Labels) {
		p.Labels = append(p.Labels, pair{key, o.Labels[key]})
	}
	if o.Service != "" {
		p.SenderNamespace, p.ServiceHTTP = o.Namespace, strings.HasPrefix(o.Service, "http://")
		host := service.FindStringSubmatch(o.Service)[2]
		if labels := strings.Split(host, "."); len(labels) > 1 {
			p.SenderNamespace = labels[1]
		}
		return
	}
	for i := range s.Systems {
		if name := groupOf(&s.Systems[i]); !slices.Contains(p.Senders, name) {
			p.Senders = append(p.Senders, name)
		}
	}
	if len(p.Senders) == 0 {
		p.Senders = []string{scenario.GeneratorName}
	}
}

// addresses has for each part the variables by which it finds others.
type addresses func(part string) []pair

// addresses are names without the namespace, which the pods' own resolves: so kustomize may set another.
func (p *plan) addresses(s *scenario.Scenario, o *Options) addresses {
	at := func(component string, port int) string { return fmt.Sprintf("%s-%s:%d", p.Name, component, port) }
	return func(part string) []pair {
		var list []pair
		for _, group := range s.Groups() {
			list = append(list, pair{scenario.EnvHost(group), p.Name + "-" + group},
				pair{scenario.EnvPort(group), strconv.Itoa(portGRPC)}, pair{scenario.EnvPortHTTP(group), strconv.Itoa(portHTTP)})
		}
		for _, to := range s.Targets(part) {
			component := to
			if to != scenario.VerifierName {
				component = groupOf(systemOf(s, to))
			}
			list = append(list, pair{scenario.EnvTo(to), at(component, portGRPC)}, pair{scenario.EnvToHTTP(to), at(component, portHTTP)})
			if to == s.Next(part) {
				list = append(list, pair{scenario.EnvToNext(), at(component, portGRPC)}, pair{scenario.EnvToNextHTTP(), at(component, portHTTP)})
			}
		}
		if o.Service != "" && part == s.Generators[0].Name {
			there := strings.TrimPrefix(o.Service, "http://")
			list = []pair{{scenario.EnvToNext(), there}, {scenario.EnvToNextHTTP(), there}}
		}
		return list
	}
}

func systemOf(s *scenario.Scenario, name string) *scenario.Part {
	i := slices.IndexFunc(s.Systems, func(p scenario.Part) bool { return p.Name == name })
	return &s.Systems[i]
}

// variables are those that the part refers to, of all that there are.
func variables(shape *scenario.Shape, all []pair) (used []pair) {
	all = append([]pair{
		{scenario.EnvListen, fmt.Sprintf("$(POD_IP):%d", portGRPC)},
		{scenario.EnvListenHTTP, fmt.Sprintf("$(POD_IP):%d", portHTTP)},
		{scenario.EnvMetricsPort, strconv.Itoa(portMetrics)},
		{scenario.EnvDir, folder},
		{scenario.EnvReport, folder + "/report.json"},
	}, all...)
	for _, v := range all {
		if shape.Refers(v.Name) {
			used = append(used, v)
		}
	}
	return used
}

// VerifierNames are the names of the verifiers, which are those of their pods.
func (p *plan) VerifierNames() (names []string) {
	for i := range p.Verifiers {
		names = append(names, fmt.Sprintf("%s-verifier-%d", p.Name, i))
	}
	return names
}
