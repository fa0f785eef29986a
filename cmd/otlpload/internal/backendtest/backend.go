// SPDX-License-Identifier: Apache-2.0

// Package backendtest is a backend for tests: the Collector's own OTLP receiver, in this process, which keeps what it takes.
package backendtest

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
)

// Settings of a backend.
type Settings struct {
	// Answer to a request, by its number from 1; nil: every request is taken.
	Answer func(request int) error
	// TLS settings of the server, as in YAML; nil: plaintext.
	TLS map[string]any
}

// Backend takes OTLP.
type Backend struct {
	GRPC, HTTP string // host:port
	Traces     consumertest.TracesSink
	Metrics    consumertest.MetricsSink
	Logs       consumertest.LogsSink

	answer  func(request int) error
	mu      sync.Mutex
	asked   int
	headers client.Metadata
}

// Header is what the last request said under a name.
func (b *Backend) Header(name string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.headers.Get(name)
}

// Asked is how many requests there were.
func (b *Backend) Asked() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.asked
}

func (b *Backend) decide(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	b.headers = client.FromContext(ctx).Metadata
	if b.answer == nil {
		return nil
	}
	return b.answer(b.asked)
}

// Start starts a backend, which the end of the test stops.
func Start(t *testing.T, s Settings) *Backend {
	t.Helper()
	b := &Backend{GRPC: FreeAddress(t), HTTP: FreeAddress(t), answer: s.Answer}
	server := func(endpoint string) map[string]any {
		settings := map[string]any{"endpoint": endpoint, "include_metadata": true}
		if s.TLS != nil {
			settings["tls"] = s.TLS
		}
		return settings
	}
	factory := otlpreceiver.NewFactory()
	cfg := factory.CreateDefaultConfig()
	require.NoError(t, confmap.NewFromStringMap(map[string]any{
		"protocols": map[string]any{"grpc": server(b.GRPC), "http": server(b.HTTP)},
	}).Unmarshal(cfg))

	traces, err := consumer.NewTraces(func(ctx context.Context, td ptrace.Traces) error {
		if err := b.decide(ctx); err != nil {
			return err
		}
		return b.Traces.ConsumeTraces(ctx, td)
	})
	require.NoError(t, err)
	metrics, err := consumer.NewMetrics(func(ctx context.Context, md pmetric.Metrics) error {
		if err := b.decide(ctx); err != nil {
			return err
		}
		return b.Metrics.ConsumeMetrics(ctx, md)
	})
	require.NoError(t, err)
	logs, err := consumer.NewLogs(func(ctx context.Context, ld plog.Logs) error {
		if err := b.decide(ctx); err != nil {
			return err
		}
		return b.Logs.ConsumeLogs(ctx, ld)
	})
	require.NoError(t, err)

	set := receivertest.NewNopSettings(factory.Type()) // the three are one server
	first, err := factory.CreateTraces(t.Context(), set, cfg, traces)
	require.NoError(t, err)
	_, err = factory.CreateMetrics(t.Context(), set, cfg, metrics)
	require.NoError(t, err)
	_, err = factory.CreateLogs(t.Context(), set, cfg, logs)
	require.NoError(t, err)
	require.NoError(t, first.Start(t.Context(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, first.Shutdown(context.WithoutCancel(t.Context()))) })
	return b
}

// FreeAddress finds an address on loopback where nobody listens.
func FreeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return l.Addr().String()
}
