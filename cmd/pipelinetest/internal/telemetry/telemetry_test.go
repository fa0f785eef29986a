package telemetry

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// read is an account after readings of a part that says each of these texts in turn; "" is a restart.
func read(t *testing.T, readings ...string) *Account {
	t.Helper()
	var text string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }))
	defer server.Close()
	account := &Account{}
	for _, text = range readings {
		if text == "" {
			account.Restarted()
			continue
		}
		families, err := Scrape(t.Context(), server.Client(), strings.TrimPrefix(server.URL, "http://"))
		require.NoError(t, err)
		account.Set(families)
	}
	return account
}

const gateway = `
# TYPE otelcol_receiver_accepted_spans counter
otelcol_receiver_accepted_spans{receiver="otlp",transport="grpc"} 90
otelcol_receiver_accepted_spans{receiver="otlp",transport="http"} 10
# TYPE otelcol_receiver_refused_spans counter
otelcol_receiver_refused_spans{receiver="otlp",transport="grpc"} 7
# TYPE otelcol_processor_incoming_items counter
otelcol_processor_incoming_items{processor="filter",otel_signal="traces"} 100
# TYPE otelcol_processor_outgoing_items counter
otelcol_processor_outgoing_items{processor="filter",otel_signal="traces"} 80
# TYPE otelcol_exporter_sent_spans_total counter
otelcol_exporter_sent_spans_total{exporter="otlp_grpc"} 50
# TYPE otelcol_exporter_send_failed_spans counter
otelcol_exporter_send_failed_spans{exporter="otlp_grpc"} 5
# TYPE otelcol_exporter_queue_size gauge
otelcol_exporter_queue_size{exporter="otlp_grpc",data_type="traces"} 3
# TYPE otelcol_exporter_in_flight_requests gauge
otelcol_exporter_in_flight_requests{exporter="otlp_grpc",data_type="traces"} 2
# TYPE something_else gauge
something_else 1
`

func TestAccount(t *testing.T) {
	account := read(t, gateway)
	assert.True(t, account.Read)
	assert.Equal(t, []Component{
		{Receiver, "otlp", "traces", Counts{Received: 100, Refused: 7}},
		{Processor, "filter", "traces", Counts{Dropped: 20}},
		{Exporter, "otlp_grpc", "traces", Counts{Sent: 50, SendFailed: 5, Queued: 3, InFlight: 2}},
	}, account.Components())
	assert.Equal(t, Counts{Received: 100, Refused: 7, Dropped: 20, Sent: 50, SendFailed: 5, Queued: 3, InFlight: 2}, Sum(account.Components(), "traces"))
	assert.Equal(t, Counts{}, Sum(account.Components(), "logs"))
}

// TestRestart: the counts of two processes add up; what was in the first one's queue is gone.
func TestRestart(t *testing.T) {
	account := read(t, gateway, "", "# TYPE otelcol_exporter_sent_spans counter\notelcol_exporter_sent_spans{exporter=\"otlp_grpc\"} 30\n")
	assert.Equal(t, Counts{Received: 100, Refused: 7, Dropped: 20, Sent: 80, SendFailed: 5}, Sum(account.Components(), "traces"))
}

// TestShutDownQueue: a queue is not shown any more while its part shuts down; what was in it stays known.
func TestShutDownQueue(t *testing.T) {
	account := read(t, gateway, strings.ReplaceAll(gateway, "otelcol_exporter_queue_size", "gone"))
	assert.Equal(t, uint64(3), Sum(account.Components(), "traces").Queued)
}

func TestScrapeFails(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, err := Scrape(t.Context(), server.Client(), strings.TrimPrefix(server.URL, "http://"))
	assert.ErrorContains(t, err, "404")
}

// TestLosses: what a part admits, what is lost between two parts, and what came back to life.
func TestLosses(t *testing.T) {
	parts := []Part{
		{"generator", true, []Component{{Receiver, "synthetic_load", "traces", Counts{Offered: 1010, GivenUp: 10, Received: 1000}}, {Exporter, "otlp_grpc", "traces", Counts{Sent: 1000}}}},
		{"gateway", true, []Component{
			{Receiver, "otlp", "traces", Counts{Received: 990, Refused: 5}},
			{Exporter, "otlp_grpc", "traces", Counts{Sent: 900, SendFailed: 50, Queued: 2}},
		}},
		{"verifier", true, []Component{{Receiver, "otlp", "traces", Counts{Received: 1100}}, {Exporter, "load_verify", "traces", Counts{Sent: 1100}}}},
	}
	assert.Equal(t, []string{
		"generator: given up by receiver synthetic_load: 10",
		"gateway: refused by receiver otlp: 5",
		"gateway: send failed by exporter otlp_grpc: 50",
		"gateway: still queued by exporter otlp_grpc: 2",
		"generator->gateway: sent, but not received: 10",
		"gateway: received, but neither sent nor failed: 40",
		"gateway->verifier: received, but not known to be sent: 200",
	}, Losses(parts, 1, "traces"))
	assert.Empty(t, Losses(parts, 1, "logs"))

	// Of a part that says nothing, and of one with two ways out, nothing can be concluded.
	parts[1].Read = false
	assert.Len(t, Losses(parts, 1, "traces"), 4)
}

func TestGrouped(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		assert.Equal(t, want, Grouped(n))
	}
}
