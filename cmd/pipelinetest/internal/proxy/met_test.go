// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
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
		{Fault{GRPC: "unavailable"}, Met{Unit: "requests", Came: 4, Suffered: 4}},
		{Fault{OTLP: "drop", Every: new(2)}, Met{Unit: "requests", Came: 4, Suffered: 2}},
		{Fault{OTLP: "duplicate", Every: new(5)}, Met{Unit: "requests", Came: 4, Suffered: 0}}, // it would have been the fifth's turn
		{Fault{OTLP: "reorder"}, Met{Unit: "requests", Came: 4, Suffered: 2}},
		{Fault{OTLP: "corrupt"}, Met{Unit: "requests", Came: 4, Suffered: 4}},
		{Fault{OTLP: "lose_response"}, Met{Unit: "requests", Came: 4, Suffered: 4}},
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
	assert.Equal(t, Met{Unit: "requests", Came: 1, Suffered: 0}, d.Met())
}

// TestMetConnections: so do faults of connections.
func TestMetConnections(t *testing.T) {
	p := start(t, Config{Target: startEcho(t)})
	c := connect(t, p)
	say(t, c, "POST ")

	delay, err := p.Disturb(Fault{Delay: time.Millisecond})
	require.NoError(t, err)
	echo(t, c, 1000)
	delay.End()
	echo(t, c, 1000)
	assert.Equal(t, Met{Unit: "bytes", Came: 2000, Suffered: 2000}, delay.Met(), "there and back")

	wide, err := p.Disturb(Fault{Bandwidth: 1 << 40})
	require.NoError(t, err)
	echo(t, c, 1000)
	wide.End()
	assert.Equal(t, Met{Unit: "bytes", Came: 2000, Suffered: 0}, wide.Met(), "nothing had to wait")

	narrow, err := p.Disturb(Fault{Bandwidth: 1 << 10})
	require.NoError(t, err)
	echo(t, c, 60)
	narrow.End()
	assert.Equal(t, uint64(120), narrow.Met().Came)
	assert.NotZero(t, narrow.Met().Suffered)

	reset, err := p.Disturb(Fault{Reset: time.Hour})
	require.NoError(t, err)
	say(t, connect(t, p), "POST ")
	reset.End()
	assert.Equal(t, Met{Unit: "connections", Came: 2, Suffered: 0}, reset.Met(), "it was over before their time")

	down, err := p.Disturb(Fault{Down: true})
	require.NoError(t, err)
	requireRefused(t, p)
	down.End()
	assert.Equal(t, Met{Unit: "connections", Came: 3, Idle: 3}, down.Met(), "no request was under way, and none has come since")
	say(t, connect(t, p), "POST ")
	assert.Equal(t, Met{Unit: "connections", Came: 3, Suffered: 3}, down.Met(), "one has")
}

// say sends a text, and expects it back.
func say(t *testing.T, c net.Conn, text string) {
	t.Helper()
	_, err := io.WriteString(c, text)
	require.NoError(t, err)
	back := make([]byte, len(text))
	_, err = io.ReadFull(c, back)
	require.NoError(t, err)
	require.Equal(t, text, string(back))
}

// frame is one of HTTP/2.
func frame(kind, flags byte, stream uint32, payload string) string {
	n := len(payload)
	head := []byte{byte(n >> 16), byte(n >> 8), byte(n), kind, flags}
	return string(binary.BigEndian.AppendUint32(head, stream)) + payload
}

// startServer reads n bytes of each connection, and answers.
func startServer(t *testing.T, n int, answer string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a listener of a test
	require.NoError(t, err)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				_, _ = io.ReadFull(c, make([]byte, n))
				_, _ = io.WriteString(c, answer)
				_, _ = io.Copy(io.Discard, c)
				_ = c.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		running.Wait()
	})
	return listener.Addr().String()
}

// settings are what an HTTP/2 server says first.
var settings = frame(0x4, 0, 0, "")

// greeting is what a gRPC client says that has nothing to send: preface, settings, a ping.
var greeting = preface + frame(0x4, 0, 0, "") + frame(0x6, 0, 0, "12345678")

// TestMetIdle: a client that has nothing to send suffers from nothing. Whether it has cannot be seen in TLS.
func TestMetIdle(t *testing.T) {
	for name, tc := range map[string]struct {
		first, answer            string
		unsure                   bool
		open                     bool
		delayed, delayedUnsurely uint64
	}{
		"HTTP/2, idle": {first: greeting, answer: settings},
		"HTTP/2, answered": {
			first:  greeting + frame(frameHeaders, 0x4, 1, "path") + frame(frameData, flagEndStream, 1, "items"),
			answer: settings + frame(frameHeaders, flagEndStream, 1, "trailer"), delayed: 9 + 4 + 9 + 5 + 9 + 7,
		},
		"HTTP/2, under way":    {first: greeting + frame(frameHeaders, 0x4, 1, "path"), answer: settings, open: true, delayed: 9 + 4},
		"HTTP/1, answered":     {first: "POST /v1/traces HTTP/1.1\r\n\r\n", answer: "HTTP/1.1 200 OK", delayed: 28 + 15},
		"HTTP/1, under way":    {first: "POST /v1/traces HTTP/1.1\r\n\r\n", open: true, delayed: 28},
		"HTTP/1, health check": {first: "GET /health HTTP/1.1\r\n\r\n", answer: "HTTP/1.1 200 OK"},
		"TLS":                  {first: "\x16\x03\x01", answer: "\x16\x03\x03", unsure: true, delayedUnsurely: 6},
	} {
		t.Run(name, func(t *testing.T) {
			ask := func(c net.Conn) {
				_, err := io.WriteString(c, tc.first)
				require.NoError(t, err)
				_, err = io.ReadFull(c, make([]byte, len(tc.answer)))
				require.NoError(t, err)
			}
			p := start(t, Config{Target: startServer(t, len(tc.first), tc.answer)})
			delay, err := p.Disturb(Fault{Delay: time.Nanosecond})
			require.NoError(t, err)
			ask(connect(t, p))
			require.Eventually(t, func() bool { return delay.Met().Suffered == tc.delayed }, patience, time.Millisecond, "what is under way has come")
			delay.End()
			assert.Equal(t, tc.delayed, delay.Met().Suffered)
			assert.Equal(t, tc.delayedUnsurely, delay.Met().Unsure)
			for _, fault := range []Fault{{Down: true}, {Reset: time.Nanosecond}} {
				p := start(t, Config{Target: startServer(t, len(tc.first), tc.answer)})
				c := connect(t, p)
				ask(c)
				require.Eventually(t, func() bool { return !tc.open || p.counters.carried.Load() > 0 }, patience, time.Millisecond, "the request has come")
				d, err := p.Disturb(fault)
				require.NoError(t, err)
				_, err = c.Read(make([]byte, 1))
				require.ErrorIs(t, err, syscall.ECONNRESET)
				want := Met{Unit: "connections", Came: 1, Idle: 1}
				switch {
				case tc.unsure:
					want.Idle, want.Unsure = 0, 1
				case tc.open:
					want.Idle, want.Suffered = 0, 1
				}
				assert.Equal(t, want, d.Met(), fault)
			}
		})
	}
}

// TestFramesInPieces: however the bytes are cut, the frames are the same.
func TestFramesInPieces(t *testing.T) {
	text := frame(frameHeaders, 0x4, 3, "path") + frame(0x6, 0, 0, "12345678") + frame(frameData, flagEndStream, 3, "items")
	for size := 1; size <= len(text); size++ {
		var f frames
		var kinds []byte
		carried := 0
		for piece := range slices.Chunk([]byte(text), size) {
			carried += f.read(piece, func(kind, _ byte, _ uint32) { kinds = append(kinds, kind) })
		}
		require.Equal(t, []byte{frameHeaders, 0x6, frameData}, kinds)
		require.InDelta(t, 9+4+9+5, carried, 16, "a head that is cut counts as a whole where it ends")
	}
}

// TestMetHealthCheck: a request without items is no telemetry.
func TestMetHealthCheck(t *testing.T) {
	b := startBackend(t)
	p := start(t, Config{Target: b.address, Protocol: GRPC})
	c := dial(t, p)
	d, err := p.Disturb(Fault{GRPC: "unavailable"})
	require.NoError(t, err)
	_, err = c.traces.Export(t.Context(), ptraceotlp.NewExportRequest())
	require.Error(t, err)
	assert.Equal(t, Met{Unit: "requests"}, d.Met())
	assert.EqualValues(t, 1, p.Counts().Refused, "it is refused all the same")
}

// TestMetSince: a connection that was cut between two requests has suffered if telemetry has come since, not if a health check has.
func TestMetSince(t *testing.T) {
	b := startBackend(t)
	p := start(t, Config{Target: b.address, Protocol: GRPC})
	c := dial(t, p)
	require.NoError(t, c.send("before"))
	down, err := p.Disturb(Fault{Down: true})
	require.NoError(t, err)
	down.End()
	export := func(request ptraceotlp.ExportRequest) {
		require.Eventually(t, func() bool { // once it is connected again
			_, err := c.traces.Export(t.Context(), request)
			return err == nil
		}, patience, time.Millisecond)
	}
	export(ptraceotlp.NewExportRequest())
	assert.Zero(t, down.Met().Suffered, "there was nothing in it")
	assert.NotZero(t, down.Met().Idle)
	items := ptraceotlp.NewExportRequest()
	items.Traces().ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty().SetName("x")
	export(items)
	assert.NotZero(t, down.Met().Suffered)
	assert.Zero(t, down.Met().Idle)
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
