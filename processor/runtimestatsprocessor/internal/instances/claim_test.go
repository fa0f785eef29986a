// SPDX-License-Identifier: Apache-2.0

package instances

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Who gives the kernel's metrics another service.name than the spans have hears of it, once.
func TestUnclaimed(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	threads := Identity{Service: "axum-svc", PID: "17"}
	for _, tt := range []struct {
		name  string
		spans []string
		after time.Duration
		want  []string
	}{
		{"spans of others", []string{"axum", "pages"}, unclaimedFor, []string{"axum", "pages"}},
		{"a moment ago", []string{"axum"}, unclaimedFor - 1, nil},
		{"no spans at all", nil, unclaimedFor, nil},
		{"its own spans, too", []string{"axum", "axum-svc"}, unclaimedFor, nil},
		{"spans of many", []string{"f", "e", "d", "c", "b", "a"}, unclaimedFor, []string{"a", "b", "c", "d", "e"}},
	} {
		s := New(Settings{MaxInstances: 10, Samples: 10, IdleExpiry: time.Hour})
		assert.Empty(t, s.Unclaimed(&threads, now), "nobody tells of it")
		s.CPU(&threads, now)
		for _, service := range tt.spans {
			s.CPUOf(s.Seen(&Identity{Service: service}, now))
		}
		assert.Equal(t, tt.want, s.Unclaimed(&threads, now.Add(tt.after)), tt.name)
		assert.Empty(t, s.Unclaimed(&threads, now.Add(tt.after)), "once")
	}
}
