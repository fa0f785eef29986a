// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/internal/program"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// receiverID is the receiver whose configuration holds services.
const receiverID = "synthetic_load"

// serviceOnlyKeys tell a file that holds one service from one that holds a list of them.
var serviceOnlyKeys = []string{"operations", "workload", "runtime", "arrivals"}

// open reads the service from a YAML file: its keys alone, a list of services, the receiver's `services:` (with its `seed:`),
// or a whole Collector configuration with the receiver.
func (s *Source) open(path string) error {
	s.file = path
	text, err := readFile("--workload", path, "a preset (one of "+strings.Join(workload.Presets(), ", ")+")", workload.Presets())
	if err != nil {
		return err
	}
	var tree any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	root, _ := tree.(map[string]any)
	at := ""
	if receivers, ok := root["receivers"].(map[string]any); ok {
		if root, at, err = s.receiver(receivers); err != nil {
			return err
		}
		tree = root
	}
	inMap := map[string]any(nil) // services by name
	if list, ok := root["services"]; ok {
		if seed, ok := root["seed"]; ok {
			if err := s.setFleetSeed(seed, at); err != nil {
				return err
			}
		}
		tree, at = list, at+".services"
		inMap, _ = list.(map[string]any)
	}
	if inMap != nil {
		return s.pick(named(inMap, at))
	}
	switch tree := tree.(type) {
	case []any:
		return s.pick(listed(tree, at), at)
	case map[string]any:
		if slices.ContainsFunc(serviceOnlyKeys, func(key string) bool { _, ok := tree[key]; return ok }) {
			return s.take(tree, at)
		}
	}
	return fmt.Errorf("%s: no services in it; want a `services:` list, or the keys of one service: name, runtime, arrivals and so on", path)
}

// receiver finds the receiver's configuration in a Collector's.
func (s *Source) receiver(receivers map[string]any) (config map[string]any, at string, err error) {
	for _, id := range slices.Sorted(maps.Keys(receivers)) {
		if id != receiverID && !strings.HasPrefix(id, receiverID+"/") {
			continue
		}
		if config != nil {
			return nil, "", fmt.Errorf("%s: several %s receivers; want one, or the services in a file of their own", s.file, receiverID)
		}
		at = "receivers." + id
		if config, _ = receivers[id].(map[string]any); config == nil {
			return nil, "", fmt.Errorf("%s: %s: want a map with services", s.file, at)
		}
	}
	if config == nil {
		return nil, "", fmt.Errorf("%s: receivers: no %s among them", s.file, receiverID)
	}
	return config, at, nil
}

func (s *Source) setFleetSeed(seed any, at string) error {
	switch seed := seed.(type) {
	case int:
		if seed >= 0 {
			s.fleetSeed = uint64(seed)
			return nil
		}
	case uint64:
		s.fleetSeed = seed
		return nil
	}
	return fmt.Errorf("%s: %s: %v is not allowed; want a whole number from 0 to 18446744073709551615",
		s.file, strings.TrimPrefix(at+".seed", "."), seed)
}

// listed are the services of a list; one that is no map has no tree.
func listed(list []any, at string) (of []other) {
	for i, item := range list {
		service, _ := item.(map[string]any)
		of = append(of, other{service, at + "[" + strconv.Itoa(i) + "]"})
	}
	return of
}

// named are the services of a map by their names, which they are given.
func named(services map[string]any, at string) (of []other, _ string) {
	for _, name := range slices.Sorted(maps.Keys(services)) {
		service, _ := services[name].(map[string]any)
		if service != nil {
			service = maps.Clone(service)
			service["name"] = name
		}
		of = append(of, other{service, at + "." + name})
	}
	return of, at
}

// pick takes the service that the user has named, or the only one.
func (s *Source) pick(list []other, at string) error {
	var names []string
	s.others = nil
	for _, item := range list {
		if item.service != nil && item.service["name"] != s.request.Name {
			s.others = append(s.others, item)
		}
	}
	for _, item := range list {
		name, _ := item.service["name"].(string)
		if s.request.Name == name && name != "" || s.request.Name == "" && len(list) == 1 {
			if item.service == nil {
				break
			}
			return s.take(item.service, item.path)
		}
		names = append(names, name)
	}
	if s.request.Name != "" {
		return fmt.Errorf("--name: %q is not in %s%s; want one of %s", s.request.Name, s.file, program.DidYouMean(s.request.Name, names), strings.Join(names, ", "))
	}
	if len(list) > 1 {
		return fmt.Errorf("%s has %d services; choose by --name: one of %s", s.file, len(list), strings.Join(names, ", "))
	}
	return fmt.Errorf("%s: %s: want a list of services", s.file, strings.TrimPrefix(at, "."))
}

// take plays the service with the given keys, which stand at a path of the file.
func (s *Source) take(service map[string]any, at string) error {
	s.service, s.path = maps.Clone(service), at
	if name, _ := service["name"].(string); s.request.Name != "" && name != s.request.Name {
		return fmt.Errorf("--name: %q is not in %s; want %s", s.request.Name, s.file, name)
	}
	return nil
}
