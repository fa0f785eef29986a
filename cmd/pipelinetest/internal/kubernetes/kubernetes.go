// SPDX-License-Identifier: Apache-2.0

// Package kubernetes renders a scenario as manifests, for loads that one machine cannot make, and for losses that only a cluster has.
//
//	generators (Indexed Job) --> system under test --> verifiers (StatefulSet) <--states-- judge (Job)
//
// What decides about the shape:
//
//   - A generator is one shard of the fleet: its index in the Job is shard.index. The name of the run is the Job's uid. So a Job that is made again is another
//     run. A pod is never repeated, because the same run twice is nothing but duplicates: a generator that fails ends the Job.
//   - A verifier has a name and a volume that outlive its pod. So one that is stopped or moved goes on with what it knows. One that is killed knows that it has
//     forgotten something, and then the verdict is unknown at best.
//   - The judge is a Job of its own, and its success is the verdict. It must look at the verifiers before the load begins, or what an earlier test left there
//     might be its verdict. So the generators are suspended until somebody starts them, and the judge says when it is ready.
//
// [Render] is all there is. It reads nothing but the scenario and the files that this names.
package kubernetes

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// Options is what a scenario does not say.
type Options struct {
	Namespace   string
	Generators  int // shards of the fleet
	Verifiers   int
	Image       string // of generators, verifiers, the judge
	SystemImage string // of the systems under test; empty: the same
	// Service is a system under test that runs already, as host:port; http:// before it: it takes OTLP/HTTP. Empty: the scenario has the systems.
	Service string
	// Labels are those of the pods that send to the verifiers, if there is a Service.
	Labels map[string]string
}

// DefaultImage has all programs, of the release that this is.
const DefaultImage = "ghcr.io/runtimelab/otelcol-runtimelab:0.1.0"

// Default are the options unless somebody says otherwise.
func Default() Options {
	return Options{Namespace: "pipelinetest", Generators: 3, Verifiers: 3, Image: DefaultImage}
}

// Bounds of the options: an audit knows of 10,000 verifiers, and a Job has as many pods.
const most = 10_000

var (
	label     = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
	image     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@-]*$`)
	service   = regexp.MustCompile(`^(http://)?([a-z0-9]([a-z0-9.-]*[a-z0-9])?):([0-9]{1,5})$`)
	labelKey  = regexp.MustCompile(`^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)
	labelText = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$`)
)

const (
	longestLabel = 63
	// longestName leaves room for what is added to the name of a scenario.
	longestName = 30
)

// check finds options that no cluster takes.
func (o *Options) check() error {
	var errs []error
	refuse := func(flag string, value any, want string) {
		errs = append(errs, fmt.Errorf("--%s: %v is not allowed; want %s", flag, value, want))
	}
	if !label.MatchString(o.Namespace) || len(o.Namespace) > longestLabel {
		refuse("namespace", fmt.Sprintf("%q", o.Namespace), "lower-case letters, digits and -, up to 63")
	}
	for flag, n := range map[string]int{"generators": o.Generators, "verifiers": o.Verifiers} {
		if n < 1 || n > most {
			refuse(flag, n, fmt.Sprintf("1 to %d", most))
		}
	}
	for flag, name := range map[string]string{"image": o.Image, "system-image": o.SystemImage} {
		if !image.MatchString(name) && (name != "" || flag == "image") {
			refuse(flag, fmt.Sprintf("%q", name), "the name of an image, such as "+DefaultImage)
		}
	}
	if o.Service != "" && !service.MatchString(o.Service) {
		refuse("service", fmt.Sprintf("%q", o.Service), "HOST:PORT of a Service that takes OTLP/gRPC, or http://HOST:PORT, such as gateway.observability:4317")
	}
	if o.Service != "" && len(o.Labels) == 0 {
		errs = append(errs, errors.New("--pods: is missing; want the labels of the pods behind --service that send to the verifiers, such as app=gateway: nobody else may"))
	}
	if o.Service == "" && len(o.Labels) > 0 {
		errs = append(errs, errors.New("--pods: not without --service; want both"))
	}
	for key, value := range o.Labels {
		if !labelKey.MatchString(key) || !labelText.MatchString(value) || len(value) > longestLabel {
			refuse("pods", fmt.Sprintf("%q", key+"="+value), "labels as KEY=VALUE")
		}
	}
	return errors.Join(errs...)
}

// File is a file of manifests.
type File struct{ Name, Text string }

// Render makes the manifests of a scenario. It tells every reason why it cannot.
func Render(s *scenario.Scenario, o Options) ([]File, error) {
	if err := errors.Join(o.check(), checkName(s.Name), checkScenario(s, &o)); err != nil {
		return nil, err
	}
	p, err := newPlan(s, &o)
	if err != nil {
		return nil, err
	}
	return p.render()
}

// Stream is all manifests as one text, as kubectl apply -f reads it.
func Stream(files []File) string {
	var texts []string
	for _, f := range files {
		if f.Name != kustomization {
			texts = append(texts, f.Text)
		}
	}
	return strings.Join(texts, "---\n")
}

func checkName(name string) error {
	if !label.MatchString(name) || len(name) > longestName {
		return fmt.Errorf("%q is not allowed as the name of a scenario in a cluster, where objects are named after it; want a file whose name is lower-case letters, digits and -, up to %d",
			name, longestName)
	}
	return nil
}
