// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
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
