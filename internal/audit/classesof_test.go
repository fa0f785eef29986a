// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// TestClassesOfCopies: of a copy that came to another verifier nobody knows the class, so the counts of classes have bounds.
func TestClassesOfCopies(t *testing.T) {
	items := upTo("r", "s", 5)
	for i := range 2 {
		items[i].Class = 1
	}
	end := marker("r", "s", 5, 0)
	end.Says.Sources, end.Says.Sends[Logs] = 1, true
	end.Says.Process[Logs] = stamp.Totals{Numbered: 5}
	end.Says.Shard = &stamp.Shard{Index: 0, Total: 1}
	end.Says.Shard.Offered[Logs].Add(noon.UnixNano(), 5)
	health := stamp.Class{Name: "health"}
	health.Items[Logs] = 2
	end.Says.Classes = []stamp.Class{health}
	for name, tc := range map[string]struct {
		second []Item // what comes to the second verifier
		want   string
	}{
		"no copies":        {items[4:], `[{"class":"health","sent":2,"received":2},{"class":"rest","sent":3,"received":3}]`},
		"a copy of health": {append(items[4:5:5], items[0]), `[{"class":"health","sent":2,"received":null,"received_least":2,"received_most":3},{"class":"rest","sent":3,"received":null,"received_least":2,"received_most":3}]`},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := New(DefaultLimits(), time.Second, Expectations{MaxDuplicates: 1}), New(DefaultLimits(), time.Second, Expectations{MaxDuplicates: 1})
			a.Audit(Logs, noon, append(items[:4:4], end))
			b.Audit(Logs, noon, tc.second)
			report := mergedOf(t, Asked{Verifiers: 2}, stateOf(t, a, exampleOrigin("a")), stateOf(t, b, exampleOrigin("b")))
			text, err := json.Marshal(report.Runs[0].Signals[0].Classes)
			require.NoError(t, err)
			assert.Equal(t, tc.want, string(text))
		})
	}
}
