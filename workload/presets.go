package workload

//go:generate go test . -run TestPresetDocs -update

import (
	"embed"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// presetFiles hold one workload each: a YAML file with a list of `operations:`, named as the value of `workload:`.
//
//go:embed presets/*.yaml
var presetFiles embed.FS

const presetFolder = "presets"

// Presets lists the names of the built-in workloads, sorted.
func Presets() []string {
	files, err := presetFiles.ReadDir(presetFolder)
	if err != nil {
		panic(err) // the folder is embedded
	}
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = strings.TrimSuffix(f.Name(), ".yaml")
	}
	slices.Sort(names)
	return names
}

// parsePreset gives the service the operations of the preset that v names.
func (s *Service) parsePreset(v value) {
	names := Presets()
	i := v.choice(names)
	if i < 0 {
		return
	}
	file := presetFolder + "/" + names[i] + ".yaml"
	text, err := presetFiles.ReadFile(file)
	if err != nil {
		panic(err) // it is embedded
	}
	var tree any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		v.fail(file + ": " + err.Error())
		return
	}
	t, ok := value{tree, file, v.mistakes}.table([]string{"runtimes", "operations"})
	if !ok {
		return
	}
	if t.has("runtimes") && len(s.parts) == 0 {
		s.parseRuntimes(t.child("runtimes"))
	}
	s.parseOperations(t.child("operations"))
}
