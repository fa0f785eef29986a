// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestWords: why a part has ended comes first, however much it printed.
func TestWords(t *testing.T) {
	var lines []string
	for i := range 70 {
		lines = append(lines, fmt.Sprintf("info %d", i))
	}
	lines = append(lines, "Error: cannot start pipelines: address in use", "2026 info goodbye")
	said := words(lines)
	assert.Equal(t, []string{"Error: cannot start pipelines: address in use", "...", "info 61"}, said[:3])
	assert.Len(t, said, 1+1+mostRows+1)
	assert.Equal(t, []string{"2026 info goodbye", "(--keep FOLDER keeps all that the part prints, in FOLDER/SCENARIO-N/PART/log)"}, said[len(said)-2:])
	assert.Equal(t, []string{"a", "an error occurred"}, words([]string{"a", "an error occurred"}), "in order if it is the last")
	assert.Equal(t, []string{"a"}, words([]string{"a"}))
}
