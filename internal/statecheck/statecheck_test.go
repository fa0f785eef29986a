// SPDX-License-Identifier: Apache-2.0

package statecheck

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestWarns(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	sealed := filepath.Join(dir, "sealed")
	require.NoError(t, os.Mkdir(sealed, 0o500))
	for directory, warns := range map[string]bool{
		dir:                                 false,
		filepath.Join(dir, "new", "deeper"): false,
		file:                                true,
		filepath.Join(file, "below"):        true,
		filepath.Join(sealed, "new"):        os.Geteuid() != 0, // root may write everywhere
		"":                                  false,
	} {
		core, logs := observer.New(zap.WarnLevel)
		conf := confmap.NewFromStringMap(map[string]any{"extensions": map[string]any{
			"file_storage/queue": map[string]any{"directory": directory}, "health_check": nil, "file_storage": nil,
			"file_storage/unused": map[string]any{"directory": file},
		}, "service": map[string]any{"extensions": []any{"health_check", "file_storage", "file_storage/queue"}}})
		before := conf.ToStringMap()
		require.NoError(t, NewFactory().Create(confmap.ConverterSettings{Logger: zap.New(core)}).Convert(t.Context(), conf))
		assert.Equal(t, before, conf.ToStringMap())
		assert.Equal(t, warns, logs.Len() == 1, directory)
		for _, entry := range logs.All() {
			assert.Contains(t, entry.Message, "SIDECAR_STATE")
			assert.Equal(t, directory, entry.ContextMap()["directory"])
		}
		assert.NoDirExists(t, filepath.Join(dir, "new"), "it is only looked at")
	}
	require.NoError(t, NewFactory().Create(confmap.ConverterSettings{Logger: zap.NewNop()}).Convert(t.Context(), confmap.New()))
}
