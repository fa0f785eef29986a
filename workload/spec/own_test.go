// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// ownOf is a service with something of its own, beside an operation GET with an event.
func ownOf(own string) string {
	return `[{name: a, runtime: {model: tokio}, arrivals: {process: poisson, rate: 1},
  operations: [{name: GET, steps: [{event: {name: e, severity: error, body: {text: t, n: {uniform: {min: 1, max: 2}}}}}]}], ` + own + `}]`
}

func TestOwnMetricsAndLogs(t *testing.T) {
	services, err := fleet(t, ownOf(`
  metrics: [
    {name: d, type: histogram, unit: s, description: how long, operation: GET, attributes: {k: {cardinality: 3}}, bounds: [0.5, 1, 2.5], exemplars: 3},
    {name: v, type: exponential_histogram, operation: GET, value: {lognormal: {median: 3, sigma: 1}}},
    {name: c, type: counter, operation: GET},
    {name: u, type: up_down_counter, value: {uniform: {min: -1, max: 1}}},
    {name: g, type: gauge, value: {normal: {mean: 5, deviation: 2}}, attributes: {k: {cardinality: 3}}, series: 7},
    {name: h, type: histogram, value: {exponential: {mean: 5}}}],
  logs: [{body: text, rate: 0.5}, {body: {k: v, n: 5}, rate: 2, severity: fatal, attributes: {a: true}}]`))
	require.NoError(t, err)
	s := services[0]
	tri := []workload.Attribute{{Key: "k", Value: workload.NewCardinality("k", workload.NewNumbered("k-", 3))}}
	assert.Equal(t, []workload.Metric{
		{Name: "d", Unit: "s", Description: "how long", Instrument: workload.Histogram, Operation: "GET", Attributes: tri, Bounds: []float64{0.5, 1, 2.5}, Exemplars: 3},
		{Name: "v", Instrument: workload.ExponentialHistogram, Operation: "GET", Value: workload.LognormalNumber{Median: 3, Sigma: 1}},
		{Name: "c", Instrument: workload.Counter, Operation: "GET", Value: workload.FixedNumber(1)},
		{Name: "u", Instrument: workload.UpDownCounter, Value: workload.UniformNumber{Min: -1, Max: 1}, Series: 1},
		{Name: "g", Instrument: workload.Gauge, Value: workload.NormalNumber{Mean: 5, Deviation: 2}, Attributes: tri, Series: 7},
		{Name: "h", Instrument: workload.Histogram, Value: workload.ExponentialNumber{Mean: 5}, Series: 1},
	}, s.Metrics)
	assert.Equal(t, []workload.Log{
		{Body: workload.Body{Text: "text"}, Rate: 0.5},
		{Body: workload.Body{Map: []workload.Attribute{{Key: "k", Value: "v"}, {Key: "n", Value: int64(5)}}}, Rate: 2, Severity: workload.Fatal, Attributes: []workload.Attribute{{Key: "a", Value: true}}},
	}, s.Logs)
	assert.Equal(t, workload.Error, s.Events[0].Severity)
	assert.Len(t, s.Events[0].Body.Map, 2)
	require.NoError(t, workload.Check(services))
	requireRoundTrip(t, services)
}

func TestMistakesInOwnMetricsAndLogs(t *testing.T) {
	for own, want := range map[string]string{
		`metrics: []`:                        "services[0].metrics: empty; want at least one of the metrics",
		`metrics: [{type: gauge, value: 1}]`: "services[0].metrics[0].name: missing; want text",
		`metrics: [{name: a, type: gauge, value: 1}, {name: a, type: gauge, value: 1}]`: `services[0].metrics[1]: name "a" is taken; want a name of its own`,
		`metrics: [{name: a, type: summary, value: 1}]`:                                 `services[0].metrics[0].type: "summary" is not allowed; want one of gauge, counter, up_down_counter, histogram, exponential_histogram`,
		`metrics: [{name: a, type: gauge}]`:                                             "services[0].metrics[0].value: missing; want a number, or a map of one of uniform, normal, exponential, lognormal",
		`metrics: [{name: a, type: histogram}]`:                                         "services[0].metrics[0].value: missing; want a number",
		`metrics: [{name: a, type: gauge, value: duration}]`:                            "services[0].metrics[0].value: duration is that of a span; want operation with it",
		`metrics: [{name: a, type: gauge, value: 5ms}]`:                                 `services[0].metrics[0].value: "5ms" is not allowed; want a number, or a map of one of`,
		`metrics: [{name: a, type: gauge, value: {uniform: {min: 2, max: 1}}}]`:         "services[0].metrics[0].value.uniform.max: 1 is not allowed; want 2 or more, like min",
		`metrics: [{name: a, type: counter, operation: PUT}]`:                           `services[0].metrics[0].operation: "PUT" is no span of this service`,
		`metrics: [{name: a, type: counter, operation: GET, series: 2}]`:                "services[0].metrics[0].series: not allowed with operation",
		`metrics: [{name: a, type: counter, series: 5000}]`:                             "services[0].metrics[0].series: 5000 is not allowed; want 1 to 2000",
		`metrics: [{name: a, type: counter, exemplars: 2}]`:                             "services[0].metrics[0].exemplars: an exemplar is of a span; want operation with it",
		`metrics: [{name: a, type: counter, bounds: [1]}]`:                              "services[0].metrics[0].bounds: only a histogram has bounds",
		`metrics: [{name: a, type: histogram, value: 1, bounds: [1, 1]}]`:               "services[0].metrics[0].bounds[1]: 1 is not allowed; want more than the bound before, 1",
		`metrics: [{name: a, type: counter, attributes: {load_verify.run: x}}]`:         `services[0].metrics[0].attributes["load_verify.run"]: recorded by the runtime`,
		`metrics: [{name: a, type: counter, exemplar: 5}]`:                              "services[0].metrics[0].exemplar: unknown key (did you mean exemplars?)",
		`logs: [{rate: 1}]`:                            "services[0].logs[0].body: missing; want text, or a map of values",
		`logs: [{body: x}]`:                            "services[0].logs[0].rate: missing; want how many an instance writes in a second",
		`logs: [{body: x, rate: 0}]`:                   "services[0].logs[0].rate: 0 is not allowed; want a number of more than 0 and at most 100000",
		`logs: [{body: {}, rate: 1}]`:                  "services[0].logs[0].body: a map is not allowed; want text, or a map with a key at least",
		`logs: [{body: x, rate: 1, severity: notice}]`: `services[0].logs[0].severity: "notice" is not allowed`,
	} {
		_, err := fleet(t, ownOf(own))
		require.ErrorContains(t, err, want)
		assert.Equal(t, 1, strings.Count(err.Error(), "services["), "one mistake is told once: %v", err)
	}
}
