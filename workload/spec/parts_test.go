// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRunOnMistakes(t *testing.T) {
	app := func(runtimes, steps string) string {
		return "- {name: app, runtime: {model: tokio}, " + runtimes + " arrivals: {process: constant, rate: 1}, operations: [{name: op, steps: [" + steps + "]}]}"
	}
	const small = "runtimes: {small: {model: smol}},"
	for name, tc := range map[string]struct{ yaml, want string }{
		"none":      {app("", "run_on: {runtime: small, steps: [yield]}"), `services[0].operations[0].steps[0].run_on: the process has one runtime; want runtimes: {NAME: {model: ...}} beside the service's runtime`},
		"misspelt":  {app(small, "{run_on: {runtime: smal, steps: [yield]}}, {run_on: {runtime: small, steps: [yield]}}"), `services[0].operations[0].steps[0].run_on.runtime: "smal" is not allowed; want small`},
		"unused":    {app(small, "yield"), `services[0].runtimes.small: no step runs on it; want run_on: {runtime: small, steps: [...]} in an operation`},
		"nested":    {app(small, "run_on: {runtime: small, steps: [run_on: {runtime: small, steps: [yield]}]}"), `services[0].operations[0].steps[0].run_on.steps[0].run_on: inside another run_on; want it beside that`},
		"its lacks": {app(small, "run_on: {runtime: small, steps: [signal: 1ms]}"), `services[0].operations[0].steps[0].run_on.steps[0].signal: runtime smol has no signal: its crate has no module for signals; want io for a socket that a signal handler writes to`},
		"no name":   {app(small, "run_on: {runtime: small, attributes: {a: b}, steps: [yield]}"), `services[0].operations[0].steps[0].run_on.attributes: belongs to a span, and tasks without a name have none; want a name beside it`},
		"empty":     {app("runtimes: {},", "yield"), `services[0].runtimes: empty; want at least one runtime by a name of your choice, for run_on`},
		"model":     {app("runtimes: {small: {model: smoll}},", "run_on: {runtime: small, steps: [yield]}"), `services[0].runtimes.small.model: "smoll" is not allowed (did you mean smol?); want one of tokio, async_std, smol, ideal`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := fleet(t, tc.yaml)
			require.Error(t, err)
			assert.Equal(t, tc.want, err.Error())
		})
	}
}
