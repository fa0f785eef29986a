package scenario

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
)

// file is a scenario as YAML has it.
type file struct {
	Description string        `yaml:"description"`
	Timeout     time.Duration `yaml:"timeout"`
	Settle      time.Duration `yaml:"settle"`
	Generator   yaml.Node     `yaml:"generator"`
	Generators  []yaml.Node   `yaml:"generators"`
	Systems     []yaml.Node   `yaml:"systems"`
	Verifier    yaml.Node     `yaml:"verifier"`
	Faults      []yaml.Node   `yaml:"faults"`
	Want        yaml.Node     `yaml:"want"`
}

// partFile is a part as YAML has it.
type partFile struct {
	Name    string      `yaml:"name"`
	Config  []yaml.Node `yaml:"config"`
	Command []string    `yaml:"command"`
	Disk    proxy.Bytes `yaml:"disk"`
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

// Load reads a scenario from its file.
func Load(path string) (*Scenario, error) {
	text, err := os.ReadFile(path) //nolint:gosec // G304: it is the user's file
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	s, err := parse(text, dir)
	if err != nil {
		return nil, prefixed(path, err)
	}
	s.Name, s.File = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), path
	return s, nil
}

// prefixed puts where they come from before each line of an error.
func prefixed(where string, err error) error {
	var errs []error
	for line := range strings.SplitSeq(err.Error(), "\n") {
		errs = append(errs, errors.New(where+": "+line))
	}
	return errors.Join(errs...)
}

func parse(text []byte, dir string) (*Scenario, error) {
	var node yaml.Node
	if err := yaml.Unmarshal(text, &node); err != nil {
		return nil, err
	}
	if len(node.Content) == 0 {
		return nil, errors.New("it is empty; want a scenario")
	}
	s := New()
	f := file{Timeout: s.Timeout, Settle: s.Settle}
	if err := decode(node.Content[0], "", &f); err != nil {
		return nil, err
	}
	s.Dir, s.Description, s.Timeout, s.Settle = dir, strings.TrimSpace(f.Description), f.Timeout, f.Settle
	err := errors.Join(s.readParts(&f), s.readFaults(f.Faults), s.readWant(&f.Want))
	if err != nil {
		return nil, err
	}
	return s, s.Check()
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
		part, err := readPart(node, key, name, builtin, s.Dir)
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
		s.Systems = append(s.Systems, read(&f.Systems[i], fmt.Sprintf("systems[%d]", i), "", ""))
	}
	if !f.Verifier.IsZero() {
		s.Verifier = read(&f.Verifier, "verifier", VerifierName, VerifierName)
	}
	return errors.Join(errs...)
}

// readPart reads a part. Generators and the verifier have a configuration that is built in; the one and only of them has a name already.
func readPart(node *yaml.Node, key, name, builtin, dir string) (Part, error) {
	f := partFile{Name: name}
	if err := decode(node, key, &f); err != nil {
		return Part{}, err
	}
	if name != "" && f.Name != name {
		return Part{}, refused(key+".name", f.Name, name)
	}
	part := Part{Name: f.Name, Command: f.Command, Disk: int64(f.Disk)}
	for i := range f.Config {
		config, err := readConfig(&f.Config[i], fmt.Sprintf("%s.config[%d]", key, i), builtin, dir)
		if err != nil {
			return Part{}, err
		}
		part.Config = append(part.Config, config)
	}
	switch {
	case len(part.Config) > 0 && len(part.Command) > 0:
		return Part{}, fmt.Errorf("%s.command: not beside config; want one of both", key)
	case len(part.Config) == 0 && len(part.Command) == 0 && builtin == "":
		return Part{}, fmt.Errorf("%s: neither config nor command; want one of both", key)
	case len(part.Config) == 0 && len(part.Command) == 0:
		part.Config = []Config{{Text: BuiltinConfig(builtin)}}
	}
	return part, nil
}

// uri is a location that the Collector takes as it is. A single letter before the colon would be a drive.
var uri = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]+:`)

// readConfig reads one configuration: a mapping, a location, or the word for the one that is built in.
func readConfig(node *yaml.Node, key, builtin, dir string) (Config, error) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node.Kind == yaml.MappingNode {
		var content any
		if err := node.Decode(&content); err != nil { // an alias in itself, say
			return Config{}, fmt.Errorf("%s: %w", key, err)
		}
		text, err := yaml.Marshal(withoutAliases(node))
		return Config{Text: string(text)}, err
	}
	if node.Kind != yaml.ScalarNode || node.Value == "" {
		return Config{}, refused(key, flow(node), "a file, a URI such as yaml:..., or a mapping")
	}
	config, err := ConfigAt(node.Value, builtin, dir)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", key, err)
	}
	return config, nil
}

// withoutAliases is a node that can stand alone: aliases are replaced by what they stand for, which may be elsewhere in the file.
func withoutAliases(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	alone := *node
	alone.Anchor, alone.Content = "", nil
	for _, part := range node.Content {
		alone.Content = append(alone.Content, withoutAliases(part))
	}
	return &alone
}

// ConfigAt is the configuration at a URI, in a file that must exist, or, by the word builtin, the one that is built in for a part; that
// has none if its name is empty.
func ConfigAt(location, builtin, dir string) (Config, error) {
	switch {
	case location == Builtin && builtin == "":
		return Config{}, fmt.Errorf("%s is not allowed; only generators and the verifier have a configuration that is built in", Builtin)
	case location == Builtin:
		return Config{Text: BuiltinConfig(builtin)}, nil
	case uri.MatchString(location):
		return Config{Location: location}, nil
	case !filepath.IsAbs(location):
		location = filepath.Join(dir, location)
	}
	location, err := filepath.Abs(location)
	if err != nil {
		return Config{}, err
	}
	_, err = os.Stat(location)
	return Config{Location: location}, err
}

func (s *Scenario) readFaults(nodes []yaml.Node) error {
	var errs []error
	for i := range nodes {
		fault, err := readFault(&nodes[i], fmt.Sprintf("faults[%d]", i))
		s.Faults, errs = append(s.Faults, fault), append(errs, err)
	}
	return errors.Join(errs...)
}

func (s *Scenario) readWant(node *yaml.Node) error {
	if node.IsZero() {
		return nil
	}
	f := wantFile{Verdict: Pass}
	if err := decode(node, "want", &f); err != nil {
		return err
	}
	var err error
	s.Want, err = f.want()
	return err
}

var partName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// Check holds a scenario's names and times together.
func (s *Scenario) Check() error {
	var errs []error
	if s.Timeout <= 0 {
		errs = append(errs, refused("timeout", s.Timeout, "a duration of more than 0s"))
	}
	if s.Settle <= 0 {
		errs = append(errs, refused("settle", s.Settle, "a duration of more than 0s"))
	}
	if len(s.Generators) == 0 {
		errs = append(errs, errors.New("generators: there are none; want one or more"))
	}
	names := map[string]bool{}
	for _, part := range s.Parts() {
		switch {
		case !partName.MatchString(part.Name) || part.Name == next || strings.HasSuffix(part.Name, "-http"):
			errs = append(errs, refused("name", fmt.Sprintf("%q", part.Name),
				"lower-case letters, digits and -, beginning with a letter; not next, and not ending with -http"))
		case names[part.Name]:
			errs = append(errs, fmt.Errorf("name: there are two parts %q; want each name once", part.Name))
		}
		names[part.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(s.Want.Parts)) {
		if !names[name] {
			errs = append(errs, refused("want.parts", fmt.Sprintf("%q", name), "one of "+strings.Join(slices.Sorted(maps.Keys(names)), ", ")))
		}
	}
	for i := range s.Faults {
		if err := s.checkFault(&s.Faults[i]); err != nil {
			errs = append(errs, fmt.Errorf("faults[%d].%w", i, err))
		}
	}
	return errors.Join(errs...)
}

// checkFault looks whether what a fault names exists.
func (s *Scenario) checkFault(f *Fault) error {
	parts := map[string]Part{}
	var names, disks []string
	for _, part := range s.Parts() {
		parts[part.Name] = part
		names = append(names, part.Name)
		if part.Disk > 0 {
			disks = append(disks, part.Name)
		}
	}
	for key, name := range map[string]string{"kill": f.Kill, "stop": f.Stop} {
		if _, exists := parts[name]; name != "" && !exists {
			return refused(key, fmt.Sprintf("%q", name), "one of "+strings.Join(names, ", "))
		}
		if parts[name].Disk > 0 {
			return refused(key, fmt.Sprintf("%q", name), "a part without disk: what is on it goes with the process")
		}
	}
	if f.FullDisk != "" && !slices.Contains(disks, f.FullDisk) {
		if len(disks) == 0 {
			return refused("full_disk", fmt.Sprintf("%q", f.FullDisk), "a part with disk: SIZE; there is none")
		}
		return refused("full_disk", fmt.Sprintf("%q", f.FullDisk), "a part with disk: one of "+strings.Join(disks, ", "))
	}
	if f.Link != (Link{}) && !slices.Contains(s.Links(), f.Link) {
		var links []string
		for _, link := range s.Links() {
			links = append(links, link.String())
		}
		return refused("link", f.Link, "one of "+strings.Join(links, ", "))
	}
	return nil
}
