// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/internal/program"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// A notation is a distribution, or a process of arrivals, as a flag gives it: name:VALUE,VALUE.
type notation struct {
	name         string
	yaml         string   // its name in YAML
	keys         []string // of the values, in YAML
	optional     int      // how many of the last values may be left out
	placeholders string   // the values as the help shows them
}

var services = []notation{
	{"exp", "exponential", []string{"mean"}, 0, "MEAN"},
	{"det", "constant", nil, 0, "VALUE"},
	{"uniform", "uniform", []string{"min", "max"}, 0, "MIN,MAX"},
	{"lognormal", "lognormal", []string{"median", "sigma"}, 0, "MEDIAN,SIGMA"},
	{"hyper", "hyperexponential", []string{"p", "fast", "slow"}, 0, "P,MEAN1,MEAN2"},
	{"bimodal", "bimodal", []string{"p", "fast", "slow"}, 0, "P,FAST,SLOW"},
	{"pareto", "pareto", []string{"min", "alpha", "max"}, 1, "MIN,ALPHA[,MAX]"},
	{"weibull", "weibull", []string{"scale", "shape"}, 0, "SCALE,SHAPE"},
}

// processes are the arrivals that fit on a line. Of the first two, the rate may be what a command looks for.
var processes = []notation{
	{"poisson", "poisson", []string{"rate"}, 1, "RATE"},
	{"constant", "constant", []string{"rate"}, 1, "RATE"},
	{"gamma", "gamma", []string{"rate", "shape"}, 0, "RATE,SHAPE"},
	{"on_off", "on_off", []string{"rate", "on", "off", "off_rate"}, 1, "RATE,ON,OFF[,OFF_RATE]"},
	{"sine", "sine", []string{"rate", "amplitude", "period"}, 0, "RATE,AMPLITUDE,PERIOD"},
	{"closed", "closed", []string{"users", "think"}, 0, "USERS,THINK"},
}

// ServiceNotations lists how --service can be written.
func ServiceNotations() []string { return forms(services) }

// ArrivalsNotations lists how --arrivals can be written.
func ArrivalsNotations() []string { return forms(processes) }

func forms(all []notation) []string {
	forms := make([]string, len(all))
	for i, n := range all {
		forms[i] = n.String()
	}
	return forms
}

func serviceNotations() string { return "one of " + strings.Join(ServiceNotations(), ", ") }

func arrivalsNotations() string { return "one of " + strings.Join(ArrivalsNotations(), ", ") }

// String is the notation with placeholders.
func (n *notation) String() string { return n.name + ":" + n.placeholders }

// serviceNames are the distributions that parseDistribution knows.
func serviceNames() (names []string) {
	for i := range services {
		names = append(names, services[i].name)
	}
	return names
}

// parseDistribution turns exp:1ms into the tree of a distribution.
func parseDistribution(flag, text string) (any, error) {
	name, rest, _ := strings.Cut(text, ":")
	for i := range services {
		n := &services[i]
		if n.name != name {
			continue
		}
		if n.keys == nil && rest != "" && !strings.Contains(rest, ",") {
			return scalar(rest), nil
		}
		parameters, err := n.parameters(flag, text, strings.Split(rest, ","))
		return map[string]any{n.yaml: parameters}, err
	}
	return nil, fmt.Errorf("%s: %q is not allowed%s; want %s", flag, text, program.DidYouMean(name, serviceNames()), serviceNotations())
}

func (n *notation) parameters(flag, text string, values []string) (map[string]any, error) {
	if values[0] == "" || len(values) > len(n.keys) || len(values) < len(n.keys)-n.optional {
		return nil, fmt.Errorf("%s: %q is not allowed; want %s", flag, text, n)
	}
	parameters := map[string]any{}
	for i, v := range values {
		parameters[n.keys[i]] = scalar(v)
	}
	return parameters, nil
}

const flagArrivals = "--arrivals"

// parseArrivals turns gamma:500,0.25 into the tree of `arrivals:`. Of the processes with a rate alone, it may be left out.
func parseArrivals(text string) (map[string]any, error) {
	name, rest, hasValues := strings.Cut(text, ":")
	i := slices.IndexFunc(processes, func(n notation) bool { return n.name == name })
	switch {
	case name == "":
		return nil, fmt.Errorf("%s: %q is not allowed; want %s", flagArrivals, text, arrivalsNotations())
	case i < 0 && slices.Contains(spec.Processes(), name):
		return nil, fmt.Errorf("%s: %s does not fit on a line; want %s; or a --workload file", flagArrivals, name, arrivalsNotations())
	case i < 0 && isRate(text):
		return nil, fmt.Errorf("%s: %q is not allowed (did you mean poisson:%s?); want %s", flagArrivals, text, text, arrivalsNotations())
	case i < 0: // a mistake, which workload will name
		return map[string]any{"process": name}, nil
	case !hasValues && len(processes[i].keys) == processes[i].optional:
		return map[string]any{"process": name}, nil
	}
	n := &processes[i]
	values := strings.Split(rest, ",")
	if n.name == "closed" { // whose last value may have commas itself
		values = strings.SplitN(rest, ",", len(n.keys))
	}
	tree, err := n.parameters(flagArrivals, text, values)
	if err != nil {
		return nil, err
	}
	if think, ok := tree["think"].(string); ok && strings.Contains(think, ":") {
		if tree["think"], err = parseDistribution(flagArrivals, think); err != nil {
			return nil, err
		}
	}
	tree["process"] = name
	return tree, nil
}

func isRate(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}

// lacksRate reports whether arrivals are those of a process without the rate.
func lacksRate(text string) bool {
	i := slices.IndexFunc(processes, func(n notation) bool { return n.name == text })
	return i >= 0 && len(processes[i].keys) == processes[i].optional
}

// scalar is what YAML makes of a value: a whole number, a number, or text.
func scalar(text string) any {
	text = strings.TrimSpace(text)
	if i, err := strconv.Atoi(text); err == nil {
		return i
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return f
	}
	return text
}
