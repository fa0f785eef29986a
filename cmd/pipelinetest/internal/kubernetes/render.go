// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"embed"
	"fmt"
	"strconv"
	"strings"
	"text/template"

	"go.yaml.in/yaml/v3"
)

//go:embed templates/*.yaml
var sources embed.FS

// kustomization is the file that names the others.
const kustomization = "kustomization.yaml"

// render fills the templates.
func (p *plan) render() ([]File, error) {
	templates, err := template.New("").Funcs(template.FuncMap{"quote": strconv.Quote, "text": block, "mounted": mounted, "of": of}).ParseFS(sources, "templates/*.yaml")
	if err != nil {
		return nil, err
	}
	var files []File
	for _, name := range []string{"namespace.yaml", "verifier.yaml", "system.yaml", "generator.yaml", "judge.yaml", kustomization} {
		if name == "system.yaml" && len(p.Systems) == 0 {
			continue
		}
		var b strings.Builder
		if err := templates.ExecuteTemplate(&b, name, p); err != nil {
			return nil, err
		}
		files = append(files, File{name, b.String()})
	}
	return files, nil
}

// component is what a template says of one component of a plan.
type component struct {
	*plan
	C collector
}

// of is a component for a template.
func of(p *plan, c collector) component { return component{p, c} }

// mounted are the arguments by which a Collector reads its files.
func mounted(c collector) (args []string) {
	for _, f := range c.Files {
		args = append(args, "--config", "/etc/pipelinetest/"+f.Name)
	}
	return args
}

// block is a text as YAML's literal block, indented by so many spaces, or in quotes if a block cannot hold it.
func block(indent int, text string) (string, error) {
	text = strings.TrimRight(text, "\n") + "\n"
	margin := "\n" + strings.Repeat(" ", indent)
	literal := "|" + strings.ReplaceAll("\n"+strings.TrimSuffix(text, "\n"), "\n", margin)
	literal = strings.ReplaceAll(literal+"\n", margin+"\n", "\n\n") // no spaces in empty lines
	literal = strings.TrimSuffix(literal, "\n")
	var read map[string]string
	if yaml.Unmarshal([]byte("a: "+literal+"\n"), &read) == nil && read["a"] == text {
		return literal, nil
	}
	quoted := strconv.Quote(text)
	if yaml.Unmarshal([]byte("a: "+quoted), &read) != nil || read["a"] != text {
		return "", fmt.Errorf("a configuration cannot be written as YAML: %.100q", text)
	}
	return quoted, nil
}
