// SPDX-License-Identifier: Apache-2.0

// Package fleettest writes services as YAML, for tests.
package fleettest

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// Tree is what YAML makes of a text.
func Tree(tb testing.TB, text string) any {
	tb.Helper()
	var tree any
	require.NoError(tb, yaml.Unmarshal([]byte(text), &tree))
	return tree
}

// Service is a valid service with some lines put in place of those that have the same key.
func Service(lines ...string) string {
	all := []string{
		"name: a", "runtime: {model: tokio}", "arrivals: {process: poisson, rate: 1}",
		"operations: [{name: op, steps: [compute: 1us]}]",
	}
	for _, line := range lines {
		key, _, _ := strings.Cut(line, ":")
		all = slices.DeleteFunc(all, func(l string) bool { return strings.HasPrefix(l, key+":") })
		all = append(all, line)
	}
	return "- " + strings.Join(all, "\n  ") + "\n"
}
