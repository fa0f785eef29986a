// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/tally"
)

// counts are what the receiver says of itself by metrics.
type counts struct {
	signals       map[string]tally.Receiver // by the attribute `signal`
	arrived, shed int64
	sdkDropped    int64
	lag, worstLag time.Duration
}

const prefix = "otelcol_receiver_synthetic_load_"

// read reads the receiver's metrics.
func read(ctx context.Context, from *metric.ManualReader) (counts, error) {
	c := counts{signals: map[string]tally.Receiver{}}
	var all metricdata.ResourceMetrics
	if err := from.Collect(ctx, &all); err != nil {
		return c, err
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			c.take(&m)
		}
	}
	return c, nil
}

func (c *counts) take(m *metricdata.Metrics) {
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, point := range data.DataPoints {
			c.takeSum(m.Name, point.Attributes, point.Value)
		}
	case metricdata.Gauge[float64]:
		for _, point := range data.DataPoints {
			if m.Name == prefix+"lag" {
				c.lag = seconds(point.Value)
			}
		}
	case metricdata.Histogram[float64]:
		for _, point := range data.DataPoints {
			if most, known := point.Max.Value(); known && m.Name == prefix+"lateness" {
				c.worstLag = seconds(most)
			}
		}
	}
}

func (c *counts) takeSum(name string, attributes attribute.Set, n int64) {
	signal, _ := attributes.Value("signal")
	s := c.signals[signal.AsString()]
	switch name {
	case prefix + "arrivals":
		c.arrived = n
	case prefix + "shed_requests":
		c.shed = n
	case prefix + "sdk_dropped_items":
		c.sdkDropped += n
	case prefix + "offered_items":
		s.Offered = n
	case prefix + "emitted_items":
		s.Emitted = n
	case prefix + "dropped_items":
		s.Dropped = n
	}
	c.signals[signal.AsString()] = s
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
