// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"context"
	"math"
	"time"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receiverhelper"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/fleet"
)

// itemNames are what a signal's items are called in the log.
var itemNames = [...]string{fleet.Traces: "spans", fleet.Metrics: "data_points", fleet.Logs: "log_records"}

// sink is the pipeline of one signal.
type sink struct {
	signal     fleet.Signal
	attributes metric.MeasurementOption
	build      func(*fleet.Fleet, *fleet.Request, time.Time) batch
	perItem    int // bytes of OTLP that an item of the largest requests takes, 0: not known yet
	totals     totals
	refusing   bool // the pipeline refused the last request; logged on change only
	lost       int  // items that it refused for good
	lossTold   time.Time
}

// batch is a request as it is handed on, once.
type batch struct {
	size    int // bytes of OTLP
	consume func(context.Context) error
}

// totals of a run, in spans, data points or log records.
type totals struct {
	emitted, dropped int
}

func (t *totals) fields(s *sink, took time.Duration) []zap.Field {
	name := itemNames[s.signal]
	return []zap.Field{
		zap.Int(name+"_emitted", t.emitted), zap.Int(name+"_dropped", t.dropped),
		zap.Int(name+"_per_second", int(float64(t.emitted)/took.Seconds())),
	}
}

// newSink is the pipeline of a signal, and what reports what the Collector counts of every receiver.
func newSink(signal fleet.Signal, set receiver.Settings) (*sink, *receiverhelper.ObsReport, error) {
	obsreport, err := receiverhelper.NewObsReport(receiverhelper.ObsReportSettings{
		ReceiverID: set.ID, Transport: "simulation", LongLivedCtx: true, ReceiverCreateSettings: set,
	})
	if err != nil {
		return nil, nil, err
	}
	s := &sink{
		signal:     signal,
		attributes: metric.WithAttributeSet(attribute.NewSet(attribute.String("signal", signal.String()))),
	}
	return s, obsreport, nil
}

const format = "virtual"

func newTracesSink(set receiver.Settings, next consumer.Traces) (*sink, error) {
	s, obsreport, err := newSink(fleet.Traces, set)
	if err != nil {
		return nil, err
	}
	var sizer ptrace.ProtoMarshaler
	s.build = func(from *fleet.Fleet, request *fleet.Request, epoch time.Time) batch {
		td := from.Traces(request, epoch)
		return batch{sizer.TracesSize(td), func(ctx context.Context) error {
			ctx = obsreport.StartTracesOp(ctx)
			err := next.ConsumeTraces(ctx, td)
			obsreport.EndTracesOp(ctx, format, request.Items, err)
			return err
		}}
	}
	return s, nil
}

func newMetricsSink(set receiver.Settings, next consumer.Metrics) (*sink, error) {
	s, obsreport, err := newSink(fleet.Metrics, set)
	if err != nil {
		return nil, err
	}
	var sizer pmetric.ProtoMarshaler
	s.build = func(from *fleet.Fleet, request *fleet.Request, epoch time.Time) batch {
		md := from.Metrics(request, epoch)
		return batch{sizer.MetricsSize(md), func(ctx context.Context) error {
			ctx = obsreport.StartMetricsOp(ctx)
			err := next.ConsumeMetrics(ctx, md)
			obsreport.EndMetricsOp(ctx, format, request.Items, err)
			return err
		}}
	}
	return s, nil
}

func newLogsSink(set receiver.Settings, next consumer.Logs) (*sink, error) {
	s, obsreport, err := newSink(fleet.Logs, set)
	if err != nil {
		return nil, err
	}
	var sizer plog.ProtoMarshaler
	s.build = func(from *fleet.Fleet, request *fleet.Request, epoch time.Time) batch {
		ld := from.Logs(request, epoch)
		return batch{sizer.LogsSize(ld), func(ctx context.Context) error {
			ctx = obsreport.StartLogsOp(ctx)
			err := next.ConsumeLogs(ctx, ld)
			obsreport.EndLogsOp(ctx, format, request.Items, err)
			return err
		}}
	}
	return s, nil
}

// fit is how many items make a request of so many bytes, by those before. It aims a tenth lower: a request that turns out
// too large has to be built again.
func (s *sink) fit(bytes int) int {
	if s.perItem == 0 {
		return math.MaxInt
	}
	return max(bytes/10*9/s.perItem, 1)
}

// learn notes the size of a request. In small ones the resource is most, which says nothing about large ones; but one that was cut
// and is small says that items were larger for a while.
func (s *sink) learn(size, items, limit int) {
	switch measured := size/items + 1; {
	case size > limit/4:
		s.perItem = measured
	case items >= s.fit(limit):
		s.perItem = max(measured, s.perItem/2)
	}
}
