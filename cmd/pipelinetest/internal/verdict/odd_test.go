// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestOdd: odd items are read by kind and added up over runs, and are no part of what the generators must account for.
func TestOdd(t *testing.T) {
	const text = `{"schema": "load_verify/2", "verdict": "pass", "runs": [
	  {"signals": [{"signal": "traces", "sent_known": true, "sent": 100, "received": 100, "ended": 1, "announced": 1,
	    "odd_sent": 12, "odd_refused": 3, "odd_received": 9, "odd_duplicate": 1,
	    "odd": [{"kind": "span.own_parent", "sent": 10, "refused": 3, "received": 7}, {"kind": "span.zero_end", "sent": 2, "received": 2, "changed": 1}]}]},
	  {"signals": [{"signal": "traces", "odd": [{"kind": "span.own_parent", "sent": 5, "missing": 5, "duplicate": 1}]}, {"signal": "logs"}]}]}`
	var r Report
	require.NoError(t, json.Unmarshal([]byte(text), &r))
	assert.Equal(t, []OddKind{
		{Kind: "span.own_parent", Sent: 15, Refused: 3, Received: 7, Missing: 5, Duplicate: 1}, {Kind: "span.zero_end", Sent: 2, Received: 2, Changed: 1},
	}, r.Odd("traces"))
	assert.Empty(t, r.Odd("logs"))
	assert.EqualValues(t, 100+1+9+1, r.Heard("traces"))
	offered := r.Ordinary("traces", Offered{Read: true, Items: 113, GivenUp: 3})
	assert.Equal(t, Offered{Read: true, Items: 101}, offered)
	r.Runs = r.Runs[:1]
	assert.Nil(t, r.Unseen("traces", offered), "100 items and an end marker")
	assert.Nil(t, r.Refused("traces", offered))
	assert.NotNil(t, r.Unseen("traces", r.Ordinary("traces", Offered{Read: true, Items: 114, GivenUp: 3})), "one went unseen")
	assert.NotNil(t, r.Refused("traces", r.Ordinary("traces", Offered{Read: true, Items: 113, GivenUp: 4})), "one of them was no odd one")
	require.ErrorContains(t, json.Unmarshal([]byte(`{"runs": [{"signals": [{"signal": "traces", "odd": 5}]}]}`), &r), "odd:")
}
