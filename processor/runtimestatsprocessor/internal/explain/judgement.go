// SPDX-License-Identifier: Apache-2.0

package explain

import "github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"

// judgement is a span in the course of being judged.
type judgement struct {
	*Span
	limits *findings.Limits
	usual  *findings.Window // nil if nothing is known of the span's key

	made       *thread // that made the span, nil if it is not known
	site       *callsite
	family     family // zero for a span without children that matter
	familyLost bool   // it may have had children that were forgotten
	lack       lack   // of a CPU

	Findings
}

func (j *judgement) found(k findings.Kind) {
	j.Found |= 1 << k
	j.Judged |= 1 << k
}

func (j *judgement) not(kinds ...findings.Kind) {
	for _, k := range kinds {
		j.Judged |= 1 << k
	}
}

// because notes what kept a finding from being made.
func (j *judgement) because(why Reason, kinds ...findings.Kind) {
	for _, k := range kinds {
		j.Why[k] = why
	}
}
