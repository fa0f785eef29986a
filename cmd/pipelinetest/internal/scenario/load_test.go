// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// TestRate: what is played makes as many spans a second as are wanted, in processes that each can.
func TestRate(t *testing.T) {
	for _, rate := range []float64{1, 5000, 50_000, mostRate} {
		s := New()
		require.NoError(t, s.SetLoad(&LoadTest{Rate: rate, Duration: 90 * time.Second}))
		var c struct {
			Receivers struct {
				Load struct {
					Duration string
					Services []any
				} `yaml:"synthetic_load"`
			}
		}
		require.Len(t, s.Generators[0].Config, 2)
		require.NoError(t, yaml.Unmarshal([]byte(s.Generators[0].Config[1].Text), &c))
		assert.Equal(t, "1m30s", c.Receivers.Load.Duration)
		services, err := spec.Decode(c.Receivers.Load.Services)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, services[0].Instances, loadProcesses)
		assert.InEpsilon(t, rate, float64(services[0].Instances)*services[0].SpanRate(), 1e-9)
		assert.LessOrEqual(t, services[0].Arrivals.PerSecond(), float64(requestsOfEach))
		assert.True(t, s.Generators[0].Follows(), "it sends over what the next part listens for")
		assert.NoError(t, s.Check())
	}
}

// TestLoadSignals: a load is without the signals that nobody wants, and without those that nobody takes.
func TestLoadSignals(t *testing.T) {
	s := New()
	require.NoError(t, s.SetLoad(&LoadTest{Rate: 1, Duration: time.Second, Signals: []string{"traces"}}))
	assert.Equal(t, []string{"metrics", "logs"}, s.Unplayed(&s.Generators[0]))
	assert.Empty(t, s.SayUnplayed(&s.Generators[0]), "it was asked for")
	assert.Empty(t, s.Unplayed(&s.Verifier))

	s = New()
	s.Systems = []Part{{Name: "gateway", Config: []Config{{Text: gatewayConfig + `
service: {pipelines: {logs: {receivers: [otlp], exporters: [otlp_grpc]}}}`}}}}
	assert.EqualError(t, s.SetLoad(&LoadTest{Rate: 1, Duration: time.Second}), "--rate: gateway has no pipeline that takes traces; the rate of a load is that of its spans")

	s = New()
	s.Generators[0].Config = []Config{{Text: "receivers: {}"}}
	assert.ErrorContains(t, s.SetLoad(&LoadTest{Rate: 1, Duration: time.Second}), "--rate: not beside a --generator of your own; want builtin first")

	s = New()
	s.Generators[0].Config = append(s.Generators[0].Config, Config{Text: "service: {pipelines: {}}"})
	assert.ErrorContains(t, s.SetLoad(&LoadTest{Rate: 1, Duration: time.Second, Signals: []string{"traces"}}), "--signals: not beside")
}

func TestLoadMistakes(t *testing.T) {
	assert.NoError(t, (&LoadTest{Rate: 1, Duration: time.Second}).Check())
	err := (&LoadTest{Rate: math.NaN(), Duration: 0, Signals: []string{"spans"}}).Check()
	for _, want := range []string{
		"--rate: NaN is not allowed; want 1 to 1000000 spans a second", "--duration: 0s is not allowed; want 1s to 24h0m0s",
		`--signals: "spans" is not allowed; want traces, metrics, logs`, "--signals: spans is not allowed; want traces among them",
	} {
		assert.ErrorContains(t, err, want)
	}
	for _, text := range []string{"p99", "p99=", "p99=-1s", "p90=1s", "=1s", "p99=0s"} {
		_, err := ParseSLO(text)
		assert.ErrorContains(t, err, "is not allowed; want p50, p99, max and a duration", text)
	}
	slo, err := ParseSLO("p99=200ms")
	require.NoError(t, err)
	assert.Equal(t, &SLO{"p99", 200 * time.Millisecond}, slo)
	assert.Equal(t, "p99=200ms", slo.String())
}

// TestOwnDelay is as long as the configuration makes it.
func TestOwnDelay(t *testing.T) {
	var c struct {
		Receivers struct {
			Load struct {
				Slice    time.Duration
				Services []struct {
					Export struct {
						Delay time.Duration `yaml:"schedule_delay"`
					}
				}
			} `yaml:"synthetic_load"`
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte((&LoadTest{Rate: 1, Duration: time.Second}).config()), &c))
	assert.Equal(t, OwnDelay, c.Receivers.Load.Slice+c.Receivers.Load.Services[0].Export.Delay)
	var g struct {
		Exporters map[string]struct {
			Queue struct {
				Size int `yaml:"queue_size"`
			} `yaml:"sending_queue"`
		}
	}
	for _, name := range []string{GeneratorName, overHTTP} {
		require.NoError(t, yaml.Unmarshal([]byte(BuiltinConfig(name)), &g))
	}
	require.Len(t, g.Exporters, 2)
	for name, exporter := range g.Exporters {
		assert.Equal(t, QueueSize, exporter.Queue.Size, name)
	}
}
