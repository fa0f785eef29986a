// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFindingsDocument: docs/findings.md ends with what a run of all services has shown. The figures take minutes and a build: make real.
func TestFindingsDocument(t *testing.T) {
	section, err := Section("../../docs/findings.md")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(section, inFindings+preface), "stale: run `make real DOCUMENT=docs/findings.md`")
	for i := range Services {
		row := "| " + Services[i].label() + " | " + Services[i].sentBy() + " |"
		if !strings.Contains(section, row) { // the section would be printed twice
			t.Errorf("%s is missing: make real DOCUMENT=docs/findings.md", row)
		}
	}
}

// TestServicesAreWrittenDown: docs/real.md names every service.
func TestServicesAreWrittenDown(t *testing.T) {
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	words, _, _ := strings.Cut(string(text), inReal)
	for i := range Services {
		name := Services[i].Name
		if strings.HasPrefix(name, "document, ") {
			name = "document, …"
		}
		assert.Contains(t, words, "`"+name+"`")
	}
}

func TestWriteSection(t *testing.T) {
	path := filepath.Join(t.TempDir(), "findings.md")
	require.NoError(t, os.WriteFile(path, []byte("# Models\n\ntables\n"), 0o600))
	spans := []Span{lasting(1, 0, 0, 20)}
	results := []Result{{Service: &Services[0], Run: Judge(spans, func(*Span) bool { return true })}}
	for range 2 { // the second replaces the first
		require.NoError(t, WriteSection(path, results))
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(string(text), "# Models\n\ntables\n"+inFindings))
		assert.Equal(t, 1, strings.Count(string(text), inFindings))
		assert.Contains(t, string(text), "| axum | gRPC, batch | 1 | 0 | 100.00 % |")
	}
}
