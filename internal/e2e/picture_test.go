// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The picture of the README: both axes are logarithmic.
const (
	left, right, top, bottom = 80, 620, 70, 310
	leastRate, mostRate      = 1_000, 40_000
	leastWait, mostWait      = 10 * time.Microsecond, 10 * time.Second
)

func across(rate float64) float64 {
	return left + (right-left)*math.Log(rate/leastRate)/math.Log(mostRate/leastRate)
}

func up(wait float64) float64 {
	return bottom - (bottom-top)*math.Log(wait/float64(leastWait))/math.Log(float64(mostWait)/float64(leastWait))
}

// tick is a place on an axis, curve a runtime's line.
type (
	tick struct {
		At    string
		Label string
	}
	curve struct {
		Label, Color, Dashes, Points string
		LabelAt                      int
	}
)

// drawPicture plays the same requests on three runtimes at rising rates, and compares docs/queue-wait.svg with what comes out; -update
// rewrites it. The models give the same figures on every machine.
func drawPicture(t *testing.T, c *checkout) {
	t.Helper()
	curves := []curve{
		{Label: "smol, 1 thread", Color: "#bc4c00", LabelAt: 118},
		{Label: "Tokio, 4 threads", Color: "#0969da", LabelAt: 148},
		{Label: "async-std, 4 threads", Color: "#1a7f37", Dashes: "7 4", LabelAt: 170},
	}
	for _, rate := range []float64{1000, 2000, 4000, 6000, 7000, 8000, 10_000, 16_000, 22_000, 26_000, 28_000, 30_000, 32_000, 36_000, 40_000} {
		var runs map[string]struct {
			QueueWait struct{ P99 float64 } `json:"queue_wait_ns"`
		}
		text := c.command(t, filepath.Join(c.tools, "runtimesim"), "compare", "--json", "--workload", "api_gateway", "--tasks", "10000",
			"--runtimes", "smol,tokio,async_std", "--arrivals", fmt.Sprintf("poisson:%.0f", rate))
		require.NoError(t, json.Unmarshal([]byte(text), &runs))
		for i, name := range []string{"smol", "tokio", "async_std"} {
			curves[i].Points += fmt.Sprintf("%.1f,%.1f ", across(rate), up(runs[name].QueueWait.P99))
		}
	}
	var rates, waits []tick
	for _, rate := range []float64{1, 2, 5, 10, 20, 40} {
		rates = append(rates, tick{fmt.Sprintf("%.1f", across(1000*rate)), fmt.Sprintf("%.0f,000", rate)})
	}
	for wait := leastWait; wait <= mostWait; wait *= 10 {
		waits = append(waits, tick{fmt.Sprintf("%.1f", up(float64(wait))), wait.String()})
	}
	var b strings.Builder
	require.NoError(t, template.Must(template.ParseFiles(filepath.Join("testdata", "queue-wait.svg.tmpl"))).Execute(&b, map[string]any{
		"X": rates, "Y": waits, "Lines": curves,
	}))
	path := filepath.Join(root, "docs", "queue-wait.svg")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o644))
		return
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, b.String(), string(text), "stale: run `make documents`")
}
