// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"crypto/tls"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMet: each kind of fault knows what came while it was in force, and what of that suffered.
func TestMet(t *testing.T) {
	b := startBackend(t)
	p := start(t, Config{Target: b.address, Protocol: GRPC})
	c := dial(t, p)
	require.NoError(t, c.send("before"))
	for _, tc := range []struct {
		fault Fault
		want  Met
	}{
		{Fault{GRPC: "unavailable"}, Met{"requests", 4, 4}},
		{Fault{OTLP: "drop", Every: new(2)}, Met{"requests", 4, 2}},
		{Fault{OTLP: "duplicate", Every: new(5)}, Met{"requests", 4, 0}}, // it would have been the fifth's turn
		{Fault{OTLP: "reorder"}, Met{"requests", 4, 2}},
		{Fault{OTLP: "corrupt"}, Met{"requests", 4, 4}},
		{Fault{OTLP: "lose_response"}, Met{"requests", 4, 4}},
	} {
		t.Run(tc.fault.String(), func(t *testing.T) {
			d, err := p.Disturb(tc.fault)
			require.NoError(t, err)
			for range 4 {
				_ = c.send("x") // what becomes of it is not the question
			}
			d.End()
			require.NoError(t, c.send("after"))
			assert.Equal(t, tc.want, d.Met())
		})
	}
}

// TestMetFailures: what the target refuses anyhow does not suffer from the fault.
func TestMetFailures(t *testing.T) {
	p := start(t, Config{Target: closedPort(t), Protocol: GRPC})
	c := dial(t, p)
	d, err := p.Disturb(Fault{OTLP: "duplicate"})
	require.NoError(t, err)
	require.Error(t, c.send("x"))
	assert.Equal(t, Met{"requests", 1, 0}, d.Met())
}

// TestMetConnections: so do faults of connections.
func TestMetConnections(t *testing.T) {
	p := start(t, Config{Target: startEcho(t)})
	c := connect(t, p)
	echo(t, c, 1)

	delay, err := p.Disturb(Fault{Delay: time.Millisecond})
	require.NoError(t, err)
	echo(t, c, 1000)
	delay.End()
	echo(t, c, 1000)
	assert.Equal(t, Met{"bytes", 2000, 2000}, delay.Met(), "there and back")

	wide, err := p.Disturb(Fault{Bandwidth: 1 << 40})
	require.NoError(t, err)
	echo(t, c, 1000)
	wide.End()
	assert.Equal(t, Met{"bytes", 2000, 0}, wide.Met(), "nothing had to wait")

	narrow, err := p.Disturb(Fault{Bandwidth: 1 << 10})
	require.NoError(t, err)
	echo(t, c, 60)
	narrow.End()
	assert.Equal(t, uint64(120), narrow.Met().Came)
	assert.NotZero(t, narrow.Met().Suffered)

	reset, err := p.Disturb(Fault{Reset: time.Hour})
	require.NoError(t, err)
	echo(t, connect(t, p), 1)
	reset.End()
	assert.Equal(t, Met{"connections", 2, 0}, reset.Met(), "it was over before their time")

	down, err := p.Disturb(Fault{Down: true})
	require.NoError(t, err)
	requireRefused(t, p)
	down.End()
	assert.Equal(t, Met{"connections", 3, 3}, down.Met())
}

// TestHeard: the first bytes of a connection tell why a fault of requests meets none.
func TestHeard(t *testing.T) {
	b := startBackend(t)
	p := start(t, Config{Target: b.address, Protocol: GRPC})
	require.NoError(t, dial(t, p).send("x"))
	assert.Equal(t, Heard{HTTP2: 1}, p.Heard())

	raw := start(t, Config{Target: startEcho(t)})
	for _, first := range []string{"POST /v1/traces HTTP/1.1\r\n", "\x00\x01", "GETTER"} {
		c := connect(t, raw)
		_, err := c.Write([]byte(first))
		require.NoError(t, err)
		_, err = c.Read(make([]byte, len(first)))
		require.NoError(t, err)
	}
	handshake := tls.Client(connect(t, raw), &tls.Config{InsecureSkipVerify: true})
	require.Error(t, handshake.HandshakeContext(t.Context()), "an echo is no server")
	assert.Equal(t, Heard{HTTP1: 1, TLS: 1, Other: 2}, raw.Heard())
}
