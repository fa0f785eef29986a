// SPDX-License-Identifier: Apache-2.0

package fleettest

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Preset is a file of the presets' folder in parts. Its comment has a form of its own:
//
//	# What is played, in a sentence or two.
//	#
//	# Look for: what to see where.
//	#
//	# Why: the rule behind it.
//	#
//	# Try:
//	#   runtime: {model: tokio}
//	#   arrivals: {process: poisson, rate: 100}
//	operations: # or runtimes: first
type Preset struct {
	Name           string
	Plays, LookFor string
	Try            []string // lines of a service
	Operations     string   // the file without its comment
}

var presetForm = regexp.MustCompile(`^((?:# .+\n)+)#\n# Look for: ((?:.+\n(?:# .+\n)*))#\n# Why: .+\n(?:# .+\n)*#\n# Try:\n((?:#   .+\n)+)((?:runtimes|operations):\n(?s:.*))$`)

// ReadPreset reads the file of a preset, for tests of the packages beside spec.
func ReadPreset(tb testing.TB, name string) Preset {
	tb.Helper()
	text, err := os.ReadFile("../spec/presets/" + name + ".yaml") //nolint:gosec // G304: a file of this repository
	require.NoError(tb, err)
	part := presetForm.FindStringSubmatch(string(text))
	require.NotNil(tb, part, "the comment of %s does not have the form that is described here", name)
	paragraph := func(comment string) string {
		return strings.TrimSpace(strings.ReplaceAll(strings.TrimPrefix(comment, "# "), "\n# ", " "))
	}
	return Preset{
		Name: name, Plays: paragraph(part[1]), LookFor: paragraph(part[2]), Operations: part[4],
		Try: strings.Split(strings.TrimSpace(strings.ReplaceAll(part[3], "#   ", "")), "\n"),
	}
}

// Service is the YAML of a service that plays the preset as its comment suggests.
func (p Preset) Service() string {
	lines := append([]string{"- name: " + p.Name}, p.Try...)
	lines = append(lines, strings.Split(strings.TrimSpace(p.Operations), "\n")...)
	return strings.Join(lines, "\n  ") + "\n"
}
