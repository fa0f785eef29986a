// SPDX-License-Identifier: Apache-2.0

package texttable

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWrite(t *testing.T) {
	rows := [][]string{{"", "p99", "note"}, {"tokio", "12.3µs", "a"}, {"smol", "1s"}, {"of all", "", "bcdef"}}
	for alignment, want := range map[Alignment]string{
		Right: `
           p99   note
tokio   12.3µs      a
smol        1s
of all          bcdef
`,
		Left: `
           p99  note
tokio   12.3µs  a
smol        1s
of all          bcdef
`,
	} {
		var b strings.Builder
		assert.NoError(t, Write(&b, alignment, rows...))
		assert.Equal(t, strings.TrimPrefix(want, "\n"), b.String())
	}
	var none strings.Builder
	assert.NoError(t, Write(&none, Right))
	assert.Empty(t, none.String())
}
