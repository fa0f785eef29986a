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
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

var update = flag.Bool("update", false, "rewrite the fingerprints in testdata")

// suggested is the load that the comment of a preset suggests.
var suggested = regexp.MustCompile(`(?m)^#   (arrivals: .*)$`)

// threeOf is the YAML of a service with three instances that plays a preset at the load that it suggests.
func threeOf(t *testing.T, preset, model string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "workload", "presets", preset+".yaml"))
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
	for _, model := range []string{"tokio", "async_std", "smol", "ideal"} {
		t.Run(model, func(t *testing.T) {
			var lines strings.Builder
			seen := map[string]string{}
			for _, preset := range workload.Presets() {
				if preset == "block_in_place_burst" && model != semconv.RuntimeTokio {
					continue // which alone has the step
				}
				for _, s := range playShard(t, threeOf(t, preset, model), ShardConfig{Total: 1}) {
					fingerprint := hex.EncodeToString(s.requests.Sum(nil)[:16])
					assert.Empty(t, seen[fingerprint], "%s sends the same", preset)
					seen[fingerprint] = preset
					fmt.Fprintf(&lines, "%s %s %d %s\n", preset, s.name, len(s.items), fingerprint)
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

// TestShardsAdd: two and three Collectors that share a fleet send what one would, item by item: none is missing, doubled or changed.
func TestShardsAdd(t *testing.T) {
	fleets := map[string]string{"calling": calling}
	for _, preset := range workload.Presets() {
		fleets[preset] = threeOf(t, preset, semconv.RuntimeTokio)
	}
	for name, services := range fleets {
		whole := playShard(t, services, ShardConfig{Total: 1})
		for _, total := range []int{2, 3} {
			parts := make([][]item, len(whole))
			for index := range total {
				for i, s := range playShard(t, services, ShardConfig{Index: index, Total: total}) {
					assert.NotEmpty(t, s.items, "%s: shard %d of %d sends no %s", name, index, total, s.name)
					parts[i] = append(parts[i], s.items...)
				}
			}
			for i, s := range whole {
				assert.True(t, slices.Equal(sorted(s.items), sorted(parts[i])),
					"%s: %s of %d shards differ: %d items; want %d", name, s.name, total, len(parts[i]), len(s.items))
			}
		}
	}
}

// signalSent is what was sent of one signal.
type signalSent struct {
	name     string
	requests hash.Hash
	items    []item
}

// item is the hash of a span, with its resource and scope.
type item [sha256.Size]byte

func playShard(t *testing.T, services string, shard ShardConfig) (sent []signalSent) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cfg := configOf(t, services, func(c *Config) {
			unpaced(time.Second)(c)
			c.Shard, c.PollEvents = shard, 0.1
		})
		sent = []signalSent{spansSent(t, play(t, cfg))}
	})
	return sent
}

func spansSent(t *testing.T, batches []ptrace.Traces) signalSent {
	t.Helper()
	s := signalSent{name: "traces", requests: sha256.New()}
	var m ptrace.ProtoMarshaler
	for _, td := range batches {
		request, err := m.MarshalTraces(td)
		require.NoError(t, err)
		_, _ = s.requests.Write(request) // never fails
		one := ptrace.NewTraces()
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					alone := one.ResourceSpans().AppendEmpty()
					rs.Resource().CopyTo(alone.Resource())
					scoped := alone.ScopeSpans().AppendEmpty()
					ss.Scope().CopyTo(scoped.Scope())
					span.CopyTo(scoped.Spans().AppendEmpty())
					text, err := m.MarshalTraces(one)
					require.NoError(t, err)
					s.items = append(s.items, sha256.Sum256(text))
					one.ResourceSpans().RemoveIf(func(ptrace.ResourceSpans) bool { return true })
				}
			}
		}
	}
	return s
}

func sorted(items []item) []item {
	return slices.SortedFunc(slices.Values(items), func(a, b item) int { return bytes.Compare(a[:], b[:]) })
}
