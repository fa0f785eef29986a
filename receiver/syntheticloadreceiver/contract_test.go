// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// TestConsumeContract is the Collector's own check of a receiver, for each signal: whatever the consumer refuses, for the moment or for
// good, each item is taken or dropped in the end. The check knows an item by an attribute; the consumer in front of it makes that of the
// item's stamp.
func TestConsumeContract(t *testing.T) {
	cfg := fleetOfThree(func(c *Config) {
		unpaced(time.Second)(c)
		c.Verify, c.RunID = true, "contract"
	})
	all := map[pipeline.Signal]*contractGenerator{
		pipeline.SignalTraces: {}, pipeline.SignalMetrics: {}, pipeline.SignalLogs: {},
	}
	for _, r := range startAll(t, receivertest.NewNopSettings(metadata.Type), cfg,
		identifyTraces(t, consumertest.NewNop(), all[pipeline.SignalTraces].add),
		identifyMetrics(t, consumertest.NewNop(), all[pipeline.SignalMetrics].add),
		identifyLogs(t, consumertest.NewNop(), all[pipeline.SignalLogs].add)) {
		r.(*loadReceiver).running.Wait()
		require.NoError(t, r.Shutdown(t.Context()))
	}
	ignore := func(receivertest.UniqueIDAttrVal) {}
	factory := receiver.NewFactory(metadata.Type, createDefaultConfig,
		receiver.WithTraces(func(ctx context.Context, set receiver.Settings, c component.Config, next consumer.Traces) (receiver.Traces, error) {
			return NewFactory().CreateTraces(ctx, set, c, identifyTraces(t, next, ignore))
		}, metadata.TracesStability),
		receiver.WithMetrics(func(ctx context.Context, set receiver.Settings, c component.Config, next consumer.Metrics) (receiver.Metrics, error) {
			return NewFactory().CreateMetrics(ctx, set, c, identifyMetrics(t, next, ignore))
		}, metadata.MetricsStability),
		receiver.WithLogs(func(ctx context.Context, set receiver.Settings, c component.Config, next consumer.Logs) (receiver.Logs, error) {
			return NewFactory().CreateLogs(ctx, set, c, identifyLogs(t, next, ignore))
		}, metadata.LogsStability))
	for signal, g := range all {
		t.Run(signal.String(), func(t *testing.T) {
			require.Greater(t, len(g.ids), 50)
			receivertest.CheckConsumeContract(receivertest.CheckConsumeContractParams{
				T: t, Factory: factory, Signal: signal, Config: cfg, Generator: g, GenerateCount: len(g.ids),
			})
		})
	}
}

// contractGenerator hands the check the ids of the items that the receiver under test makes: those of a run of the same
// configuration, which is deterministic.
type contractGenerator struct {
	mu   sync.Mutex
	ids  []receivertest.UniqueIDAttrVal
	next int
}

func (g *contractGenerator) add(id receivertest.UniqueIDAttrVal) { g.ids = append(g.ids, id) }

func (g *contractGenerator) Start() { g.next = 0 }
func (g *contractGenerator) Stop()  {}

func (g *contractGenerator) Generate() []receivertest.UniqueIDAttrVal {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next++
	return g.ids[g.next-1 : g.next]
}

// identify names an item after its stamp. End markers have no number.
func identify(attributes pcommon.Map, found func(receivertest.UniqueIDAttrVal)) {
	source, _ := attributes.Get(semconv.StampSource)
	id := source.Str() + "/end"
	if number, ok := attributes.Get(semconv.StampSequence); ok {
		id = source.Str() + "/" + strconv.FormatInt(number.Int(), 10)
	}
	attributes.PutStr(receivertest.UniqueIDAttrName, id)
	found(receivertest.UniqueIDAttrVal(id))
}

func identifyTraces(t *testing.T, next consumer.Traces, found func(receivertest.UniqueIDAttrVal)) consumer.Traces {
	t.Helper()
	c, err := consumer.NewTraces(func(ctx context.Context, td ptrace.Traces) error {
		eachSpan([]ptrace.Traces{td}, func(s ptrace.Span) { identify(s.Attributes(), found) })
		return next.ConsumeTraces(ctx, td)
	})
	require.NoError(t, err)
	return c
}

func identifyMetrics(t *testing.T, next consumer.Metrics, found func(receivertest.UniqueIDAttrVal)) consumer.Metrics {
	t.Helper()
	c, err := consumer.NewMetrics(func(ctx context.Context, md pmetric.Metrics) error {
		for _, rm := range md.ResourceMetrics().All() {
			for _, sm := range rm.ScopeMetrics().All() {
				for _, m := range sm.Metrics().All() {
					switch m.Type() {
					case pmetric.MetricTypeGauge:
						for _, p := range m.Gauge().DataPoints().All() {
							identify(p.Attributes(), found)
						}
					case pmetric.MetricTypeSum:
						for _, p := range m.Sum().DataPoints().All() {
							identify(p.Attributes(), found)
						}
					case pmetric.MetricTypeExponentialHistogram:
						for _, p := range m.ExponentialHistogram().DataPoints().All() {
							identify(p.Attributes(), found)
						}
					default: // the receiver has no others; the check would miss the attribute
					}
				}
			}
		}
		return next.ConsumeMetrics(ctx, md)
	})
	require.NoError(t, err)
	return c
}

func identifyLogs(t *testing.T, next consumer.Logs, found func(receivertest.UniqueIDAttrVal)) consumer.Logs {
	t.Helper()
	c, err := consumer.NewLogs(func(ctx context.Context, ld plog.Logs) error {
		for _, rl := range ld.ResourceLogs().All() {
			for _, sl := range rl.ScopeLogs().All() {
				for _, record := range sl.LogRecords().All() {
					identify(record.Attributes(), found)
				}
			}
		}
		return next.ConsumeLogs(ctx, ld)
	})
	require.NoError(t, err)
	return c
}
