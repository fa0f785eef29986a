// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
)

func TestRuntimeCost(t *testing.T) {
	cfg := NewDefaultConfig()
	costs := func(name string) (*cost.Set, error) {
		cfg.RuntimeCost = name
		return costs(cfg.RuntimeCost)
	}
	set, err := costs("default")
	require.NoError(t, err)
	assert.Nil(t, set)
	set, err = costs("zero")
	require.NoError(t, err)
	assert.Equal(t, &cost.Zero, set)

	file := filepath.Join(t.TempDir(), "mine.yaml")
	require.NoError(t, os.WriteFile(file, []byte("tokio.park: 1\ntokio.pork: 1us"), 0o600))
	cfg.RuntimeCost = file
	err = cfg.Validate()
	require.ErrorContains(t, err, "runtime_cost: "+file+`: line 1: tokio.park: "1" is not allowed; want a duration`)
	require.ErrorContains(t, err, "runtime_cost: "+file+": line 2: tokio.pork: unknown key")

	cfg.RuntimeCost = "cheap"
	require.ErrorContains(t, cfg.Validate(), `runtime_cost: "cheap" is not default, seed or zero, and no file: open cheap`)
}
