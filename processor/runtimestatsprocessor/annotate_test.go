// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// A span that lacked a CPU says whether a quota stopped its process then, if anybody knows. What somebody wrote before stays.
func TestCPUThrottled(t *testing.T) {
	for _, tt := range []struct {
		name             string
		found            findings.Kind
		known, throttled bool
		present          derivedSet
		want             any
	}{
		{"a quota stopped it", findings.CPUStarved, true, true, 0, true},
		{"others had the CPUs", findings.CPUStarved, true, false, 0, false},
		{"no quota is in sight", findings.CPUStarved, false, false, 0, nil},
		{"it lacked none", findings.BlockingSuspected, true, true, 0, nil},
		{"it says so already", findings.CPUStarved, true, true, 1 << derivedCPUThrottled, nil},
	} {
		var a annotation
		a.begin(1, false)
		a.findings.Found = 1 << tt.found
		a.quotaKnown, a.throttled = tt.known, tt.throttled
		a.yield(tt.present)
		attributes := pcommon.NewMap()
		a.write(attributes)
		assert.Equal(t, tt.want, attributes.AsRaw()[semconv.CPUThrottled], tt.name)
		assert.Equal(t, attributes.Len(), a.size(), tt.name)
	}
}
