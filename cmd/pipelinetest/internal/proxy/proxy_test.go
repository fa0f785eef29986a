// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what has to come.
const patience = 20 * time.Second

// backend is a real OTLP/gRPC server that remembers in which order the first names, of spans or metrics, and bodies came.
type backend struct {
	ptraceotlp.UnimplementedGRPCServer
	address string
	server  *grpc.Server
	came    chan struct{}
	tls     *tls.Config // one for each request, up to its capacity
	// answer is what it says to a request of that name; nil: OK.
	answer func(ctx context.Context, name string) error

	mu    sync.Mutex
	names []string
}

type (
	metricsBackend struct {
		pmetricotlp.UnimplementedGRPCServer
		*backend
	}
	logsBackend struct {
		plogotlp.UnimplementedGRPCServer
		*backend
	}
)

func startBackend(t *testing.T) *backend {
	t.Helper()
	return startSecureBackend(t, nil)
}

// startSecureBackend starts one that speaks TLS; nil: it does not.
func startSecureBackend(t *testing.T, config *tls.Config) *backend {
	t.Helper()
	b := &backend{came: make(chan struct{}, 10_000), tls: config}
	b.start(t, "127.0.0.1:0")
	return b
}

func (b *backend) start(t *testing.T, address string) {
	t.Helper()
	listener, err := net.Listen("tcp", address) //nolint:noctx // a listener of a test
	require.NoError(t, err)
	b.address = listener.Addr().String()
	security := insecure.NewCredentials()
	if b.tls != nil {
		security = credentials.NewTLS(b.tls)
	}
	b.server = grpc.NewServer(grpc.Creds(security), grpc.MaxRecvMsgSize(1<<30), grpc.WaitForHandlers(true), grpc.StatsHandler(compressionOf{}))
	ptraceotlp.RegisterGRPCServer(b.server, b)
	pmetricotlp.RegisterGRPCServer(b.server, &metricsBackend{backend: b})
	plogotlp.RegisterGRPCServer(b.server, &logsBackend{backend: b})
	server := b.server
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		server.Stop()
		serving.Wait()
	})
}

func (b *backend) took(ctx context.Context, name string) error {
	b.mu.Lock()
	b.names = append(b.names, name)
	b.mu.Unlock()
	b.came <- struct{}{}
	if b.answer != nil {
		return b.answer(ctx, name)
	}
	return nil
}

// received are the names so far.
func (b *backend) received() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.names)
}

// waitFor waits until so many requests have come, since the last call of it.
func (b *backend) waitFor(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		select {
		case <-b.came:
		case <-time.After(patience):
			require.Fail(t, "requests are missing", "%d of %d have come", i, n)
		}
	}
}

func (b *backend) Export(ctx context.Context, r ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	response := ptraceotlp.NewExportResponse()
	response.PartialSuccess().SetErrorMessage("of the backend")
	if r.Traces().SpanCount() == 0 {
		return response, nil
	}
	return response, b.took(ctx, r.Traces().ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Name())
}

func (b *metricsBackend) Export(ctx context.Context, r pmetricotlp.ExportRequest) (pmetricotlp.ExportResponse, error) {
	metrics := r.Metrics().ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics()
	return pmetricotlp.NewExportResponse(), b.took(ctx, metrics.At(metrics.Len()-1).Name())
}

func (b *logsBackend) Export(ctx context.Context, r plogotlp.ExportRequest) (plogotlp.ExportResponse, error) {
	return plogotlp.NewExportResponse(), b.took(ctx, r.Logs().ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Body().AsString())
}

// client is a real OTLP/gRPC client.
type client struct {
	t          *testing.T
	connection *grpc.ClientConn
	traces     ptraceotlp.GRPCClient
	metrics    pmetricotlp.GRPCClient
	logs       plogotlp.GRPCClient
}

func dial(t *testing.T, p *Proxy) *client {
	t.Helper()
	return dialSecure(t, p, nil)
}

// dialSecure connects with TLS; nil: without.
func dialSecure(t *testing.T, p *Proxy, config *tls.Config) *client {
	t.Helper()
	security := insecure.NewCredentials()
	if config != nil {
		security = credentials.NewTLS(config)
	}
	connection, err := grpc.NewClient("passthrough:///"+p.Endpoint(), grpc.WithTransportCredentials(security),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.Config{BaseDelay: time.Millisecond, Multiplier: 1, MaxDelay: time.Millisecond}, MinConnectTimeout: patience}))
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	return &client{
		t, connection, ptraceotlp.NewGRPCClient(connection), pmetricotlp.NewGRPCClient(connection), plogotlp.NewGRPCClient(connection),
	}
}

// send exports a span of that name.
func (c *client) send(name string, options ...grpc.CallOption) error {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	_, err := c.traces.Export(ctx, spanNamed(name), options...)
	return err
}

func spanNamed(name string) ptraceotlp.ExportRequest {
	traces := ptrace.NewTraces()
	traces.ResourceSpans().AppendEmpty() // what is empty is passed over
	traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty().SetName(name)
	traces.ResourceSpans().RemoveIf(func(r ptrace.ResourceSpans) bool { return r.ScopeSpans().Len() == 0 })
	return ptraceotlp.NewExportRequestFromTraces(traces)
}

// sendMetric exports a metric without points, then one of that name.
func (c *client) sendMetric(name string) error {
	c.t.Helper()
	metrics := pmetric.NewMetrics()
	all := metrics.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics()
	all.AppendEmpty().SetName("without points")
	metric := all.AppendEmpty()
	metric.SetName(name)
	metric.SetEmptySum().DataPoints().AppendEmpty().SetIntValue(1)
	_, err := c.metrics.Export(c.t.Context(), pmetricotlp.NewExportRequestFromMetrics(metrics))
	return err
}

// sendLog exports a record of that body.
func (c *client) sendLog(body string) error {
	c.t.Helper()
	logs := plog.NewLogs()
	logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty().Body().SetStr(body)
	_, err := c.logs.Export(c.t.Context(), plogotlp.NewExportRequestFromLogs(logs))
	return err
}

// start makes a proxy to the target.
func start(t *testing.T, config Config) *Proxy {
	t.Helper()
	p, err := New(config)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Close()) })
	return p
}

// disturb puts a fault in force.
func disturb(t *testing.T, p *Proxy, f Fault) (restore func()) {
	t.Helper()
	d, err := p.Disturb(f)
	require.NoError(t, err)
	return d.End
}

func TestWhatIsNotAllowed(t *testing.T) {
	_, err := New(Config{Listen: "127.0.0.1:70000", Target: "127.0.0.1:1"})
	assert.ErrorContains(t, err, `listen at "127.0.0.1:70000" for 127.0.0.1:1: `)
	taken := start(t, Config{Target: "127.0.0.1:1"})
	_, err = New(Config{Listen: taken.Endpoint(), Target: "127.0.0.1:1", Protocol: GRPC})
	assert.ErrorContains(t, err, "for 127.0.0.1:1: ")

	_, err = taken.Disturb(Fault{})
	assert.ErrorContains(t, err, "fault kinds: none")
	_, err = taken.Disturb(Fault{OTLP: "drop", Every: new(2)})
	assert.EqualError(t, err, "otlp: drop, every: 2: is not allowed on a link of another protocol; want one of down, reset, delay, bandwidth")

	closed, err := New(Config{Target: "127.0.0.1:1", Protocol: GRPC})
	require.NoError(t, err)
	restore := disturb(t, closed, Fault{Down: true})
	restoreRequests := disturb(t, closed, Fault{OTLP: "drop"})
	require.NoError(t, closed.Close())
	require.NoError(t, closed.Close())
	restore()
	restore()
	restoreRequests()
	for _, f := range []Fault{{Down: true}, {OTLP: "drop"}} {
		_, err = closed.Disturb(f)
		assert.EqualError(t, err, "the proxy is closed")
	}
}

// TestCloseLeavesNothing closes a proxy in the middle of everything.
func TestCloseLeavesNothing(t *testing.T) {
	echoes, b := startEcho(t), startBackend(t)
	before := goleak.IgnoreCurrent()
	for _, config := range []Config{{Target: echoes}, {Target: b.address, Protocol: GRPC}} {
		p, err := New(config)
		require.NoError(t, err)
		for _, f := range []Fault{{Delay: time.Hour}, {Bandwidth: 1}, {Reset: time.Hour}} {
			disturb(t, p, f)
		}
		for range 3 {
			_, err := connect(t, p).Write(make([]byte, 1000))
			require.NoError(t, err)
		}
		require.NoError(t, p.Close())
	}
	goleak.VerifyNone(t, before)
}
