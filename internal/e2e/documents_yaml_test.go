// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/internal/costfile"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
)

type object = map[string]any

// The words by which a part of a configuration is recognised.
var (
	sections     = []string{"receivers", "processors", "exporters", "connectors", "extensions", "service"}
	serviceWords = []string{"name", "runtime", "runtimes", "host", "arrivals", "connections", "workload", "operations", "steps", "max_in_flight", "export", "instances", "clock", "resource"}
	scenario     = []string{"description", "systems", "scenarios"}
)

// fileName is the first line of a block that is to be saved as a file, perhaps with the command that reads it.
var fileName = regexp.MustCompile(`^# ([a-z][a-z0-9.-]*\.ya?ml)(?:: (.+))?\n`)

// runYAML has a block read by what it is for. A block that is not complete is completed as its text says. A block that begins with the
// name of a file is saved under it, for commands that follow.
func (c *checkout) runYAML(t *testing.T, b *block) {
	t.Helper()
	text := b.text()
	var top object
	require.NoError(t, yaml.Unmarshal([]byte(text), &top))
	of := func(words ...string) bool {
		return !slices.ContainsFunc(slices.Collect(maps.Keys(top)), func(key string) bool { return !slices.Contains(words, key) })
	}
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return top[w] != nil })
	}
	if match := fileName.FindStringSubmatch(text); match != nil {
		require.NoError(t, os.WriteFile(filepath.Join(c.folder, match[1]), []byte(text), 0o600))
		if match[2] != "" {
			c.runCommand(t, match[2])
		}
	}
	switch {
	case of(sections...):
		c.validateConfig(t, b.flags, top)
	case of("services"):
		c.validateConfig(t, b.flags, object{"receivers": object{"synthetic_load": top}})
	case of("metrics"): // as generated documentation says it, of any metric
		metrics := object{}
		for _, settings := range top["metrics"].(object) {
			metrics["process.cpu.time"] = settings
		}
		c.validateConfig(t, b.flags, object{
			"receivers": object{"process_threads": object{"metrics": metrics, "processes": []any{object{"name": "shop"}}}},
			"exporters": object{"nop": nil},
			"service":   object{"pipelines": object{"metrics": object{"receivers": []any{"process_threads"}, "exporters": []any{"nop"}}}},
		})
	case of("runtimes"):
		c.validateConfig(t, b.flags, object{"processors": object{"runtime_stats": top}})
	case of("policies"):
		c.validateConfig(t, b.flags, object{"processors": object{"tail_sampling": top}})
	case slices.ContainsFunc(slices.Collect(maps.Keys(top)), isCost):
		_, err := costfile.Parse(strings.NewReader(text))
		require.NoError(t, err)
	case has("jobs"):
		c.runWorkflow(t, top)
	case slices.ContainsFunc(slices.Collect(maps.Values(top)), isGitLabJob):
		c.runGitLab(t, top)
	case has(scenario...):
		c.listScenarios(t, text)
	case of(serviceWords...):
		c.validateService(t, b.flags, top)
	default:
		assert.Fail(t, "no rule for a block with these keys", "%v", slices.Collect(maps.Keys(top)))
	}
}

// isCost reports whether a key is that of a cost, such as tokio.poll.
func isCost(key string) bool {
	section, _, isCost := strings.Cut(key, ".")
	return isCost && slices.ContainsFunc(cost.Sections(), func(s cost.Section) bool { return s.Name == section })
}

// validateService completes the keys of a service.
func (c *checkout) validateService(t *testing.T, flags []string, keys object) {
	t.Helper()
	service := object{"name": "shop", "runtime": object{"model": "tokio"}, "arrivals": object{"process": "poisson", "rate": 10}}
	if keys["operations"] == nil {
		service["workload"] = "api_gateway"
	}
	maps.Copy(service, keys)
	c.validateConfig(t, flags, object{"receivers": object{"synthetic_load": object{"services": []any{service}}}})
}

// validateConfig has the Collector validate a configuration: as it is if it has all that a configuration needs, else with what it leaves out.
func (c *checkout) validateConfig(t *testing.T, flags []string, top object) {
	t.Helper()
	service, _ := top["service"].(object)
	pipelines, _ := service["pipelines"].(object)
	if receivers, _ := top["receivers"].(object); receivers != nil {
		if load, ok := receivers["synthetic_load"].(object); ok && load["services"] == nil { // a part that is merged into another file
			load["services"] = []any{object{"name": "shop", "workload": "api_gateway", "runtime": object{"model": "tokio"}, "arrivals": object{"process": "poisson", "rate": 10}}}
		}
	}
	path := writeFile(t, marshal(t, top))
	if top["receivers"] != nil && top["exporters"] != nil && pipelines != nil {
		c.validate(t, append(flags, "--config", path)...)
		return
	}
	surroundings, err := filepath.Abs(filepath.Join("testdata", "surroundings.yaml"))
	require.NoError(t, err)
	args := slices.Concat(flags, []string{"--config", surroundings, "--config", path})
	if pipelines == nil {
		ids := func(section, otherwise string) []string {
			part, _ := top[section].(object)
			if len(part) == 0 && otherwise != "" {
				return []string{otherwise}
			}
			return slices.Sorted(maps.Keys(part))
		}
		rest := object{"pipelines": object{"traces": object{
			"receivers": ids("receivers", "otlp"), "processors": ids("processors", ""), "exporters": ids("exporters", "nop"),
		}}}
		if service["extensions"] == nil {
			rest["extensions"] = ids("extensions", "")
		}
		args = append(args, "--config", writeFile(t, marshal(t, object{"service": rest})))
	}
	c.validate(t, args...)
}

func marshal(t *testing.T, value any) string {
	t.Helper()
	text, err := yaml.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

// listScenarios has pipelinetest read a file of scenarios. The Collector's configuration that it names is one that is here.
func (c *checkout) listScenarios(t *testing.T, text string) {
	t.Helper()
	for name, body := range map[string]string{"gateway.yaml": gateway, "scenario.yaml": text} {
		require.NoError(t, os.WriteFile(filepath.Join(c.folder, name), []byte(body), 0o600))
	}
	c.command(t, filepath.Join(c.tools, "pipelinetest"), "--collector", binary(t), "--list", "scenario.yaml")
}

// gateway is the smallest configuration that pipelinetest can test.
const gateway = `
receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}}
exporters: {otlp_grpc: {endpoint: "${env:PIPELINETEST_TO_NEXT}", tls: {insecure: true}}}
service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp_grpc]}}}
`

// runWorkflow reads a workflow of GitHub Actions: each step uses an action, with its version, or runs commands.
func (c *checkout) runWorkflow(t *testing.T, top object) {
	t.Helper()
	var jobs struct {
		Jobs map[string]struct {
			RunsOn string `yaml:"runs-on"`
			Steps  []struct{ Uses, Run string }
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(marshal(t, top)), &jobs))
	require.NotEmpty(t, jobs.Jobs)
	for name, job := range jobs.Jobs {
		assert.NotEmpty(t, job.RunsOn, name)
		for _, step := range job.Steps {
			if step.Run == "" {
				assert.Regexp(t, `^[\w./-]+@v\d`, step.Uses)
				continue
			}
			assert.Empty(t, step.Uses)
			c.runScript(t, strings.Split(step.Run, "\n"))
		}
	}
}

func isGitLabJob(value any) bool {
	job, _ := value.(object)
	return job["script"] != nil
}

// runGitLab reads a pipeline of GitLab CI.
func (c *checkout) runGitLab(t *testing.T, top object) {
	t.Helper()
	for name, job := range top {
		if isGitLabJob(job) {
			var script []string
			require.NoError(t, yaml.Unmarshal([]byte(marshal(t, job.(object)["script"])), &script), name)
			c.runScript(t, script)
		}
	}
}

// redirection is where a line of a job sends what it prints.
var redirection = regexp.MustCompile(` >>? \S+$`)

// runScript runs the lines of a job.
func (c *checkout) runScript(t *testing.T, lines []string) {
	t.Helper()
	for _, line := range commandLines(lines) {
		c.runCommand(t, redirection.ReplaceAllString(line, ""))
	}
}
