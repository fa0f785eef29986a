// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// root is the repository's.
const root = "../.."

// query is an expression of a panel, a variable or an alert, as the file has it but for Grafana's variables.
type query struct {
	where, text string
	expr        parser.Expr
}

// metrics are the names of the metrics that a query asks for.
func (q query) metrics() (names []string) {
	for _, selectors := range parser.ExtractSelectors(q.expr) {
		for _, matcher := range selectors {
			if matcher.Name == model.MetricNameLabel {
				names = append(names, matcher.Value)
			}
		}
	}
	return names
}

func parse(t *testing.T, where, text string) query {
	t.Helper()
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	require.NoError(t, err, "%s: %s", where, text)
	return query{where: where, text: text, expr: expr}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	return text
}

// rule is an alert.
type rule struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}

func rules(t *testing.T) (all []rule) {
	t.Helper()
	var file struct {
		Groups []struct{ Rules []rule }
	}
	require.NoError(t, yaml.Unmarshal(readFile(t, "deploy/prometheus/runtimelab.rules.yaml"), &file))
	for _, group := range file.Groups {
		all = append(all, group.Rules...)
	}
	require.NotEmpty(t, all)
	return all
}

// alerts are the expressions of the alerts.
func alerts(t *testing.T) (all []query) {
	t.Helper()
	for _, r := range rules(t) {
		all = append(all, parse(t, r.Alert, r.Expr))
	}
	return all
}

// board is what the tests read of Grafana's model.
type board struct {
	SchemaVersion int
	Panels        []panel
	Templating    struct{ List []variable }
}

type panel struct {
	ID         int
	Type       string
	Title      string
	Datasource datasource
	GridPos    struct{ X, Y, W, H int }
	Targets    []struct {
		RefID, Expr string
		Datasource  datasource
	}
}

type datasource struct{ Type, UID string }

type variable struct {
	Name, Type, Definition string
	Datasource             datasource
	Query                  any // a text, or an object with the field query
}

func readDashboard(t *testing.T) (d board) {
	t.Helper()
	require.NoError(t, json.Unmarshal(readFile(t, "deploy/grafana/runtimelab.json"), &d))
	return d
}

// grafana writes what Grafana would for its variables, with everything selected.
var grafana = strings.NewReplacer("$__rate_interval", "2m", "$service", ".*", "$operation", ".*")

// labelValues is the query of a variable; Prometheus' series API has the answer.
var labelValues = regexp.MustCompile(`^label_values\((.+), (\w+)\)$`)

// panels are the expressions of the dashboard, its variables included.
func panels(t *testing.T) (all []query) {
	t.Helper()
	d := readDashboard(t)
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			all = append(all, parse(t, p.Title+" "+target.RefID, grafana.Replace(target.Expr)))
		}
	}
	for _, v := range d.Templating.List {
		if v.Type != "query" {
			continue
		}
		match := labelValues.FindStringSubmatch(v.Definition)
		require.NotNil(t, match, "%s: %s", v.Name, v.Definition)
		all = append(all, parse(t, "variable "+v.Name, "group by ("+match[2]+") ("+grafana.Replace(match[1])+")"))
	}
	require.NotEmpty(t, all)
	return all
}

// A dashboard that Grafana shows as it was meant: the data source is the one that the reader chooses, and nothing lies on anything.
func TestDashboard(t *testing.T) {
	d := readDashboard(t)
	assert.GreaterOrEqual(t, d.SchemaVersion, 39, "older ones are migrated, not loaded")
	var names []string
	for _, v := range d.Templating.List {
		names = append(names, v.Name)
		if object, ok := v.Query.(map[string]any); ok {
			assert.Equal(t, v.Definition, object["query"], v.Name)
		}
	}
	require.Contains(t, names, "datasource")
	ids, cells := map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		assert.False(t, ids[p.ID], "two panels have the id %d", p.ID)
		ids[p.ID] = true
		assert.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				assert.Empty(t, cells[[2]int{x, y}], p.Title)
				cells[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		require.NotEmpty(t, p.Targets, p.Title)
		for _, source := range append([]datasource{p.Datasource}, sources(p)...) {
			assert.Equal(t, datasource{Type: "prometheus", UID: "${datasource}"}, source, p.Title)
		}
		for _, target := range p.Targets {
			for _, used := range regexp.MustCompile(`\$([a-z]\w*)`).FindAllStringSubmatch(target.Expr, -1) {
				assert.Contains(t, names, used[1], p.Title)
			}
		}
	}
}

func sources(p panel) (all []datasource) {
	for _, target := range p.Targets {
		all = append(all, target.Datasource)
	}
	return all
}

// Every alert says what happens, and leads to a section of the runbook that is there.
func TestAlertsLeadToTheRunbook(t *testing.T) {
	runbook := string(readFile(t, "docs/runbook.md"))
	var names []string
	for _, r := range rules(t) {
		assert.NotContains(t, names, r.Alert)
		names = append(names, r.Alert)
		assert.Contains(t, []string{"warning", "critical"}, r.Labels["severity"], r.Alert)
		assert.NotEmpty(t, r.Annotations["summary"], r.Alert)
		assert.NotEmpty(t, r.Annotations["description"], r.Alert)
		assert.Equal(t, "https://github.com/runtimelab/otelcol-runtimelab/blob/main/docs/runbook.md#"+strings.ToLower(r.Alert),
			r.Annotations["runbook_url"], r.Alert)
		assert.Contains(t, runbook, "\n### `"+r.Alert+"`\n")
	}
	headings := regexp.MustCompile("(?m)^### `(.+)`$").FindAllStringSubmatch(runbook, -1)
	for _, heading := range headings {
		assert.True(t, slices.Contains(names, heading[1]), "there is no alert %s", heading[1])
	}
}
