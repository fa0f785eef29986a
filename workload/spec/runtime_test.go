// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/tokio"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// TestVersionsAreTheModels: what YAML offers for Tokio is what the model knows.
func TestVersionsAreTheModels(t *testing.T) {
	for _, m := range runtimeModels {
		assert.Len(t, m.crateVersions, len(m.versions), m.name)
		if m.name == semconv.RuntimeTokio {
			assert.ElementsMatch(t, tokio.Versions(), m.versions)
			assert.Equal(t, tokio.DefaultVersion, m.versions[0])
		}
	}
}
