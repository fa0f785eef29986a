// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestUnstarted: a job that shows its reports shows why no test has started.
func TestUnstarted(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, Unstarted(at("json"), at("junit"), at("markdown"), errors.New("a: <b>\nc")))
	for name, want := range map[string]string{
		"json": `"problems": [`, "junit": `errors="1"`, "markdown": "### pipelinetest: ERROR\n\nNo test has started.\n\n- a&#58; &#60;b&#62;\n- c\n",
	} {
		text, err := os.ReadFile(at(name))
		require.NoError(t, err)
		assert.Contains(t, string(text), want)
	}
	require.NoError(t, Unstarted("", "", "", errors.New("a")), "nothing is asked for")
}
