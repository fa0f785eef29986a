// SPDX-License-Identifier: Apache-2.0

// Package costfile reads what the primitives of the runtimes cost from YAML: one full key to a line, as in default.yaml beside this
// file. The keys are those of package cost, which itself knows no YAML. The command runtimesim reads its --cost by it.
package costfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Parse reads a profile. What the file does not name is as in the default profile. The error joins one error per mistake, each with
// line, key, value and what is allowed:
//
//	line 3: tokio.park: "-1us" is not allowed; want a duration from 0s to 1s, such as 700ns
func Parse(r io.Reader) (cost.Set, error) {
	p := cost.DefaultParameters()
	if _, err := read(r, &p); err != nil {
		return cost.Set{}, err
	}
	return p.Set(), nil
}

// read sets what a file names. It returns the line of each key.
func read(r io.Reader, p *cost.Parameters) (lines map[string]int, err error) {
	lines = map[string]int{}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return lines, nil
	case err != nil:
		return nil, notYAML(err)
	}
	switch err := decoder.Decode(&yaml.Node{}); {
	case err == nil:
		return nil, errors.New("more than one document; want one")
	case !errors.Is(err, io.EOF):
		return nil, notYAML(err)
	}
	root := document.Content[0]
	switch {
	case root.Kind == yaml.ScalarNode && root.Tag == "!!null": // comments only
		return lines, nil
	case root.Kind != yaml.MappingNode:
		return nil, fmt.Errorf("line %d: no keys with values; want one to a line, such as tokio.poll: 60ns", root.Line)
	}
	var mistakes []error
	for i := 0; i < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if err := set(p, key, value, lines); err != nil {
			mistakes = append(mistakes, fmt.Errorf("line %d: %s: %w", key.Line, key.Value, err))
		}
	}
	return lines, errors.Join(mistakes...)
}

// place is how the YAML library begins an error that it has a place for.
var place = regexp.MustCompile(`^(?:yaml: )?(line \d+: )?`)

// notYAML is an error of the YAML library, with its line in front.
func notYAML(err error) error {
	at := place.FindStringSubmatch(err.Error())
	return fmt.Errorf("%snot YAML: %s", at[1], strings.TrimPrefix(err.Error(), at[0]))
}

// set sets one cost.
func set(p *cost.Parameters, key, value *yaml.Node, lines map[string]int) error {
	if before := lines[key.Value]; before != 0 {
		return fmt.Errorf("stands in line %d already; want it once", before)
	}
	lines[key.Value] = key.Line
	profile, k, err := find(p, key.Value)
	if err != nil {
		return err
	}
	text := value.Value
	if value.Kind != yaml.ScalarNode {
		return errors.New("a list or map is not allowed; want a value, such as tokio.poll: 60ns")
	}
	if k.Number != nil {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || !(f >= 0 && f <= cost.HighestSigma) { // NaN is neither
			return fmt.Errorf("%q is not allowed; want a number from 0 to %g", text, cost.HighestSigma)
		}
		*k.Number(profile) = f
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || sim.Time(d) > cost.Longest {
		return fmt.Errorf("%q is not allowed; want a duration from 0s to %v, such as 700ns", text, cost.Longest.Duration())
	}
	*k.Time(profile) = sim.Time(d)
	return nil
}

// find looks a key up.
func find(p *cost.Parameters, key string) (*cost.Profile, cost.Key, error) {
	sectionName, name, _ := strings.Cut(key, ".")
	var known []string
	for _, section := range cost.Sections() {
		known = append(known, section.Name)
		if section.Name != sectionName {
			continue
		}
		var names []string
		for _, k := range section.Keys {
			names = append(names, k.Name)
			if k.Name == name {
				return section.Profile(p), k, nil
			}
		}
		return nil, cost.Key{}, fmt.Errorf("unknown key; want %s. and one of %s", section.Name, strings.Join(names, ", "))
	}
	return nil, cost.Key{}, fmt.Errorf("unknown key; want one of %s, such as tokio.poll", strings.Join(known, ", "))
}
