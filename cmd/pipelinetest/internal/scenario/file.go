// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// file is a scenario as YAML has it.
type file struct {
	Description string        `yaml:"description"`
	Timeout     time.Duration `yaml:"timeout"`
	Settle      time.Duration `yaml:"settle"`
	Generator   yaml.Node     `yaml:"generator"`
	Generators  []yaml.Node   `yaml:"generators"`
	Systems     []yaml.Node   `yaml:"systems"`
	Add         yaml.Node     `yaml:"add"`
	Verifier    yaml.Node     `yaml:"verifier"`
	Faults      []yaml.Node   `yaml:"faults"`
	Want        yaml.Node     `yaml:"want"`
}

// Files are the scenarios that arguments name: files, and all *.yaml files right in folders.
func Files(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, arg)
			continue
		}
		found, err := filepath.Glob(filepath.Join(arg, "*.yaml"))
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s: no *.yaml files in this folder; want scenarios", arg)
		}
		files = append(files, found...)
	}
	return files, nil
}

// Load reads the scenarios of a file. It tells every mistake.
func Load(path string) ([]*Scenario, error) {
	text, err := os.ReadFile(path) //nolint:gosec // G304: it is the user's file
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	scenarios, err := parse(text, strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), dir)
	for _, s := range scenarios {
		s.File = path
	}
	if err != nil {
		return nil, prefixed(path, err)
	}
	return scenarios, nil
}

// prefixed puts where they come from before each line of an error.
func prefixed(where string, err error) error {
	if err == nil {
		return nil
	}
	var errs []error
	for line := range strings.SplitSeq(err.Error(), "\n") {
		errs = append(errs, errors.New(where+": "+line))
	}
	return errors.Join(errs...)
}

// parse reads a file of one scenario, or of several.
func parse(text []byte, name, dir string) ([]*Scenario, error) {
	node, err := document(text)
	if err != nil {
		return nil, err
	}
	if value(node.Content[0], "scenarios") != nil {
		return parseSeveral(node.Content[0], name, dir)
	}
	s, err := parseOne(node.Content[0], dir)
	s.Name = name
	return []*Scenario{s}, err
}

// document is the only YAML document of a file. The library reads the first and is silent about the rest, so a scenario after --- would
// never run.
func document(text []byte) (*yaml.Node, error) {
	var node, second yaml.Node
	documents := yaml.NewDecoder(bytes.NewReader(text))
	switch err := documents.Decode(&node); {
	case errors.Is(err, io.EOF), err == nil && len(node.Content) == 0:
		return nil, errors.New("it is empty; want a scenario")
	case err != nil:
		return nil, err
	}
	switch err := documents.Decode(&second); {
	case errors.Is(err, io.EOF):
		return &node, nil
	case err != nil:
		return nil, err
	}
	return nil, fmt.Errorf("line %d: a second YAML document begins here; want one a file, and several scenarios in a list under scenarios", second.Line)
}

// parseOne reads a scenario. The mistakes of its parts do not hide each other.
func parseOne(node *yaml.Node, dir string) (*Scenario, error) {
	s := New()
	s.Dir = dir
	f := file{Timeout: s.Timeout, Settle: s.Settle}
	errs := []error{decode(node, "", &f)}
	s.Description, s.Timeout, s.Settle = strings.TrimSpace(f.Description), f.Timeout, f.Settle
	errs = append(errs, s.readParts(&f), s.readFaults(f.Faults), s.readWant(&f.Want), s.Check())
	return s, errors.Join(errs...)
}

// New is the scenario without any keys: the built-in generator sends right to the built-in verifier.
func New() *Scenario {
	return &Scenario{
		Name:       "pipelinetest",
		Timeout:    DefaultTimeout,
		Settle:     DefaultSettle,
		Generators: []Part{{Name: GeneratorName, Config: []Config{{Text: BuiltinConfig(GeneratorName)}}}},
		Verifier:   Part{Name: VerifierName, Config: []Config{{Text: BuiltinConfig(VerifierName)}}},
		Want:       Want{Verdict: Pass},
	}
}

func (s *Scenario) readParts(f *file) error {
	var errs []error
	read := func(node *yaml.Node, key, name, builtin string) Part {
		part, _, err := readPart(node, key, name, builtin, s.Dir)
		errs = append(errs, err)
		return part
	}
	if !f.Generator.IsZero() && f.Generators != nil {
		errs = append(errs, errors.New("generators: not beside generator; want one of both"))
	}
	if !f.Generator.IsZero() {
		s.Generators = []Part{read(&f.Generator, "generator", GeneratorName, GeneratorName)}
	}
	if f.Generators != nil {
		s.Generators = nil
	}
	for i := range f.Generators {
		s.Generators = append(s.Generators, read(&f.Generators[i], fmt.Sprintf("generators[%d]", i), "", GeneratorName))
	}
	for i := range f.Systems {
		part, replicas, err := readPart(&f.Systems[i], fmt.Sprintf("systems[%d]", i), "", "", s.Dir)
		parts := []Part{part}
		if replicas > 0 {
			parts = part.replicated(replicas)
		}
		s.Systems, errs = append(s.Systems, parts...), append(errs, err)
	}
	if !f.Verifier.IsZero() {
		s.Verifier = read(&f.Verifier, "verifier", VerifierName, VerifierName)
	}
	errs = append(errs, s.readAdded(&f.Add))
	return errors.Join(errs...)
}

// readAdded reads what a scenario adds to the configurations of its parts.
func (s *Scenario) readAdded(node *yaml.Node) error {
	if node.IsZero() {
		return nil
	}
	if node.Kind != yaml.MappingNode {
		return refused("add", flow(node), "a mapping of parts to lists of configurations")
	}
	var errs []error
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := "add." + node.Content[i].Value
		parts := s.called(node.Content[i].Value)
		if len(parts) == 0 || len(parts[0].Config) == 0 {
			errs = append(errs, fmt.Errorf("%s: there is no such part with a config; want one of %s", key, strings.Join(s.names(), ", ")))
			continue
		}
		var list []yaml.Node
		if err := decodeField(node.Content[i+1], reflect.ValueOf(&list).Elem()); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", key, err))
		}
		for j := range list {
			config, err := readConfig(&list[j], fmt.Sprintf("%s[%d]", key, j), "", s.Dir)
			for _, part := range parts {
				part.Config = append(slices.Clone(part.Config), config)
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// called are the parts of a name: one, or all its replicas.
func (s *Scenario) called(name string) (parts []*Part) {
	for i := range s.Systems {
		if s.Systems[i].Group == name && name != "" {
			parts = append(parts, &s.Systems[i])
		}
	}
	if p := s.part(name); p != nil {
		parts = append(parts, p)
	}
	return parts
}

// part is the part of a name; nil: there is none.
func (s *Scenario) part(name string) *Part {
	for _, list := range [][]Part{s.Generators, s.Systems} {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
	}
	if name == s.Verifier.Name {
		return &s.Verifier
	}
	return nil
}

// names of all parts.
func (s *Scenario) names() (names []string) {
	for _, part := range s.Parts() {
		names = append(names, part.Name)
	}
	return names
}

func (s *Scenario) readFaults(nodes []yaml.Node) error {
	var errs []error
	for i := range nodes {
		fault, err := readFault(&nodes[i], fmt.Sprintf("faults[%d]", i), s.Dir)
		if errs = append(errs, err); err == nil {
			s.Faults = append(s.Faults, fault)
		}
	}
	return errors.Join(errs...)
}

func (s *Scenario) readWant(node *yaml.Node) error {
	if node.IsZero() {
		return nil
	}
	f := wantFile{Verdict: Pass}
	err := decode(node, "want", &f)
	want, wantErr := f.want()
	s.Want = want
	text, textErr := yaml.Marshal(map[string]*yaml.Node{"want": withoutAliases(node)})
	s.Want.Text = string(text)
	return errors.Join(err, wantErr, textErr)
}
