// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestPairsAreSwapped holds back as many as possible.
func TestPairsAreSwapped(t *testing.T) {
	b := startBackend(t)
	p := start(t, Config{Target: b.address, Protocol: GRPC})
	c := dial(t, p)
	disturb(t, p, Fault{OTLP: "reorder"})
	for name := range strings.FieldsSeq("1 2 3 4 5 6") {
		require.NoError(t, c.send(name))
	}
	assert.Equal(t, "2 1 4 3 6 5", strings.Join(b.received(), " "))
	assert.Equal(t, Counts{Requests: 6, Passed: 3, Reordered: 3, Connections: 1}, p.Counts())
}

// TestHeldIsNeverLost holds one request back, and lets no other one come.
func TestHeldIsNeverLost(t *testing.T) {
	for name, release := range map[string]func(p *Proxy, restore func()){
		"after a second": func(*Proxy, func()) {},
		"restored":       func(_ *Proxy, restore func()) { restore() },
		"closed":         func(p *Proxy, _ func()) { _ = p.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			b := startBackend(t)
			p := start(t, Config{Target: b.address, Protocol: GRPC})
			restore := disturb(t, p, Fault{OTLP: "reorder"})
			begun := time.Now()
			require.NoError(t, dial(t, p).send("held"))
			assert.Empty(t, b.received())
			release(p, restore)
			b.waitFor(t, 1)
			if name == "after a second" {
				assert.GreaterOrEqual(t, time.Since(begun), heldAtMost)
			}
			require.NoError(t, p.Close())
			assert.Equal(t, Counts{Requests: 1, Passed: 1, Connections: 1}, p.Counts(), "it is in order after all")
			assert.Equal(t, []string{"held"}, b.received())
		})
	}
}

// TestHeldIsTriedAgain holds a request back for a target that is not ready for it.
func TestHeldIsTriedAgain(t *testing.T) {
	b := startBackend(t)
	var attempts atomic.Int32
	b.answer = func(_ context.Context, name string) error {
		if name == "held" && attempts.Add(1) < 3 {
			return status.Error(codes.Unavailable, "not yet")
		}
		return nil
	}
	p := start(t, Config{Target: b.address, Protocol: GRPC})
	c := dial(t, p)
	disturb(t, p, Fault{OTLP: "reorder"})
	// A fault behind it that refuses the held one until it is restored.
	restoreRefusal := disturb(t, p, Fault{GRPC: "unavailable"})
	require.NoError(t, c.send("held"))
	assert.Error(t, c.send("refused: not the next one"))
	restoreRefusal()
	require.NoError(t, c.send("next"))
	b.waitFor(t, 4)
	require.NoError(t, p.Close())
	assert.Equal(t, []string{"next", "held", "held", "held"}, b.received())
	assert.EqualValues(t, 1, p.Counts().Reordered)
	assert.Zero(t, p.Counts().Undelivered)
}

// TestHeldForNobody is held back for a target that refuses it for good, and for one that is gone.
func TestHeldForNobody(t *testing.T) {
	b := startBackend(t)
	b.answer = func(context.Context, string) error { return status.Error(codes.InvalidArgument, "never") }
	p := start(t, Config{Target: b.address, Protocol: GRPC})
	c := dial(t, p)
	restore := disturb(t, p, Fault{OTLP: "reorder"})
	require.NoError(t, c.send("refused"))
	restore()
	b.waitFor(t, 1)
	disturb(t, p, Fault{OTLP: "reorder"})
	require.NoError(t, c.send("for nobody"))
	b.server.Stop()
	begun := time.Now()
	require.NoError(t, p.Close())
	assert.GreaterOrEqual(t, time.Since(begun), closeGrace)
	assert.Equal(t, Counts{Requests: 2, Undelivered: 2, Connections: 1}, p.Counts())
}
