// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// several is a file of several scenarios as YAML has it. What one of them does not say is as in defaults; shared is a place for what they
// refer to by aliases.
type several struct {
	Description string      `yaml:"description"`
	Shared      yaml.Node   `yaml:"shared"`
	Defaults    yaml.Node   `yaml:"defaults"`
	Scenarios   []yaml.Node `yaml:"scenarios"`
}

// scenarioName is what scenarios of one file are told apart by; it becomes a part of file names.
var scenarioName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

// parseSeveral reads a file of several scenarios. Each is named FILE/NAME.
func parseSeveral(node *yaml.Node, file, dir string) ([]*Scenario, error) {
	var f several
	errs := []error{decode(node, "", &f)}
	defaults := &f.Defaults
	if defaults.IsZero() {
		defaults = &yaml.Node{Kind: yaml.MappingNode}
	}
	if defaults.Kind != yaml.MappingNode {
		return nil, errors.Join(append(errs, refused("defaults", flow(defaults), "a mapping of a scenario's keys"))...)
	}
	if value(defaults, nameKey) != nil {
		errs = append(errs, errors.New("defaults.name: not here; each scenario has a name of its own"))
	}
	var list []*Scenario
	names := map[string]bool{}
	for i := range f.Scenarios {
		key := fmt.Sprintf("scenarios[%d]", i)
		own := &f.Scenarios[i]
		if own.Kind != yaml.MappingNode {
			errs = append(errs, refused(key, flow(own), "a mapping of a scenario's keys"))
			continue
		}
		name := ""
		if named := value(own, nameKey); named != nil {
			name = named.Value
		}
		switch {
		case !scenarioName.MatchString(name):
			errs = append(errs, refused(key+".name", fmt.Sprintf("%q", name), "lower-case letters, digits and -"))
		case names[name]:
			errs = append(errs, fmt.Errorf("%s.name: there are two scenarios %q; want each name once", key, name))
		default:
			key = name
		}
		names[name] = true
		s, err := parseOne(laidOver(defaults, own), dir)
		s.Name, s.About = file+"/"+name, strings.TrimSpace(f.Description)
		list, errs = append(list, s), append(errs, prefixed(key, err))
	}
	if len(f.Scenarios) == 0 {
		errs = append(errs, errors.New("scenarios: there are none; want one or more"))
	}
	return list, errors.Join(errs...)
}

const nameKey = "name"

// otherwise has keys that stand in each other's place.
var otherwise = map[string]string{"generator": "generators", "generators": "generator"}

// laidOver is a mapping with the keys of own, but for its name, and those of defaults that own does not have.
func laidOver(defaults, own *yaml.Node) *yaml.Node {
	merged := *own
	merged.Content = nil
	for i := 0; i+1 < len(own.Content); i += 2 {
		if own.Content[i].Value != nameKey {
			merged.Content = append(merged.Content, own.Content[i:i+2]...)
		}
	}
	for i := 0; i+1 < len(defaults.Content); i += 2 {
		key := defaults.Content[i].Value
		if value(own, key) == nil && (otherwise[key] == "" || value(own, otherwise[key]) == nil) {
			merged.Content = append(merged.Content, defaults.Content[i:i+2]...)
		}
	}
	return &merged
}

// value is that of a key of a mapping; nil: there is none.
func value(node *yaml.Node, key string) *yaml.Node {
	if node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

// Select are the scenarios whose names match.
func Select(scenarios []*Scenario, names *regexp.Regexp) []*Scenario {
	return slices.DeleteFunc(scenarios, func(s *Scenario) bool { return !names.MatchString(s.Name) })
}

// Prefixed puts where the scenario comes from before each line of an error.
func (s *Scenario) Prefixed(err error) error {
	where := s.File
	if _, name, several := strings.Cut(s.Name, "/"); several {
		where += ": " + name
	}
	return prefixed(where, err)
}

// FileName is the scenario's name as that of a file.
func (s *Scenario) FileName() string { return strings.ReplaceAll(s.Name, "/", "-") }
