// SPDX-License-Identifier: Apache-2.0

package page

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/live"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func nothing(live.Scope) Frame { return Frame{} }

func ask(t *testing.T, p *Page, target string, headers map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, http.NoBody)
	for key, value := range headers {
		r.Header.Set(key, value)
	}
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, r)
	return w
}

// TestGuard: what somebody opens here is answered, what pages of other sites ask is not.
func TestGuard(t *testing.T) {
	p := New("view.example", nothing)
	for _, tt := range []struct {
		target  string
		headers map[string]string
		want    int
	}{
		{"http://localhost:55690/", nil, http.StatusOK},
		{"http://127.0.0.1:55690/api/view", nil, http.StatusOK},
		{"http://[::1]:55690/api/view", nil, http.StatusOK},
		{"http://10.0.0.7:55690/api/view", nil, http.StatusOK},
		{"http://view.example/api/view", nil, http.StatusOK},
		{"http://localhost:55690/api/view", map[string]string{"Origin": "http://localhost:55690", "Sec-Fetch-Site": "same-origin"}, http.StatusOK},
		{"http://localhost:55690/", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, http.StatusOK},

		{"http://evil.example:55690/api/view", nil, http.StatusForbidden},
		{"http://localhost.evil.example/api/view", nil, http.StatusForbidden},
		{"http://localhost:55690/api/view", map[string]string{"Origin": "http://evil.example"}, http.StatusForbidden},
		{"http://localhost:55690/api/view", map[string]string{"Origin": "http://localhost:8080"}, http.StatusForbidden},
		{"http://localhost:55690/api/view", map[string]string{"Origin": "null"}, http.StatusForbidden},
		{"http://localhost:55690/api/view", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, http.StatusForbidden},
		{"http://localhost:55690/", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, http.StatusForbidden},
	} {
		w := ask(t, p, tt.target, tt.headers)
		assert.Equal(t, tt.want, w.Code, "%s %v", tt.target, tt.headers)
		assert.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'none'; script-src 'self';")
		assert.NotContains(t, w.Header().Get("Content-Security-Policy"), "unsafe")
		assert.Empty(t, w.Header().Get("Access-Control-Allow-Origin"))
	}
}

func TestOnlyRead(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "http://localhost/api/view", strings.NewReader("{}"))
	w := httptest.NewRecorder()
	New("", nothing).Handler().ServeHTTP(w, r)
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
}

func TestScope(t *testing.T) {
	var asked live.Scope
	p := New("", func(s live.Scope) Frame {
		asked = s
		return Frame{Title: "</script><b>", View: live.View{Spans: 7}}
	})
	w := ask(t, p, "http://localhost/api/view?runtime=smol&service=a%26b&operation=GET+%2F&inner=true&from=1&to=2&low=3&high=4&other=5", nil)
	require.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, live.Scope{Runtime: "smol", Service: "a&b", Operation: "GET /", Inner: true, From: 1, To: 2, Low: 3, High: 4}, asked)
	assert.NotContains(t, w.Body.String(), "<")
	var frame Frame
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &frame))
	assert.EqualValues(t, 7, frame.Spans)

	for _, path := range []string{"/api/view", "/api/events"} {
		w = ask(t, p, "http://localhost"+path+"?low=-1", nil)
		assert.Equal(t, http.StatusBadRequest, w.Code)
		assert.Equal(t, "low: \"-1\" is not allowed; want a whole number, 0 or more\n", w.Body.String())
	}
}

// serve runs a page on a port of its own, at a fast pace.
func serve(t *testing.T, frame func(live.Scope) Frame) (p *Page, address string) {
	t.Helper()
	p = New("", frame)
	p.pace = time.Millisecond
	server := httptest.NewServer(p.Handler())
	t.Cleanup(server.Close)
	return p, server.Listener.Addr().String()
}

func stream(t *testing.T, address string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/api/events?service=shop", http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

func TestEvents(t *testing.T) {
	p, address := serve(t, func(s live.Scope) Frame { return Frame{Title: s.Service} })
	response := stream(t, address) //nolint:bodyclose // the end of the test closes it
	lines := bufio.NewReader(response.Body)
	for range 3 {
		line, err := lines.ReadString('\n')
		require.NoError(t, err)
		require.Contains(t, line, `data: {"now":0,"title":"shop",`)
		line, err = lines.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "\n", line)
	}
	p.Close()
	_, err := io.Copy(io.Discard, lines)
	assert.NoError(t, err, "the stream ends when the page closes")
}

func TestNoMoreStreamsThanAllowed(t *testing.T) {
	p, address := serve(t, nothing)
	for range maxStreams {
		require.Equal(t, http.StatusOK, stream(t, address).StatusCode) //nolint:bodyclose // the end of the test closes it
	}
	assert.Equal(t, http.StatusServiceUnavailable, stream(t, address).StatusCode) //nolint:bodyclose // the end of the test closes it
	p.Close()
	assert.Eventually(t, func() bool { return len(p.streams) == 0 }, time.Minute, time.Millisecond)
}

// TestClientThatReadsNothing waits for itself: others are served, and it is cut off.
func TestClientThatReadsNothing(t *testing.T) {
	var frames atomic.Int64
	large := strings.Repeat("x", 1<<20)
	p, address := serve(t, func(live.Scope) Frame {
		frames.Add(1)
		return Frame{Title: large}
	})
	deaf, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer func() { _ = deaf.Close() }()
	_, err = io.WriteString(deaf, "GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return frames.Load() > 0 && len(p.streams) == 1 }, time.Minute, time.Millisecond)

	w := ask(t, p, "http://localhost/api/view", nil)
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Eventually(t, func() bool { return len(p.streams) == 0 }, time.Minute, time.Millisecond, "it is cut off, though the page is open")
	p.Close()
}

// TestManyAsk: of clients that ask all at once, one is served at a time, and those that would have to wait for long are told so when they give up.
func TestManyAsk(t *testing.T) {
	var making, most atomic.Int64
	p := New("", func(live.Scope) Frame {
		most.Store(max(most.Load(), making.Add(1)))
		runtime.Gosched()
		making.Add(-1)
		return Frame{}
	})
	var asking sync.WaitGroup
	for range framesAtOnce + 3 {
		asking.Go(func() { assert.Equal(t, http.StatusOK, ask(t, p, "http://localhost/api/view", nil).Code) })
	}
	asking.Wait()
	assert.EqualValues(t, 1, most.Load())

	ctx, leave := context.WithCancel(t.Context())
	leave()
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/api/view", http.NoBody))
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
}

// TestSize: the page loads fast on any line, so its files stay below 150 KB compressed.
func TestSize(t *testing.T) {
	size := 0
	require.NoError(t, fs.WalkDir(assets, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(assets, path)
		require.NoError(t, err)
		var compressed counter
		writer := gzip.NewWriter(&compressed)
		_, err = writer.Write(data)
		require.NoError(t, err)
		require.NoError(t, writer.Close())
		size += int(compressed)
		return nil
	}))
	t.Logf("%d bytes compressed", size)
	assert.Less(t, size, 150_000)
}

type counter int

func (c *counter) Write(data []byte) (int, error) {
	*c += counter(len(data))
	return len(data), nil
}
