// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// strayed is a verifier to which items with a changed stamp came, of sources of their own, and then all of a run.
func strayed(prefix string, strays int) *Auditor {
	a := New(DefaultLimits(), time.Second, Expectations{MaxCorrupt: 1e6, AllowUnexpected: true})
	for i := range strays {
		it := numbered("r", fmt.Sprint(prefix, i), 0)
		it.Stray = true
		a.Audit(Logs, noon, []Item{it})
	}
	a.Audit(Logs, noon, []Item{numbered("r", "s", 0), marker("r", "s", 1, 0)})
	return a
}

// TestNamesOfStrays: all names that states have are kept, so it does not matter which come first. Where a verifier had more than it keeps, some may be of any run.
func TestNamesOfStrays(t *testing.T) {
	many := Expectations{MaxCorrupt: 1e6, AllowUnexpected: true}
	one, other := strayed("a", mostStrays), New(DefaultLimits(), time.Second, many)
	for i := range mostStrays {
		it := numbered("r", fmt.Sprint("b", i), 0)
		it.Stray = true
		other.Audit(Logs, noon, []Item{it})
	}
	report := mergedOf(t, Asked{Verifiers: 2}, stateOf(t, one, exampleOrigin("a")), stateOf(t, other, exampleOrigin("b")))
	assert.EqualValues(t, 2*mostStrays, report.Runs[0].Signals[0].Corrupt)
	assert.Equal(t, Pass, report.Verdict, messages(report.Runs[0].Findings))

	report = mergedOf(t, Asked{}, stateOf(t, strayed("a", mostStrays+1), exampleOrigin("a")))
	assert.Equal(t, Unknown, report.Verdict)
	assert.Contains(t, fmt.Sprint(messages(report.Runs[0].Findings)), "more items with a changed stamp came than a verifier keeps names of")
}
