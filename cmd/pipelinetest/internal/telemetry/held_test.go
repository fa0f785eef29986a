// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestHeld: what went into a part that was killed, and did not come out, was in it; as exactly as its neighbours know.
func TestHeld(t *testing.T) {
	of := func(kind string, c Counts) []Component {
		return []Component{{Kind: kind, ID: "x", Signal: "traces", Counts: c}}
	}
	for name, tc := range map[string]struct {
		change func([]Part)
		copies bool
		want   []string
	}{
		"exactly":                 {nil, false, []string{"gateway: took 90,891, and 75,659 arrived at verifier: 15,232 were in it when it was killed"}},
		"copies":                  {nil, true, []string{"gateway: took 90,891, and 75,659 arrived at verifier: >=15,232 were in it when it was killed"}},
		"the sender was killed":   {func(p []Part) { p[0].Least = true }, false, []string{"gateway: took >=90,891, and 75,659 arrived at verifier: >=15,232 were in it when it was killed"}},
		"the next was killed":     {func(p []Part) { p[2].Least = true }, false, []string{"gateway: took 90,891, and >=75,659 arrived at verifier: <=15,232 were in it when it was killed"}},
		"some was dropped":        {func(p []Part) { p[1].Components[0].Dropped = 3 }, false, []string{"gateway: took 90,891, and 75,659 arrived at verifier: <=15,232 were in it when it was killed"}},
		"the link drops requests": {func(p []Part) { p[1].Disturbed = true }, false, []string{"gateway: took 90,891, and 75,659 arrived at verifier: <=15,232 were in it when it was killed"}},
		"more or less":            {func(p []Part) { p[1].Disturbed = true }, true, nil},
		"nothing":                 {func(p []Part) { p[2].Components[0].Received = 90_891 }, false, nil},
		"not killed":              {func(p []Part) { p[1].Killed = false }, false, nil},
		"nobody can be asked":     {func(p []Part) { p[2].Read = false }, false, nil},
		"elsewhere, too":          {func(p []Part) { p[1].Elsewhere = []string{"exporter other"} }, false, nil},
		"two ways":                {func(p []Part) { p[0].Components = append(p[0].Components, of(Exporter, Counts{Sent: 5})...) }, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			parts := []Part{
				{Name: "generator", Read: true, Components: of(Exporter, Counts{Sent: 90_891})},
				{Name: "gateway", Read: true, Least: true, Killed: true, Components: of(Exporter, Counts{Sent: 60_000})},
				{Name: "verifier", Read: true, Components: of(Receiver, Counts{Received: 75_659})},
			}
			if tc.change != nil {
				tc.change(parts)
			}
			assert.Equal(t, tc.want, Held(parts, 1, "traces", tc.copies))
		})
	}
}
