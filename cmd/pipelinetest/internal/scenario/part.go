// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
)

// partFile is a part as YAML has it.
type partFile struct {
	Name    string      `yaml:"name"`
	Config  []yaml.Node `yaml:"config"`
	Command []string    `yaml:"command"`
	Disk    proxy.Bytes `yaml:"disk"`
	// Replicas is how many there are of it; nil: one, which is no replica.
	Replicas *int `yaml:"replicas"`
}

// readPart reads a part; with a mistake, as much of it as can be read. Generators and the verifier have a configuration that is built in; the one and only of them has a name already.
func readPart(node *yaml.Node, key, name, builtin, dir string) (part Part, replicas int, err error) {
	f := partFile{Name: name}
	errs := []error{decode(node, key, &f)}
	if f.Replicas != nil {
		if replicas = *f.Replicas; builtin != "" {
			errs = append(errs, refused(key+".replicas", replicas, "it of a system only"))
		} else if replicas < 1 || replicas > mostReplicas {
			errs = append(errs, refused(key+".replicas", replicas, fmt.Sprintf("1 to %d", mostReplicas)))
			replicas = 0
		}
	}
	if name != "" && f.Name != name {
		errs = append(errs, refused(key+".name", f.Name, name))
		f.Name = name
	}
	part = Part{Name: f.Name, Command: f.Command, Disk: int64(f.Disk)}
	for i := range f.Config {
		config, err := readConfig(&f.Config[i], fmt.Sprintf("%s.config[%d]", key, i), builtin, dir)
		part.Config, errs = append(part.Config, config), append(errs, err)
	}
	switch {
	case len(part.Config) > 0 && len(part.Command) > 0:
		errs = append(errs, fmt.Errorf("%s.command: not beside config; want one of both", key))
	case len(part.Config) == 0 && len(part.Command) == 0 && builtin == "":
		errs = append(errs, fmt.Errorf("%s: neither config nor command; want one of both", key))
	case len(part.Config) == 0 && len(part.Command) == 0:
		part.Config = []Config{{Text: BuiltinConfig(builtin)}}
	}
	return part, replicas, errors.Join(errs...)
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
	if alone.ShortTag() == "!!null" {
		alone.Value = "null" // where nothing stands, the library would write an empty text
	}
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
