// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestHealthCheck: with the settings of load_verify's README, a health check answers 500 while there is a finding; without, 200.
func TestHealthCheck(t *testing.T) {
	const drops = `processors::filter: {traces: {span: ['name == "GET /dashboard"']}}`
	settings := func(port int) string {
		return fmt.Sprintf(`extensions::health_check: {http: {endpoint: "localhost:%d", status: {path: /}}, component_health: {include_recoverable_errors: true, recovery_duration: 0s}}`, port)
	}
	plain := func(port int) string { return fmt.Sprintf("extensions::health_check::endpoint: localhost:%d", port) }
	const gate = "--feature-gates=+extension.healthcheck.useComponentStatus"
	for name, tc := range map[string]struct {
		settings func(port int) string
		flags    []string
		broken   bool
		want     int
	}{
		"a finding":                       {settings, []string{gate}, true, http.StatusInternalServerError},
		"no finding":                      {settings, []string{gate}, false, http.StatusOK},
		"a finding, and nobody was asked": {plain, nil, true, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			port := freePort(t)
			overrides := append([]string{tc.settings(port), "service::extensions: [load_gate, health_check]", "receivers::synthetic_load::duration: 2s"}, tc.flags...)
			verdict := "PASS"
			if tc.broken {
				verdict = "FAIL"
				overrides = append(overrides, drops, "service::pipelines::traces/arrived::processors: [filter]")
			}
			c, _ := verified(t, overrides...)
			c.waitFor(t, `run 42-\S+  `+verdict)
			ask := func() int {
				ctx := t.Context()
				request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://localhost:%d/", port), http.NoBody)
				require.NoError(t, err)
				response, err := http.DefaultClient.Do(request)
				if err != nil {
					return 0
				}
				require.NoError(t, response.Body.Close())
				return response.StatusCode
			}
			// The verdict is printed before it is reported.
			require.Eventually(t, func() bool { return ask() == tc.want }, patience, 50*time.Millisecond)
			assert.Equal(t, tc.want, ask())
		})
	}
}
