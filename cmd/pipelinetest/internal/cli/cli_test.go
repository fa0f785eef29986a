// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// TestList: the descriptions of a file and of its scenarios, all lines of them, and no line for those that there are none of.
func TestList(t *testing.T) {
	pass := scenario.Want{Verdict: scenario.Pass}
	var out bytes.Buffer
	require.NoError(t, list(&out, []*scenario.Scenario{
		{Name: "one", File: filepath.Join("dir", "one.yaml"), Description: "First line.\n  Second line.", Want: pass},
		{Name: "two/a", File: filepath.Join("dir", "two.yaml"), About: "What both have.", Description: "Only a.", Want: pass},
		{Name: "two/b", File: filepath.Join("dir", "two.yaml"), About: "What both have.", Want: pass},
	}))
	assert.Equal(t, `one
  First line.
  Second line.
  want: pass
two.yaml
  What both have.
two/a
  Only a.
  want: pass
two/b
  want: pass
`, out.String())
}

// TestOneFileForTwoReports is refused: the second would replace the first. A device takes both.
func TestOneFileForTwoReports(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report")
	f := &flags{json: path, junit: filepath.Join(filepath.Dir(path), ".", "report")}
	assert.EqualError(t, f.checkOutputs(), "--junit: "+path+" is not allowed, --json writes there; want a file for each")
	f.junit += ".xml"
	assert.NoError(t, f.checkOutputs())
	f.json, f.junit = os.DevNull, os.DevNull
	assert.NoError(t, f.checkOutputs())
}
