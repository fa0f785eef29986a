// SPDX-License-Identifier: Apache-2.0

package spec

//go:generate go test . -run "TestPresetDocs|TestReferenceTables" -update

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"

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

// presetTrees are the files as YAML, by name. Many services may name the same: they are read once.
var presetTrees = sync.OnceValue(func() map[string]any {
	trees := map[string]any{}
	for _, name := range Presets() {
		text, err := presetFiles.ReadFile(presetFolder + "/" + name + ".yaml")
		if err != nil {
			panic(err) // it is embedded
		}
		var tree any
		if err := yaml.Unmarshal(text, &tree); err != nil {
			panic(fmt.Errorf("%s: %w", name, err)) // likewise
		}
		trees[name] = tree
	}
	return trees
})

var presetForm = form{name: "preset", keys: []key{
	{name: "runtimes", takes: named{ref{"runtime"}}},
	{name: "operations", takes: listOf{item: ref{"operation"}}},
}}

// readPreset gives the service the operations of the preset that v names.
func (b *builder) readPreset(v value) {
	names := Presets()
	i := v.choice(names)
	if i < 0 {
		return
	}
	file := presetFolder + "/" + names[i] + ".yaml"
	t, ok := newValue(presetTrees()[names[i]], file, v.in).table(&presetForm)
	if !ok {
		return
	}
	if runtimes, ok := t.get("runtimes"); ok && len(b.parts) == 0 {
		b.readParts(runtimes)
	}
	if operations, ok := t.get("operations"); ok {
		b.readOperations(operations)
	}
}

// PresetExample is the service that the comment of a preset's file suggests to try, without the operations: runtime, arrivals, and host, if the
// preset is about a machine.
func PresetExample(name string) map[string]any {
	text, err := presetFiles.ReadFile(presetFolder + "/" + name + ".yaml")
	if err != nil {
		panic(err) // it is embedded
	}
	_, lines, _ := strings.Cut(string(text), "# Try:\n")
	var example strings.Builder
	for line := range strings.Lines(lines) {
		key, commented := strings.CutPrefix(line, "#   ")
		if !commented {
			break
		}
		example.WriteString(key)
	}
	var tree map[string]any
	if err := yaml.Unmarshal([]byte(example.String()), &tree); err != nil {
		panic(fmt.Errorf("%s: %w", name, err)) // likewise
	}
	return tree
}
