// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestUnanswered: a request whose sender was not told that it had arrived is kept until it comes again.
func TestUnanswered(t *testing.T) {
	b := startBackend(t)
	p := start(t, Config{Target: b.address, Protocol: GRPC})
	c := dial(t, p)
	require.NoError(t, c.send("before"))
	assert.Equal(t, Unanswered{}, p.Unanswered())

	restore := disturb(t, p, Fault{OTLP: "lose_response"})
	for _, name := range []string{"a", "b", "a"} {
		require.Error(t, c.send(name))
	}
	restore()
	is := p.Unanswered()
	assert.Equal(t, 2, is.Requests)
	assert.False(t, is.Cut)
	assert.NotZero(t, is.Last)
	require.NoError(t, c.send("a"))
	assert.Equal(t, 1, p.Unanswered().Requests)
	require.NoError(t, c.send("b"))
	assert.Equal(t, Unanswered{}, p.Unanswered())

	restore = disturb(t, p, Fault{GRPC: "unavailable"})
	require.Error(t, c.send("not delivered"))
	restore()
	assert.Equal(t, Unanswered{}, p.Unanswered(), "the target has never had it")

	b.answer = func(context.Context, string) error { return status.Error(codes.InvalidArgument, "no") }
	require.Error(t, c.send("refused for good"))
	assert.Equal(t, Unanswered{}, p.Unanswered(), "nobody sends that again")
	b.answer = func(context.Context, string) error { return status.Error(codes.Unavailable, "later") }
	require.Error(t, c.send("refused for now"))
	assert.Equal(t, 1, p.Unanswered().Requests, "a part of the target may have it")
}

// TestUnansweredHTTP: so it is over HTTP, by the answers of that.
func TestUnansweredHTTP(t *testing.T) {
	b := &web{}
	p, s := startWeb(t, b, Config{})
	for code, requests := range map[int]int{http.StatusBadRequest: 0, http.StatusServiceUnavailable: 1} {
		b.answers = func(w http.ResponseWriter) { w.WriteHeader(code) }
		is, _ := s.send(t, "a")
		assert.Equal(t, code, is)
		assert.Equal(t, requests, p.Unanswered().Requests, "%d", code)
		b.answers = nil
		is, _ = s.send(t, "a")
		assert.Equal(t, http.StatusOK, is)
		assert.Zero(t, p.Unanswered().Requests)
	}
}

// TestUnansweredConnections: of a connection that is cut after a request, it is not known whether the answer got through; one that has carried none
// has nothing to be sent again.
func TestUnansweredConnections(t *testing.T) {
	for name, tc := range map[string]struct {
		said string
		cut  bool
	}{
		"a request":      {"POST /v1/traces HTTP/1.1\r\n\r\n", true},
		"a health check": {"GET / HTTP/1.1\r\n\r\n", false},
		"TLS":            {"\x16\x03\x01\x00\x01\x00", true},
		"nothing":        {"", false},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, Config{Target: startEcho(t)})
			c := connect(t, p)
			if tc.said != "" {
				say(t, c, tc.said)
			}
			require.Eventually(t, func() bool { return p.Counts().Connections == 1 }, time.Minute, time.Millisecond)
			restore := disturb(t, p, Fault{Down: true})
			require.Eventually(t, func() bool { return p.Counts().ConnectionsCut == 1 }, time.Minute, time.Millisecond)
			restore()
			assert.Equal(t, tc.cut, p.Unanswered().Cut)
		})
	}
}
