// SPDX-License-Identifier: Apache-2.0

package play

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func line(ids ...string) string {
	var all []string
	for _, id := range ids {
		name, span, _ := strings.Cut(id, "/")
		all = append(all, `{"name":"`+name+`","traceId":"t","spanId":"`+span+`","links":[{"spanId":"other"}]}`)
	}
	return `{"resourceSpans":[{"scopeSpans":[{"spans":[` + strings.Join(all, ",") + `]}]}]}` + "\n"
}

// A copy may be in the file of another verifier. End markers are no spans of the load.
func TestSpansOfAllFiles(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"0": line("GET/1", "GET/2") + line("GET/1"),
		"1": line("GET/3", "GET/2") + line("load_verify.end/4"),
	} {
		require.NoError(t, os.Mkdir(filepath.Join(folder, name), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(folder, name, "spans.json"), []byte(text), 0o600))
	}
	got, err := readSpans(folder)
	require.NoError(t, err)
	assert.Equal(t, spans{different: 3, copies: 2}, got)
}

func TestSpansThatAreMissingAreAnError(t *testing.T) {
	_, err := readSpans(t.TempDir())
	assert.ErrorContains(t, err, "no verifier has written spans")
	folder := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(folder, "0"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "0", "spans.json"), []byte(line("GET/1")+`{"resource`), 0o600))
	_, err = readSpans(folder)
	assert.ErrorContains(t, err, "unexpected EOF")
}
