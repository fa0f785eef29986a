// SPDX-License-Identifier: Apache-2.0

package cri

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Lines come in pieces, from two streams, and the last has no end.
func TestLogHasALineForEachLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder", "0.log")
	log, err := openLog(path)
	require.NoError(t, err)
	log.now = func() time.Time { return time.Date(2026, 11, 28, 1, 2, 3, 4, time.UTC) }
	out, errors := log.stream("stdout"), log.stream("stderr")
	for _, write := range []struct {
		to   *stream
		text string
	}{{out, "one\ntw"}, {errors, "bad\n"}, {out, "o\n\nthr"}, {out, "ee"}} {
		_, err := write.to.Write([]byte(write.text))
		require.NoError(t, err)
	}
	require.NoError(t, log.close())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	const at = "2026-11-28T01:02:03.000000004Z "
	assert.Equal(t, at+"stdout F one\n"+at+"stderr F bad\n"+at+"stdout F two\n"+at+"stdout F \n"+at+"stdout F three\n", string(data))
}
