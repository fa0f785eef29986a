// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

var update = flag.Bool("update", false, "rewrite the fingerprints in testdata")

// suggested is the load that the comment of a preset suggests.
var suggested = regexp.MustCompile(`(?m)^#   (arrivals: .*)$`)

// threeOf is the YAML of a service with three instances that plays a preset at the load that it suggests.
func threeOf(t *testing.T, preset, model string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "workload", "spec", "presets", preset+".yaml"))
	require.NoError(t, err)
	load := suggested.FindStringSubmatch(string(text))
	require.NotNil(t, load, preset)
	return fmt.Sprintf("[{name: a, instances: 3, runtime: {model: %s}, %s, workload: %s}]", model, load[1], preset)
}

// TestFingerprints plays each preset on each runtime and compares what is sent with the fingerprints in testdata/fingerprints, a file
// for each runtime and a line for each preset and signal: how many items, and a hash of all requests as OTLP, in their order. The
// clock is that of synctest, which starts in 2000, so that all times count from the same epoch. A change that is meant to change
// nothing changes no line; one that is, shows which; -update rewrites them.
//
// They are those of amd64: where Go fuses a multiplication with an addition, as on arm64, a time may be a nanosecond off.
func TestFingerprints(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the fingerprints are those of amd64")
	}
	for _, model := range semconv.RuntimeNames() {
		t.Run(model, func(t *testing.T) {
			var lines strings.Builder
			seen := map[string]string{}
			for _, preset := range spec.Presets() {
				if preset == "block_in_place_burst" && model != semconv.RuntimeTokio {
					continue // which alone has the step
				}
				for _, s := range playShard(t, threeOf(t, preset, model), ShardConfig{Total: 1}) {
					fingerprint := hex.EncodeToString(s.requests.Sum(nil)[:16])
					assert.Empty(t, seen[fingerprint], "%s sends the same", preset)
					seen[fingerprint] = preset
					fmt.Fprintf(&lines, "%s %s %d %s\n", preset, s.name, s.count, fingerprint)
				}
			}
			file := filepath.Join("testdata", "fingerprints", model+".txt")
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(lines.String()), 0o644))
				return
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(want), lines.String(), "run with -update if this is meant")
		})
	}
}

// written are services as package spec writes them after it has read them.
func written(t *testing.T, services string) string {
	t.Helper()
	var tree any
	require.NoError(t, yaml.Unmarshal([]byte(services), &tree))
	decoded, err := spec.Decode(tree)
	require.NoError(t, err)
	node, err := spec.Encode(decoded)
	require.NoError(t, err)
	text, err := yaml.Marshal(node)
	require.NoError(t, err)
	return string(text)
}

// TestWrittenServicesSendTheSame: what spec.Encode writes plays the same bytes as what spec.Decode had read.
func TestWrittenServicesSendTheSame(t *testing.T) {
	fleets := map[string]string{"calling": calling}
	for _, preset := range spec.Presets() {
		fleets[preset] = threeOf(t, preset, semconv.RuntimeTokio)
	}
	for name, services := range fleets {
		want := playShard(t, services, ShardConfig{Total: 1})
		for i, s := range playShard(t, written(t, services), ShardConfig{Total: 1}) {
			assert.Equal(t, want[i].count, s.count, "%s: %s", name, s.name)
			assert.Equal(t, want[i].requests.Sum(nil), s.requests.Sum(nil), "%s: %s", name, s.name)
		}
	}
}

// calling is a fleet whose traces cross services, and so Collectors.
const calling = `
- name: front
  instances: 2
  runtime: {model: tokio}
  arrivals: {process: poisson, rate: 200}
  operations:
    - name: GET /
      steps:
        - spawn: {count: 2, name: fetch, steps: [{call: {service: back, operation: read, network: 1ms}}]}
        - join
        - event: fetched
- name: back
  instances: 3
  max_in_flight: 3
  runtime: {model: smol}
  operations: [{name: read, links: {operation: read}, steps: [{io: 5ms}]}]
- name: apart
  runtime: {model: async_std}
  arrivals: {process: constant, rate: 100}
  workload: api_gateway
`

// TestShardsAdd: two and three Collectors that share a fleet send what one would: of each process in each slice the same bytes, once.
func TestShardsAdd(t *testing.T) {
	fleets := map[string]string{"calling": calling}
	for _, preset := range spec.Presets() {
		fleets[preset] = threeOf(t, preset, semconv.RuntimeTokio)
	}
	for name, services := range fleets {
		whole := playShard(t, services, ShardConfig{Total: 1})
		for _, total := range []int{2, 3} {
			counts := make([]int, len(whole))
			parts := make([][]part, len(whole))
			for index := range total {
				for i, s := range playShard(t, services, ShardConfig{Index: index, Total: total}) {
					assert.Positive(t, s.count, "%s: %s of shard %d of %d", name, s.name, index, total)
					counts[i] += s.count
					parts[i] = append(parts[i], s.parts...)
				}
			}
			for i, s := range whole {
				assert.Equal(t, s.count, counts[i], "%s: %s of %d shards", name, s.name, total)
				assert.True(t, slices.Equal(sorted(s.parts), sorted(parts[i])), "%s: %s of %d shards differ", name, s.name, total)
			}
		}
	}
}

// signalSent is what was sent of one signal.
type signalSent struct {
	name     string
	count    int // of spans, data points or log records
	requests hash.Hash
	parts    []part
}

// part is the hash of what a request carries of one process.
type part [sha256.Size]byte

// playFor is a second, or less where that would be more than some 5000 spans; but at least an arrival.
func playFor(t *testing.T, cfg *Config) time.Duration {
	t.Helper()
	services, err := spec.Decode(cfg.Services)
	require.NoError(t, err)
	s := services[0]
	return time.Duration(1e9 * min(1, max(5000/(s.SpanRate()*float64(s.Instances)), 1.1/s.Arrivals.PerSecond())))
}

// playShard plays services with all three signals, under the clock of synctest.
func playShard(t *testing.T, services string, shard ShardConfig) (sent []signalSent) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cfg := configOf(t, services, func(c *Config) {
			unpaced(playFor(t, c))(c)
			c.Shard, c.PollEvents = shard, 0.1
			c.MaxRequestBytes = mostRequestBytes // where a request is cut depends on what else is in it, which another shard may send
		})
		traces, metrics, logs := new(consumertest.TracesSink), new(consumertest.MetricsSink), new(consumertest.LogsSink)
		for _, r := range startAll(t, receivertest.NewNopSettings(metadata.Type), cfg, traces, metrics, logs) {
			r.(*loadReceiver).running.Wait()
			require.NoError(t, r.Shutdown(t.Context()))
		}
		sent = []signalSent{spansSent(t, traces.AllTraces()), pointsSent(t, metrics.AllMetrics()), recordsSent(t, logs.AllLogs())}
	})
	return sent
}

// startAll starts a receiver of all three signals.
func startAll(t *testing.T, set receiver.Settings, cfg *Config, traces consumer.Traces, metrics consumer.Metrics, logs consumer.Logs) []component.Component {
	t.Helper()
	f := NewFactory()
	ofTraces, err := f.CreateTraces(t.Context(), set, cfg, traces)
	require.NoError(t, err)
	ofMetrics, err := f.CreateMetrics(t.Context(), set, cfg, metrics)
	require.NoError(t, err)
	ofLogs, err := f.CreateLogs(t.Context(), set, cfg, logs)
	require.NoError(t, err)
	all := []component.Component{ofTraces, ofMetrics, ofLogs}
	for _, r := range all {
		require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
	}
	return all
}

func (s *signalSent) request(t *testing.T, text []byte, err error) {
	t.Helper()
	require.NoError(t, err)
	_, _ = s.requests.Write(text) // never fails
}

func (s *signalSent) part(t *testing.T, text []byte, err error) {
	t.Helper()
	require.NoError(t, err)
	s.parts = append(s.parts, sha256.Sum256(text))
}

func spansSent(t *testing.T, batches []ptrace.Traces) signalSent {
	t.Helper()
	s := signalSent{name: "traces", requests: sha256.New()}
	var m ptrace.ProtoMarshaler
	for _, td := range batches {
		s.count += td.SpanCount()
		text, err := m.MarshalTraces(td)
		s.request(t, text, err)
		for _, rs := range td.ResourceSpans().All() {
			one := ptrace.NewTraces()
			rs.MoveTo(one.ResourceSpans().AppendEmpty())
			text, err := m.MarshalTraces(one)
			s.part(t, text, err)
		}
	}
	return s
}

func pointsSent(t *testing.T, batches []pmetric.Metrics) signalSent {
	t.Helper()
	s := signalSent{name: "metrics", requests: sha256.New()}
	var m pmetric.ProtoMarshaler
	for _, md := range batches {
		s.count += md.DataPointCount()
		text, err := m.MarshalMetrics(md)
		s.request(t, text, err)
		for _, rm := range md.ResourceMetrics().All() {
			one := pmetric.NewMetrics()
			rm.MoveTo(one.ResourceMetrics().AppendEmpty())
			text, err := m.MarshalMetrics(one)
			s.part(t, text, err)
		}
	}
	return s
}

func recordsSent(t *testing.T, batches []plog.Logs) signalSent {
	t.Helper()
	s := signalSent{name: "logs", requests: sha256.New()}
	var m plog.ProtoMarshaler
	for _, ld := range batches {
		s.count += ld.LogRecordCount()
		text, err := m.MarshalLogs(ld)
		s.request(t, text, err)
		for _, rl := range ld.ResourceLogs().All() {
			one := plog.NewLogs()
			rl.MoveTo(one.ResourceLogs().AppendEmpty())
			text, err := m.MarshalLogs(one)
			s.part(t, text, err)
		}
	}
	return s
}

func sorted(parts []part) []part {
	return slices.SortedFunc(slices.Values(parts), func(a, b part) int { return bytes.Compare(a[:], b[:]) })
}
