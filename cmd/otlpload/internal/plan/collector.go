// SPDX-License-Identifier: Apache-2.0

package plan

import (
	_ "embed" // the template
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"go.yaml.in/yaml/v3"
)

//go:embed collector.yaml.tmpl
var collectorText string

// Collector is the configuration of a Collector that does what the plan says.
func (p *Plan) Collector() (string, error) {
	t, err := template.New("collector.yaml").Funcs(template.FuncMap{"text": quote}).Parse(collectorText)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	err = t.Execute(&out, p)
	return out.String(), err
}

// Exporter is the exporter's type, which is also its name in the configuration.
func (p *Plan) Exporter() string {
	return map[string]string{GRPC: "otlp_grpc", HTTP: "otlp_http"}[p.Target.Protocol]
}

// Rate in requests a second, as YAML reads it.
func (p *Plan) Rate() string { return strconv.FormatFloat(p.Request.Rate, 'f', -1, 64) }

// SendsMetrics reports whether metrics are among the plan's signals.
func (p *Plan) SendsMetrics() bool { return slices.Contains(p.Signals, Metrics) }

// quote writes text as YAML reads it, with quotes where it needs them. The Collector takes $ for the beginning of a variable, and $$ for $.
func quote(text string) (string, error) {
	out, err := yaml.Marshal(strings.ReplaceAll(text, "$", "$$"))
	if err != nil {
		return "", fmt.Errorf("%q: %w", text, err)
	}
	return strings.TrimSuffix(string(out), "\n"), nil
}
