package scenario

import (
	"fmt"
	"strconv"
	"strings"
)

// A notation is a distribution as a flag gives it: name:VALUE,VALUE.
type notation struct {
	name         string
	distribution string   // its name in YAML
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

// ServiceNotations lists how --service can be written.
func ServiceNotations() []string {
	forms := make([]string, len(services))
	for i, n := range services {
		forms[i] = n.String()
	}
	return forms
}

func serviceNotations() string { return "one of " + strings.Join(ServiceNotations(), ", ") }

// String is the notation with placeholders.
func (n *notation) String() string { return n.name + ":" + n.placeholders }

// parseService turns exp:1ms into the tree of a step's distribution.
func parseService(text string) (any, error) {
	name, rest, _ := strings.Cut(text, ":")
	for i := range services {
		if n := &services[i]; n.name == name {
			return n.tree(text, rest)
		}
	}
	return nil, fmt.Errorf("--service: %q is not allowed; want %s", text, serviceNotations())
}

func (n *notation) tree(text, rest string) (any, error) {
	values := strings.Split(rest, ",")
	if n.keys == nil && len(values) == 1 && rest != "" {
		return scalar(rest), nil
	}
	if rest == "" || len(values) > len(n.keys) || len(values) < len(n.keys)-n.optional {
		return nil, fmt.Errorf("--service: %q is not allowed; want %s", text, n)
	}
	parameters := map[string]any{}
	for i, v := range values {
		parameters[n.keys[i]] = scalar(v)
	}
	return map[string]any{n.distribution: parameters}, nil
}

// parseArrivals turns poisson:500 into the tree of `arrivals:`. Without a rate there is none in the tree.
func parseArrivals(text string) (map[string]any, error) {
	process, rate, hasRate := strings.Cut(text, ":")
	tree := map[string]any{"process": process}
	if hasRate {
		tree["rate"] = scalar(rate)
	}
	if process == "" {
		return nil, fmt.Errorf("--arrivals: %q is not allowed; want poisson:RATE or constant:RATE", text)
	}
	return tree, nil
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
