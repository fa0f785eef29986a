// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/authority"
)

// web is a backend that takes traces over OTLP/HTTP, and notes the names of spans, and how each request came.
type web struct {
	mu      sync.Mutex
	names   []string
	came    []string
	answers func(w http.ResponseWriter) // nil: OK
}

func (b *web) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	m := message{data: body, compression: r.Header.Get("Content-Encoding"), json: r.Header.Get("Content-Type") == jsonType}
	request := ptraceotlp.NewExportRequest()
	if r.Method == http.MethodPost && !m.read(request) {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	way := r.Proto + " " + r.Method + " " + r.URL.RequestURI() + " " + r.Host + " " + r.Header.Get("X-Tenant") + " " + r.Header.Get("Content-Encoding") + " " + r.UserAgent()
	if r.TLS != nil {
		way += " tls " + strconv.Itoa(len(r.TLS.PeerCertificates))
	}
	b.mu.Lock()
	b.names = append(b.names, spanNames(request)...)
	b.came = append(b.came, way)
	b.mu.Unlock()
	if b.answers != nil {
		b.answers(w)
	}
}

func (b *web) received() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.names, " ")
}

func spanNames(request ptraceotlp.ExportRequest) (names []string) {
	for _, resource := range request.Traces().ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				names = append(names, span.Name())
			}
		}
	}
	return names
}

// spansNamed is a request of several spans.
func spansNamed(names ...string) ptraceotlp.ExportRequest {
	request := ptraceotlp.NewExportRequest()
	spans := request.Traces().ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for _, name := range names {
		spans.AppendEmpty().SetName(name)
	}
	return request
}

// sender sends over OTLP/HTTP.
type sender struct {
	client      *http.Client
	base        string
	json        bool
	compression string
	header      http.Header // of the last answer
	partial     string      // what the last one said of a partial success
	rejected    int64
}

func (s *sender) send(t *testing.T, names ...string) (code int, said string) {
	t.Helper()
	m, ok := message{json: s.json}.written(spansNamed(names...))
	require.True(t, ok)
	var body bytes.Buffer
	var to io.WriteCloser
	switch s.compression {
	case "gzip":
		to = gzip.NewWriter(&body)
	case "zstd":
		var err error
		to, err = zstd.NewWriter(&body)
		require.NoError(t, err)
	default:
		body.Write(m.data)
	}
	if to != nil {
		_, err := to.Write(m.data)
		require.NoError(t, err)
		require.NoError(t, to.Close())
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+"/v1/traces?a=b", &body)
	require.NoError(t, err)
	request.Header.Set("Content-Type", protobufType)
	if s.json {
		request.Header.Set("Content-Type", jsonType)
	}
	if s.compression != "" {
		request.Header.Set("Content-Encoding", s.compression)
	}
	request.Header.Set("X-Tenant", "t")
	response, err := s.client.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	s.header = response.Header
	if response.StatusCode >= 300 {
		var status statuspb.Status
		if s.json {
			require.NoError(t, protojson.Unmarshal(text, &status))
		} else {
			require.NoError(t, proto.Unmarshal(text, &status))
		}
		return response.StatusCode, status.GetMessage()
	}
	answer := ptraceotlp.NewExportResponse()
	require.True(t, len(text) == 0 || message{data: text, json: s.json}.read(answer), "%q", text) // the backend says nothing
	s.partial, s.rejected = answer.PartialSuccess().ErrorMessage(), answer.PartialSuccess().RejectedSpans()
	return response.StatusCode, ""
}

// startWeb starts a backend and a proxy before it.
func startWeb(t *testing.T, b *web, c Config) (*Proxy, *sender) {
	t.Helper()
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	c.Target, c.Protocol = strings.TrimPrefix(server.URL, "http://"), HTTP
	p := start(t, c)
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	t.Cleanup(client.CloseIdleConnections)
	return p, &sender{client: client, base: "http://" + p.Endpoint()}
}

// TestHTTPFaults sends requests 0 to 9 while each fault takes every third: 2, 5 and 8.
func TestHTTPFaults(t *testing.T) {
	for _, json := range []bool{false, true} {
		for _, compression := range []string{"", "gzip", "zstd"} {
			for _, c := range []struct {
				fault  Fault
				want   string // what the backend has received
				code   int
				said   string
				counts Counts
			}{
				{Fault{HTTP: 503}, "0 1 3 4 6 7 9", 503, "pipelinetest: http: 503", Counts{Passed: 7, Refused: 3}},
				{Fault{HTTP: 400, Message: "no"}, "0 1 3 4 6 7 9", 400, "no", Counts{Passed: 7, Refused: 3}},
				{Fault{OTLP: "drop"}, "0 1 3 4 6 7 9", 200, "", Counts{Passed: 7, Dropped: 3}},
				{Fault{OTLP: "duplicate"}, "0 1 2 2 3 4 5 5 6 7 8 8 9", 200, "", Counts{Passed: 7, Duplicated: 3}},
				{Fault{OTLP: "reorder"}, "0 1 3 2 4 6 5 7 9 8", 200, "", Counts{Passed: 7, Reordered: 3}},
				{Fault{OTLP: "corrupt"}, "0 1 2~corrupt 3 4 5~corrupt 6 7 8~corrupt 9", 200, "", Counts{Passed: 7, Corrupted: 3}},
				{Fault{OTLP: "partial_success"}, "0 1 3 4 6 7 9", 200, "", Counts{Passed: 7, Rejected: 3}},
				{Fault{OTLP: "lose_response"}, "0 1 2 3 4 5 6 7 8 9", 503, "pipelinetest: otlp: lose_response", Counts{Passed: 7, ResponsesLost: 3}},
			} {
				t.Run(c.fault.String()+" "+compression+" "+strconv.FormatBool(json), func(t *testing.T) {
					b := &web{}
					p, s := startWeb(t, b, Config{})
					s.json, s.compression = json, compression
					c.fault.Every = new(3)
					d, err := p.Disturb(c.fault)
					require.NoError(t, err)
					for i := range 10 {
						want, said := 200, ""
						if i%3 == 2 {
							want, said = c.code, c.said
						}
						code, text := s.send(t, strconv.Itoa(i))
						assert.Equal(t, want, code, "request %d", i)
						assert.Equal(t, said, text)
					}
					d.End()
					assert.Equal(t, c.want, b.received())
					assert.Equal(t, Met{Unit: "requests", Came: 10, Suffered: 3}, d.Met())
					c.counts.Requests, c.counts.Connections = 10, 1
					assert.Equal(t, c.counts, p.Counts())
				})
			}
		}
	}
}

// TestRetryAfter: the pause is in the answer only if the fault says so.
func TestRetryAfter(t *testing.T) {
	p, s := startWeb(t, &web{}, Config{})
	for _, tc := range []struct {
		pause *RetryAfter
		want  []string
	}{{nil, nil}, {&RetryAfter{None: true}, nil}, {&RetryAfter{Delay: 2e9}, []string{"2"}}, {&RetryAfter{}, []string{"0"}}} {
		restore := disturb(t, p, Fault{HTTP: 429, RetryAfter: tc.pause})
		code, _ := s.send(t, "x")
		assert.Equal(t, 429, code)
		assert.Equal(t, tc.want, s.header["Retry-After"])
		restore()
	}
}

// TestPartialSuccess rejects the first items of each request, and adds what the backend rejects itself.
func TestPartialSuccess(t *testing.T) {
	backend := &web{answers: func(w http.ResponseWriter) {
		response := ptraceotlp.NewExportResponse()
		response.PartialSuccess().SetRejectedSpans(1)
		text, err := response.MarshalProto()
		assert.NoError(t, err)
		_, _ = w.Write(text)
	}}
	p, s := startWeb(t, backend, Config{})
	disturb(t, p, Fault{OTLP: "partial_success", Rejected: new(2), Message: "too old"})
	code, _ := s.send(t, "1", "2", "3", "4")
	assert.Equal(t, 200, code)
	assert.EqualValues(t, 3, s.rejected)
	assert.Equal(t, "too old", s.partial)
	code, _ = s.send(t, "5")
	assert.Equal(t, 200, code)
	assert.EqualValues(t, 1, s.rejected, "the backend has not seen it")
	assert.Equal(t, "3 4", backend.received())
	assert.Equal(t, map[string]uint64{"traces": 3}, p.RejectedItems())
	assert.Equal(t, Counts{Requests: 2, Rejected: 2, Connections: 1}, p.Counts())
}

// TestRejectOfEachSignal takes the first two of three items out.
func TestRejectOfEachSignal(t *testing.T) {
	ms, ls := pmetricotlp.NewExportRequest(), plogotlp.NewExportRequest()
	scope := ms.Metrics().ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty()
	scope.Metrics().AppendEmpty().SetEmptyGauge().DataPoints().AppendEmpty()
	scope.Metrics().AppendEmpty().SetEmptySum().DataPoints().AppendEmpty()
	scope.Metrics().AppendEmpty().SetEmptyHistogram().DataPoints().AppendEmpty()
	records := ls.Logs().ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for range 3 {
		records.AppendEmpty()
	}
	for s, request := range map[*signal]export{traces: spansNamed("1", "2", "3"), metrics: ms, logs: ls} {
		for _, json := range []bool{false, true} {
			m, ok := message{json: json}.written(request)
			require.True(t, ok)
			rest, n := s.reject(m, 2)
			assert.Equal(t, 2, n, s.name)
			_, n = s.reject(rest, 5)
			assert.Equal(t, 1, n, "one is left")
			said, ok := s.answer(m, nil, 2, "no")
			assert.True(t, ok)
			assert.Contains(t, string(said.data), "no")
		}
	}
}

// TestHTTPSurvives sends through the proxy what a client and a backend may say to each other beside the message.
func TestHTTPSurvives(t *testing.T) {
	b := &web{}
	p, s := startWeb(t, b, Config{})
	s.compression = "gzip"
	code, _ := s.send(t, "x")
	assert.Equal(t, 200, code)
	b.answers = func(w http.ResponseWriter) {
		w.Header().Set("Retry-After", "7")
		w.Header().Set("Content-Type", protobufType)
		w.WriteHeader(http.StatusTooManyRequests)
		text, _ := proto.Marshal(&statuspb.Status{Message: "slow down"})
		_, _ = w.Write(text)
	}
	code, said := s.send(t, "y")
	assert.Equal(t, 429, code)
	assert.Equal(t, "slow down", said)
	assert.Equal(t, "7", s.header.Get("Retry-After"))
	for _, came := range b.came {
		assert.Equal(t, "HTTP/1.1 POST /v1/traces?a=b "+p.Endpoint()+" t gzip Go-http-client/1.1", came)
	}
	assert.Equal(t, Counts{Requests: 2, Passed: 1, Failed: 1, Connections: 1}, p.Counts())
	assert.Equal(t, Answers{Codes: map[string]uint64{"HTTP 429": 1}, Last: "slow down"}, p.Answers())

	// Who asks for something else brings nothing, and a fault of OTLP does not meet it.
	b.answers = nil
	d, err := p.Disturb(Fault{OTLP: "drop"})
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+"/health", http.NoBody)
	require.NoError(t, err)
	response, err := s.client.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, 200, response.StatusCode)
	assert.Zero(t, d.Met().Came)
}

// TestHTTPNobodyThere: a client finds out that the target is not there as it would without a proxy.
func TestHTTPNobodyThere(t *testing.T) {
	p := start(t, Config{Target: closedPort(t), Protocol: HTTP})
	s := &sender{client: &http.Client{Transport: &http.Transport{}}, base: "http://" + p.Endpoint()}
	defer s.client.CloseIdleConnections()
	code, said := s.send(t, "x")
	assert.Zero(t, code)
	assert.Contains(t, said, "EOF")
	assert.Equal(t, uint64(1), p.Counts().Failed)
	assert.Contains(t, p.Answers().Last, "connection refused")
}

// trusted is what a proxy, a backend and a client have of one authority.
func trusted(t *testing.T) (a *authority.Authority, of *TLS, server *tls.Config) {
	t.Helper()
	a, err := authority.New()
	require.NoError(t, err)
	own, err := a.Issue("proxy", "127.0.0.1")
	require.NoError(t, err)
	certificate, err := a.Issue("backend", "127.0.0.1")
	require.NoError(t, err)
	return a, &TLS{own, a.Pool()}, &tls.Config{Certificates: []tls.Certificate{certificate}, ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: a.Pool()}
}

// TestHTTPInsideTLS: faults of requests meet what is inside TLS, and the backend sees a client's certificate only if there was one.
func TestHTTPInsideTLS(t *testing.T) {
	a, of, config := trusted(t)
	b := &web{}
	server := httptest.NewUnstartedServer(b)
	server.TLS = config
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	p := start(t, Config{Target: strings.TrimPrefix(server.URL, "https://"), Protocol: HTTP, TLS: of})
	own, err := a.Issue("client", "127.0.0.1")
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		client *tls.Config
		came   string
	}{
		"with a certificate":    {&tls.Config{RootCAs: a.Pool(), Certificates: []tls.Certificate{own}}, " tls 1"},
		"without a certificate": {&tls.Config{RootCAs: a.Pool()}, " tls 0"},
	} {
		t.Run(name, func(t *testing.T) {
			transport := &http.Transport{TLSClientConfig: tc.client, ForceAttemptHTTP2: true}
			defer transport.CloseIdleConnections()
			s := &sender{client: &http.Client{Transport: transport}, base: "https://" + p.Endpoint()}
			code, said := s.send(t, "x")
			require.Equal(t, 200, code, said)
			assert.Contains(t, b.came[len(b.came)-1], "HTTP/2.0 POST")
			assert.True(t, strings.HasSuffix(b.came[len(b.came)-1], tc.came), b.came)
			d, err := p.Disturb(Fault{HTTP: 503})
			require.NoError(t, err)
			code, _ = s.send(t, "y")
			assert.Equal(t, 503, code)
			d.End()
			assert.Equal(t, Met{Unit: "requests", Came: 1, Suffered: 1}, d.Met())
		})
	}

	// Who does not trust the proxy says so, and nothing gets through.
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	s := &sender{client: &http.Client{Transport: transport}, base: "https://" + p.Endpoint()}
	code, said := s.send(t, "x")
	assert.Zero(t, code)
	assert.Contains(t, said, "certificate")
	require.Eventually(t, func() bool { return p.Heard().TLSFailed == 1 }, patience, 1e6)
	assert.Contains(t, p.Heard().TLSError, "tls: bad certificate")
}

// TestPassedOn: without a certificate, the proxy does not read what is inside TLS.
func TestPassedOn(t *testing.T) {
	for _, protocol := range []Protocol{HTTP, GRPC} {
		b := &web{}
		server := httptest.NewTLSServer(b)
		p := start(t, Config{Target: strings.TrimPrefix(server.URL, "https://"), Protocol: protocol})
		s := &sender{client: server.Client(), base: "https://" + p.Endpoint()}
		for range 3 {
			code, said := s.send(t, "x")
			require.Equal(t, 200, code, said)
		}
		d, err := p.Disturb(Fault{OTLP: "drop"})
		require.NoError(t, err)
		code, _ := s.send(t, "y")
		assert.Equal(t, 200, code)
		assert.Zero(t, d.Met().Came)
		assert.Equal(t, "x x x y", b.received())
		restore := disturb(t, p, Fault{Down: true})
		code, _ = s.send(t, "z")
		assert.Zero(t, code)
		restore()
		server.Close()
	}
}

// TestSaysNothing: a connection on which nobody says anything keeps nothing from ending.
func TestSaysNothing(t *testing.T) {
	_, of, _ := trusted(t)
	for _, protocol := range []Protocol{HTTP, GRPC} {
		p := start(t, Config{Target: closedPort(t), Protocol: protocol, TLS: of})
		c := connect(t, p)
		half := connect(t, p)
		_, err := half.Write([]byte{0x16})
		require.NoError(t, err)
		require.Eventually(t, func() bool { return p.Counts().Connections == 2 }, patience, 1e6)
		require.NoError(t, p.Close())
		_, err = c.Read(make([]byte, 1))
		require.Error(t, err)
		require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
	}
}

// TestGRPCInsideTLS: likewise over gRPC.
func TestGRPCInsideTLS(t *testing.T) {
	a, of, config := trusted(t)
	config.NextProtos = []string{"h2"}
	b := startSecureBackend(t, config)
	p := start(t, Config{Target: b.address, Protocol: GRPC, TLS: of})
	c := dialSecure(t, p, &tls.Config{RootCAs: a.Pool()})
	require.NoError(t, c.send("before"))
	d, err := p.Disturb(Fault{GRPC: "permission_denied"})
	require.NoError(t, err)
	assert.Equal(t, codes.PermissionDenied, status.Code(c.send("refused")))
	d.End()
	assert.Equal(t, Met{Unit: "requests", Came: 1, Suffered: 1}, d.Met())
	disturb(t, p, Fault{OTLP: "corrupt"})
	require.NoError(t, c.send("x"))
	assert.Equal(t, []string{"before", "x~corrupt"}, b.received())
	assert.Equal(t, codes.Unavailable, status.Code(dialSecure(t, p, &tls.Config{}).send("not trusted")))
	require.Eventually(t, func() bool { return p.Heard().TLSError != "" }, patience, 1e6)
}
