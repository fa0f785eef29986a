// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestScenariosAreChosenByName(t *testing.T) {
	chosen, err := parse([]string{"-scenario=^verifier", "-repeat=5"})
	require.NoError(t, err)
	assert.Equal(t, 5, chosen.repeat)
	scenarios, err := chosen.scenarios()
	require.NoError(t, err)
	var names []string
	for _, scenario := range scenarios {
		names = append(names, scenario.Name)
	}
	assert.Equal(t, []string{"verifier-restarts", "verifier-killed", "verifier-forgets"}, names)
}

func TestMistakesOnTheCommandLine(t *testing.T) {
	for want, args := range map[string][]string{
		"-repeat: 0 is not allowed; want 1 or more": {"-repeat=0"},
		`"now" is not allowed; want flags only`:     {"now"},
		"-scenario: error parsing regexp":           {"-scenario=("},
	} {
		_, err := parse(args)
		assert.ErrorContains(t, err, want)
	}
	nobody, err := parse([]string{"-scenario=nobody"})
	require.NoError(t, err)
	_, err = nobody.scenarios()
	assert.ErrorContains(t, err, `-scenario: "nobody" matches none of ["healthy" "gateways-restart"`)
}
