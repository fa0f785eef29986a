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

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/backendtest"
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

// TestWrongProtocol: what may pass by itself is tried again, but the message names the flag.
func TestWrongProtocol(t *testing.T) {
	t.Parallel()
	certificates := backendtest.NewCertificates(t)
	for _, tc := range []struct {
		name     string
		tls      bool
		protocol string
		address  func(*backendtest.Backend) string
		said     string
	}{
		{"gRPC to HTTP", false, plan.GRPC, func(b *backendtest.Backend) string { return b.HTTP }, "--protocol http"},
		{"HTTP to gRPC", false, plan.HTTP, func(b *backendtest.Backend) string { return b.GRPC }, "--protocol grpc"},
		{"plaintext gRPC to TLS", true, plan.GRPC, func(b *backendtest.Backend) string { return b.GRPC }, "without --insecure"},
		{"plaintext HTTP to TLS", true, plan.HTTP, func(b *backendtest.Backend) string { return b.HTTP }, "leave --insecure out"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var s backendtest.Settings
			if tc.tls {
				s.TLS = map[string]any{"cert_file": certificates.Server, "key_file": certificates.ServerKey}
			}
			b := backendtest.Start(t, s)
			r := short(b, tc.protocol)
			r.Endpoint = tc.address(b)
			got := play(t, r, nil)
			said := got.said
			if got.Hopeless != nil {
				said += got.Hopeless.Meaning
			}
			assert.Contains(t, said, tc.said)
			assert.False(t, got.Complete())
		})
	}
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
