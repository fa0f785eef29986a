// SPDX-License-Identifier: Apache-2.0

package costfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
)

func TestOpen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.yaml")
	require.NoError(t, os.WriteFile(file, []byte("tokio.park: 1ms"), 0o600))
	mine := cost.Default()
	mine.Tokio.Park = 1_000_000
	for name, want := range map[string]*cost.Set{Default: nil, Zero: &cost.Zero, Seed: new(cost.Seed()), file: &mine} {
		got, err := Open(name)
		require.NoError(t, err)
		assert.Equal(t, want, got, name)
	}
	assert.Equal(t, []string{Default, Seed, Zero}, Names())

	require.NoError(t, os.WriteFile(file, []byte("tokio.park: 1\ntokio.pork: 1ms"), 0o600))
	_, err := Open(file)
	require.ErrorContains(t, err, file+`: line 1: tokio.park: "1" is not allowed`)
	require.ErrorContains(t, err, file+`: line 2: tokio.pork: unknown key`)
	var none *fs.PathError
	require.NotErrorAs(t, err, &none)
	_, err = Open("")
	require.ErrorAs(t, err, &none)
}
