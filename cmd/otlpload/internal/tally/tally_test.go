// SPDX-License-Identifier: Apache-2.0

package tally

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestRead: every item is in one place, whatever has been counted when.
func TestRead(t *testing.T) {
	for _, tc := range []struct {
		name     string
		receiver Receiver
		answers  Answers
		ended    bool
		want     Items
	}{
		{name: "nothing"},
		{"all accepted", Receiver{Offered: 10, Emitted: 10}, Answers{}, true, Items{Accepted: 10}},
		{"on the way", Receiver{Offered: 10, Emitted: 7}, Answers{}, false, Items{Accepted: 7, Held: 3}},
		{"never answered", Receiver{Offered: 10, Emitted: 7}, Answers{}, true, Items{Accepted: 7, Unconfirmed: 3}},
		{"refused for good", Receiver{Offered: 10, Emitted: 7, Dropped: 3}, Answers{RefusedForGood: 3}, true, Items{Accepted: 7, Dropped: 3}},
		{"given up", Receiver{Offered: 10, Emitted: 7, Dropped: 3}, Answers{RefusedForGood: 1}, true, Items{Accepted: 7, Dropped: 1, Unconfirmed: 2}},
		{"partly rejected", Receiver{Offered: 10, Emitted: 10}, Answers{Rejected: 4}, true, Items{Accepted: 6, Dropped: 4}},
		{"more rejected than sent", Receiver{Offered: 10, Emitted: 10}, Answers{Rejected: 40}, true, Items{Dropped: 10}},
		{"less than nothing rejected", Receiver{Offered: 10, Emitted: 10}, Answers{Rejected: -4}, true, Items{Accepted: 10}},
		{"refusal counted before the receiver's", Receiver{Offered: 10, Emitted: 7}, Answers{RefusedForGood: 3}, false, Items{Accepted: 7, Held: 3}},
	} {
		got := Read("spans", tc.receiver, tc.answers, tc.ended)
		assert.Equal(t, tc.want, got.Items, tc.name)
		assert.Equal(t, tc.receiver.Offered, got.Emitted(), tc.name)
	}
}

func TestComplete(t *testing.T) {
	for want, signals := range map[bool][][]Signal{
		true: {{{Items: Items{Accepted: 1}}}, {{Items: Items{Accepted: 1}}, {}}},
		false: {
			{}, {{}}, // nothing was emitted: nobody knows whether the backend would have taken it
			{{Items: Items{Accepted: 1, Dropped: 1}}}, {{Items: Items{Accepted: 1}}, {Items: Items{Unconfirmed: 1}}}, {{Items: Items{Accepted: 1, Held: 1}}},
		},
	} {
		for _, s := range signals {
			assert.Equal(t, want, (&Snapshot{Signals: s}).Complete(), "%+v", s)
		}
	}
}

// TestBehind: a request that waits makes the load later, whatever its signal.
func TestBehind(t *testing.T) {
	s := Snapshot{Lag: time.Second, Signals: []Signal{{}, {Waiting: 2 * time.Second}}}
	assert.Equal(t, 3*time.Second, s.Behind())
}
