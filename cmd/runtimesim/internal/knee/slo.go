// SPDX-License-Identifier: Apache-2.0

package knee

import (
	"fmt"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/simulate"
)

// SLO is a limit on a statistic of latency or queue wait.
type SLO struct {
	Metric    string        `json:"metric"`    // latency or queue_wait
	Statistic string        `json:"statistic"` // one of Statistics()
	Limit     time.Duration `json:"limit_ns"`
}

var metrics = []struct {
	name string
	of   func(r *simulate.Result) *simulate.Summary
}{
	{"latency", func(r *simulate.Result) *simulate.Summary { return &r.Latency }},
	{"queue_wait", func(r *simulate.Result) *simulate.Summary { return &r.QueueWait }},
}

var statistics = []struct {
	name string
	of   func(s *simulate.Summary) float64
}{
	{"mean", func(s *simulate.Summary) float64 { return s.Mean() }},
	{"p50", func(s *simulate.Summary) float64 { return float64(s.Quantile(0.5)) }},
	{"p90", func(s *simulate.Summary) float64 { return float64(s.Quantile(0.9)) }},
	{"p95", func(s *simulate.Summary) float64 { return float64(s.Quantile(0.95)) }},
	{"p99", func(s *simulate.Summary) float64 { return float64(s.Quantile(0.99)) }},
	{"p999", func(s *simulate.Summary) float64 { return float64(s.Quantile(0.999)) }},
	{"max", func(s *simulate.Summary) float64 { return float64(s.Max()) }},
}

// Statistics are the names of what an SLO may limit.
func Statistics() []string {
	names := make([]string, len(statistics))
	for i := range statistics {
		names[i] = statistics[i].name
	}
	return names
}

// ParseSLO reads p99=10ms, or queue_wait.p99=1ms.
func ParseSLO(text string) (SLO, error) {
	refuse := fmt.Errorf("--slo: %q is not allowed; want STATISTIC=LIMIT or METRIC.STATISTIC=LIMIT, such as p99=10ms or queue_wait.p999=1ms; "+
		"METRIC is latency (default) or queue_wait, STATISTIC one of %s, LIMIT a duration of more than 0 and at most 1h", text, strings.Join(Statistics(), ", "))
	what, limit, _ := strings.Cut(text, "=")
	metric, statistic, ok := strings.Cut(what, ".")
	if !ok {
		metric, statistic = "latency", what
	}
	d, err := time.ParseDuration(limit)
	slo := SLO{metric, statistic, d}
	if err != nil || d <= 0 || d > time.Hour || slo.metric() < 0 || slo.statistic() < 0 {
		return SLO{}, refuse
	}
	return slo, nil
}

// String is the SLO as ParseSLO reads it.
func (s SLO) String() string { return s.Metric + "." + s.Statistic + "=" + s.Limit.String() }

func (s SLO) metric() int {
	for i := range metrics {
		if metrics[i].name == s.Metric {
			return i
		}
	}
	return -1
}

func (s SLO) statistic() int {
	for i := range statistics {
		if statistics[i].name == s.Statistic {
			return i
		}
	}
	return -1
}

// of is what the SLO limits, in ns.
func (s SLO) of(r *simulate.Result) float64 {
	return statistics[s.statistic()].of(metrics[s.metric()].of(r))
}
