// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// startEcho answers each byte with itself, until the test is over.
func startEcho(t *testing.T) (address string) {
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
				_, _ = io.Copy(c, c)
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

// connect opens a connection that gives up in time.
func connect(t *testing.T, p *Proxy) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", p.Endpoint()) //nolint:noctx // a connection of a test
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return c.(*net.TCPConn)
}

// requireRefused expects a new connection to be reset.
func requireRefused(t *testing.T, p *Proxy) {
	t.Helper()
	c, err := net.Dial("tcp", p.Endpoint()) //nolint:noctx // a connection of a test
	if err == nil {
		defer func() { _ = c.Close() }()
		require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
		_, err = c.Read(make([]byte, 1))
	}
	require.ErrorIs(t, err, syscall.ECONNRESET)
}

// echo sends and expects the same back.
func echo(t *testing.T, c net.Conn, n int) (took time.Duration) {
	t.Helper()
	begun := time.Now()
	sent, back := bytes.Repeat([]byte("0123456789abcdef!"), n/17+1)[:n], make([]byte, n)
	var writing sync.WaitGroup
	writing.Go(func() {
		_, err := c.Write(sent)
		assert.NoError(t, err)
	})
	_, err := io.ReadFull(c, back)
	writing.Wait()
	require.NoError(t, err)
	require.True(t, bytes.Equal(sent, back), "the bytes are the same, in order")
	return time.Since(begun)
}

// requireReset expects the other end to reset the connection.
func requireReset(t *testing.T, c net.Conn) {
	t.Helper()
	_, err := c.Read(make([]byte, 1))
	require.ErrorIs(t, err, syscall.ECONNRESET)
}

func TestUndisturbed(t *testing.T) {
	p := start(t, Config{Target: startEcho(t)})
	c := connect(t, p)
	echo(t, c, 8<<20)

	// An end of one direction is handed on, and what is under way still comes.
	_, err := c.Write([]byte("last words"))
	require.NoError(t, err)
	require.NoError(t, c.CloseWrite())
	rest, err := io.ReadAll(c)
	require.NoError(t, err)
	assert.Equal(t, "last words", string(rest))
	assert.Equal(t, Counts{Connections: 1}, p.Counts())
}

func TestNobodyThere(t *testing.T) {
	p := start(t, Config{Target: closedPort(t)})
	requireRefused(t, p)
}

// closedPort is an address where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a listener of a test
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

func TestPeerReset(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a listener of a test
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	p := start(t, Config{Target: listener.Addr().String()})
	c := connect(t, p)
	target, err := listener.Accept()
	require.NoError(t, err)
	abort(target.(*net.TCPConn))
	requireReset(t, c)
}

func TestDown(t *testing.T) {
	p := start(t, Config{Target: startEcho(t)})
	c := connect(t, p)
	echo(t, c, 1)
	restore := disturb(t, p, Fault{Down: true})
	requireReset(t, c)
	for range 3 {
		requireRefused(t, p)
	}
	assert.Equal(t, Counts{Connections: 1, ConnectionsCut: 1, ConnectionsRefused: 3}, p.Counts())

	// It stays down until all who want it down have restored it.
	again := disturb(t, p, Fault{Down: true})
	restore()
	restore()
	requireRefused(t, p)
	again()
	echo(t, connect(t, p), 1)
	assert.Equal(t, Counts{Connections: 2, ConnectionsCut: 1, ConnectionsRefused: 4}, p.Counts())
}

func TestReset(t *testing.T) {
	const after = 100 * time.Millisecond
	p := start(t, Config{Target: startEcho(t)})
	idle := connect(t, p)
	echo(t, idle, 1)
	begun := time.Now()
	restore := disturb(t, p, Fault{Reset: after})
	later := connect(t, p)
	echo(t, later, 1)
	requireReset(t, idle)
	requireReset(t, later)
	assert.GreaterOrEqual(t, time.Since(begun), after)
	assert.Equal(t, Counts{Connections: 2, ConnectionsReset: 2}, p.Counts())

	// Those whose time has not come when it is restored stay.
	restore()
	restoreSlow := disturb(t, p, Fault{Reset: time.Hour})
	spared := connect(t, p)
	echo(t, spared, 1)
	restoreSlow()
	echo(t, spared, 1)
	assert.Equal(t, Counts{Connections: 3, ConnectionsReset: 2}, p.Counts())
}

func TestDelay(t *testing.T) {
	const delay = 60 * time.Millisecond
	p := start(t, Config{Target: startEcho(t)})
	c := connect(t, p)
	echo(t, c, 1)
	restore := disturb(t, p, Fault{Delay: delay})
	assert.GreaterOrEqual(t, echo(t, c, 1), 2*delay, "there and back")
	assert.GreaterOrEqual(t, echo(t, c, 3<<20), 2*delay, "much is under way at once, so this does not take 192 times as long")

	// Delays add up.
	restoreMore := disturb(t, p, Fault{Delay: delay, Jitter: delay / 2})
	assert.GreaterOrEqual(t, echo(t, c, 1), 3*delay)
	assert.GreaterOrEqual(t, echo(t, c, 1<<20), 3*delay)
	restoreMore()
	restore()

	// What waits goes at once when it is restored.
	restore = disturb(t, p, Fault{Delay: time.Hour})
	_, err := c.Write([]byte("x"))
	require.NoError(t, err)
	restore()
	_, err = io.ReadFull(c, make([]byte, 1))
	require.NoError(t, err)
}

func TestBandwidth(t *testing.T) {
	p := start(t, Config{Target: startEcho(t)})
	c := connect(t, p)
	restore := disturb(t, p, Fault{Bandwidth: 1 << 20})
	// The first twentieth of a second is free, the other direction begins at once.
	assert.GreaterOrEqual(t, echo(t, c, 300<<10), 230*time.Millisecond)

	// All connections share it.
	begun := time.Now()
	var all sync.WaitGroup
	for range 3 {
		other := connect(t, p)
		all.Go(func() { echo(t, other, 100<<10) })
	}
	all.Wait()
	assert.GreaterOrEqual(t, time.Since(begun), 230*time.Millisecond)
	restore()

	// What waits goes at once when it is restored.
	restore = disturb(t, p, Fault{Bandwidth: 1})
	var restoring sync.WaitGroup
	restoring.Go(func() {
		_, err := io.ReadFull(c, make([]byte, 1)) // the burst
		assert.NoError(t, err)
		restore()
	})
	_, err := c.Write(make([]byte, 100_001))
	require.NoError(t, err)
	restoring.Wait()
	_, err = io.ReadFull(c, make([]byte, 100_000))
	require.NoError(t, err)
}

// TestBackpressure restores faults while nobody reads, and cuts.
func TestBackpressure(t *testing.T) {
	p := start(t, Config{Target: startEcho(t)})
	c := connect(t, p)
	for n := 1; n > 0; { // until nothing more fits in between
		require.NoError(t, c.SetWriteDeadline(time.Now().Add(100*time.Millisecond)))
		n, _ = c.Write(make([]byte, 1<<20))
	}
	for _, f := range []Fault{{Delay: time.Millisecond}, {Bandwidth: 1 << 30}, {Reset: time.Hour}} {
		disturb(t, p, f)()
	}
	disturb(t, p, Fault{Down: true})()
	assert.EqualValues(t, 1, p.Counts().ConnectionsCut)
}

// TestHTTP carries what is not gRPC.
func TestHTTP(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	defer server.Close()
	p := start(t, Config{Target: strings.TrimPrefix(server.URL, "http://")})
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	post := func() error {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+p.Endpoint()+"/v1/traces", strings.NewReader("spans"))
		require.NoError(t, err)
		response, err := transport.RoundTrip(request)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(response.Body)
		assert.Equal(t, "spans", string(body))
		return errors.Join(err, response.Body.Close())
	}
	require.NoError(t, post())
	restore := disturb(t, p, Fault{Down: true})
	require.Error(t, post())
	restore()
	require.NoError(t, post())
}

// TestConnectionFaultsOnGRPC disturbs the connection of an OTLP/gRPC client, through both protocols.
func TestConnectionFaultsOnGRPC(t *testing.T) {
	for name, protocol := range map[string]Protocol{"TCP": TCP, "GRPC": GRPC} {
		t.Run(name, func(t *testing.T) {
			b := startBackend(t)
			p := start(t, Config{Target: b.address, Protocol: protocol})
			c := dial(t, p)
			require.NoError(t, c.send("before"))

			restore := disturb(t, p, Fault{Down: true})
			assert.Equal(t, codes.Unavailable, status.Code(c.send("down")))
			restore()
			require.NoError(t, c.send("up", grpc.WaitForReady(true)))

			restore = disturb(t, p, Fault{Delay: 50 * time.Millisecond})
			begun := time.Now()
			require.NoError(t, c.send("delayed"))
			assert.GreaterOrEqual(t, time.Since(begun), 100*time.Millisecond)
			restore()

			restore = disturb(t, p, Fault{Bandwidth: 1 << 20})
			begun = time.Now()
			require.NoError(t, c.send(strings.Repeat("x", 200<<10)))
			assert.GreaterOrEqual(t, time.Since(begun), 100*time.Millisecond)
			restore()

			disturb(t, p, Fault{Reset: time.Millisecond})
			require.Eventually(t, func() bool { return p.Counts().ConnectionsReset > 0 }, patience, time.Millisecond)
			assert.Equal(t, []string{"before", "up", "delayed"}, b.received()[:3])
			assert.Len(t, b.received(), 4)
			assert.EqualValues(t, 1, p.Counts().ConnectionsCut)
		})
	}
}
