// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/backendtest"
	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/load"
	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/plan"
)

// TestConnections: backends and command lines that do not fit. What cannot work ends at once, and the message says which flag to change.
func TestConnections(t *testing.T) {
	t.Parallel()
	certificates := backendtest.NewCertificates(t)
	server := map[string]any{"cert_file": certificates.Server, "key_file": certificates.ServerKey}
	mutual := map[string]any{"cert_file": certificates.Server, "key_file": certificates.ServerKey, "client_ca_file": certificates.Authority}
	authority := func(r *plan.Request) { r.Insecure, r.CACert = false, certificates.Authority }
	client := func(r *plan.Request) {
		authority(r)
		r.ClientCert, r.ClientKey = certificates.Client, certificates.ClientKey
	}
	encrypted := func(r *plan.Request) { r.Insecure = false }
	for _, tc := range []struct {
		name     string
		tls      map[string]any
		set      func(*plan.Request)
		hopeless string // "": the load arrives
	}{
		{"plaintext backend", nil, encrypted, "add --insecure"},
		{"TLS", server, authority, ""},
		{"unknown authority", server, encrypted, "--ca-cert"},
		{"mutual TLS", mutual, client, ""},
		{"no client certificate", mutual, authority, "--client-cert"},
	} {
		for _, protocol := range plan.Protocols() {
			t.Run(tc.name+" "+protocol, func(t *testing.T) {
				t.Parallel()
				b := backendtest.Start(t, backendtest.Settings{TLS: tc.tls})
				r := short(b, protocol)
				tc.set(r)
				if tc.hopeless != "" {
					r.Duration = 0 // nothing else ends the run
				}
				got := play(t, r, nil)
				if tc.hopeless == "" {
					assert.True(t, got.Complete(), got.said)
					assert.EqualValues(t, b.Traces.SpanCount(), got.Total().Accepted)
					return
				}
				require.NotNil(t, got.Hopeless, got.said)
				assert.Contains(t, got.Hopeless.Meaning, tc.hopeless)
				assert.Zero(t, got.Total().Accepted)
			})
		}
	}
}

// TestWrongProtocol: a backend that cannot understand what is sent. The run ends at once, and the message names the flag.
func TestWrongProtocol(t *testing.T) {
	t.Parallel()
	certificates := backendtest.NewCertificates(t)
	plaintext, encrypted := backendtest.Settings{}, backendtest.Settings{TLS: map[string]any{"cert_file": certificates.Server, "key_file": certificates.ServerKey}}
	toGRPC := func(b *backendtest.Backend) string { return b.GRPC }
	toHTTP := func(b *backendtest.Backend) string { return b.HTTP }
	for _, tc := range []struct {
		name     string
		backend  backendtest.Settings
		address  func(*backendtest.Backend) string
		protocol string
		insecure bool
		want     string
	}{
		{"gRPC to HTTP", plaintext, toHTTP, plan.GRPC, true, "--protocol http"},
		{"HTTP to gRPC", plaintext, toGRPC, plan.HTTP, true, "--protocol grpc"},
		{"gRPC to HTTP, TLS", encrypted, toHTTP, plan.GRPC, false, "--protocol http"},
		{"HTTP to gRPC, TLS", encrypted, toGRPC, plan.HTTP, false, "--protocol grpc"},
		{"gRPC in plaintext to TLS", encrypted, toGRPC, plan.GRPC, true, "speaks TLS: leave --insecure out"},
		{"HTTP in plaintext to TLS", encrypted, toHTTP, plan.HTTP, true, "speaks TLS: leave --insecure out"},
		{"gRPC in plaintext to HTTP with TLS", encrypted, toHTTP, plan.GRPC, true, "speaks TLS: leave --insecure out"},
		{"HTTP in plaintext to gRPC with TLS", encrypted, toGRPC, plan.HTTP, true, "speaks TLS: leave --insecure out"},
		{"TLS to gRPC in plaintext", plaintext, toGRPC, plan.GRPC, false, "does not speak TLS: add --insecure"},
		{"TLS to HTTP in plaintext", plaintext, toHTTP, plan.HTTP, false, "does not speak TLS: add --insecure"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := backendtest.Start(t, tc.backend)
			r := short(b, tc.protocol)
			r.Endpoint, r.Insecure, r.Duration = tc.address(b), tc.insecure, 0 // nothing else ends the run
			if !tc.insecure {
				r.CACert = certificates.Authority
			}
			got := play(t, r, nil)
			require.NotNil(t, got.Hopeless, got.said)
			assert.Contains(t, got.Hopeless.Meaning, tc.want)
			assert.Zero(t, got.Total().Accepted)
		})
	}
}

// TestClosesConnections: what a backend that answers nothing means, nobody knows. It may come to its senses, so the load goes on.
func TestClosesConnections(t *testing.T) {
	t.Parallel()
	for _, protocol := range plan.Protocols() {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
			require.NoError(t, err)
			go func() {
				for {
					connection, err := l.Accept()
					if err != nil {
						return // the test is over
					}
					_ = connection.Close()
				}
			}()
			got := play(t, short(&backendtest.Backend{GRPC: l.Addr().String(), HTTP: l.Addr().String()}, protocol), nil)
			require.NoError(t, l.Close())
			assert.Nil(t, got.Hopeless)
			assert.True(t, got.Silent)
			assert.NotContains(t, got.said, "TLS")
			assert.False(t, got.Unreached)
		})
	}
}

// TestGateway: a gateway answers word by word what its own connection says. Somebody listens, so nobody says otherwise.
func TestGateway(t *testing.T) {
	t.Parallel()
	b := backendtest.Start(t, backendtest.Settings{Answer: func(request int) error {
		if request == 1 {
			return status.Error(codes.Unavailable, `connection error: desc = "transport: Error while dialing: dial tcp 10.0.0.1:4317: connect: connection refused"`)
		}
		return nil
	}})
	got := play(t, short(b, plan.GRPC), nil)
	assert.True(t, got.Complete())
	assert.Contains(t, got.said, b.GRPC+" cannot take the telemetry now (connection refused). Trying again.")
	assert.NotContains(t, got.said, "nobody listens")
}

// TestHopelessAfterAccepted: a backend that has accepted something fits. What it says later does not end the run.
func TestHopelessAfterAccepted(t *testing.T) {
	t.Parallel()
	handler := http.NewServeMux()
	handler.HandleFunc("/v1/traces", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/x-protobuf")
	})
	accepted := make(chan struct{})
	handler.HandleFunc("/v1/metrics", func(w http.ResponseWriter, _ *http.Request) {
		<-accepted
		w.WriteHeader(http.StatusUnsupportedMediaType)
	})
	server := httptest.NewServer(handler)
	defer server.Close()
	r := short(&backendtest.Backend{HTTP: strings.TrimPrefix(server.URL, "http://")}, plan.HTTP)
	r.SignalNames, r.Duration = []string{"traces", "metrics"}, 2500*time.Millisecond // metrics are sampled once a second
	got := play(t, r, func(l *load.Load, _ func()) {
		defer close(accepted)
		assert.Eventually(t, func() bool {
			now, err := l.Snapshot(t.Context(), false)
			return err != nil || now.Total().Accepted > 0 // an error: the test is over
		}, 5*time.Minute, time.Millisecond)
	})
	assert.Nil(t, got.Hopeless)
	assert.Positive(t, got.Total().Accepted)
	assert.Positive(t, got.Total().Dropped)
}

const rejected = 3

func partialSuccess() ptraceotlp.ExportResponse {
	response := ptraceotlp.NewExportResponse()
	response.PartialSuccess().SetRejectedSpans(rejected)
	response.PartialSuccess().SetErrorMessage("too old")
	return response
}

// picky is a backend that rejects three spans of each request.
type picky struct {
	ptraceotlp.UnimplementedGRPCServer
	spans int
}

func (p *picky) Export(_ context.Context, request ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	p.spans += request.Traces().SpanCount() - rejected
	return partialSuccess(), nil
}

func (p *picky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	answer, _ := partialSuccess().MarshalProto()
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(answer)
}

// TestPartialSuccess: what a backend rejects out of a request that it takes is dropped, though the exporter counts it as sent.
func TestPartialSuccess(t *testing.T) {
	t.Parallel()
	t.Run("grpc", func(t *testing.T) {
		p := &picky{}
		server := grpc.NewServer()
		ptraceotlp.RegisterGRPCServer(server, p)
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		go func() { _ = server.Serve(l) }()
		got := play(t, short(&backendtest.Backend{GRPC: l.Addr().String()}, plan.GRPC), nil)
		server.Stop()
		assert.EqualValues(t, p.spans, got.Total().Accepted)
		assertPartial(t, &got)
	})
	t.Run("http", func(t *testing.T) {
		server := httptest.NewServer(&picky{})
		defer server.Close()
		got := play(t, short(&backendtest.Backend{HTTP: strings.TrimPrefix(server.URL, "http://")}, plan.HTTP), nil)
		assertPartial(t, &got)
	})
}

func assertPartial(t *testing.T, got *outcome) {
	t.Helper()
	total := got.Total()
	assert.False(t, got.Complete())
	assert.Positive(t, total.Dropped)
	assert.Zero(t, total.Dropped%rejected)
	assert.Equal(t, total.Emitted(), total.Accepted+total.Dropped)
	assert.Equal(t, 1, strings.Count(got.said, `rejects 3 spans for good: "too old"`), got.said)
}
