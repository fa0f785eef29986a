// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/cenkalti/backoff/v7"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
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

const (
	retryFirst = 10 * time.Millisecond
	retryMost  = 5 * time.Second
)

// itemNames are what a signal's items are called in the log.
var itemNames = [...]string{fleet.Traces: "spans", fleet.Metrics: "data_points", fleet.Logs: "log_records"}

// sink is the pipeline of one signal.
type sink struct {
	signal     fleet.Signal
	attributes metric.MeasurementOption
	build      func(*fleet.Request, time.Time) batch
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

// attach gives a signal its pipeline.
func (r *loadReceiver) attach(signal fleet.Signal, set receiver.Settings) (*sink, *receiverhelper.ObsReport, error) {
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
	r.sinks[signal] = s
	return s, obsreport, nil
}

const format = "virtual"

func (r *loadReceiver) attachTraces(set receiver.Settings, next consumer.Traces) error {
	s, obsreport, err := r.attach(fleet.Traces, set)
	if err != nil {
		return err
	}
	var sizer ptrace.ProtoMarshaler
	s.build = func(request *fleet.Request, epoch time.Time) batch {
		td := r.fleet.Traces(request, epoch)
		return batch{sizer.TracesSize(td), func(ctx context.Context) error {
			ctx = obsreport.StartTracesOp(ctx)
			err := next.ConsumeTraces(ctx, td)
			obsreport.EndTracesOp(ctx, format, request.Items, err)
			return err
		}}
	}
	return nil
}

func (r *loadReceiver) attachMetrics(set receiver.Settings, next consumer.Metrics) error {
	s, obsreport, err := r.attach(fleet.Metrics, set)
	if err != nil {
		return err
	}
	var sizer pmetric.ProtoMarshaler
	s.build = func(request *fleet.Request, epoch time.Time) batch {
		md := r.fleet.Metrics(request, epoch)
		return batch{sizer.MetricsSize(md), func(ctx context.Context) error {
			ctx = obsreport.StartMetricsOp(ctx)
			err := next.ConsumeMetrics(ctx, md)
			obsreport.EndMetricsOp(ctx, format, request.Items, err)
			return err
		}}
	}
	return nil
}

func (r *loadReceiver) attachLogs(set receiver.Settings, next consumer.Logs) error {
	s, obsreport, err := r.attach(fleet.Logs, set)
	if err != nil {
		return err
	}
	var sizer plog.ProtoMarshaler
	s.build = func(request *fleet.Request, epoch time.Time) batch {
		ld := r.fleet.Logs(request, epoch)
		return batch{sizer.LogsSize(ld), func(ctx context.Context) error {
			ctx = obsreport.StartLogsOp(ctx)
			err := next.ConsumeLogs(ctx, ld)
			obsreport.EndLogsOp(ctx, format, request.Items, err)
			return err
		}}
	}
	return nil
}

// deliver hands on requests, each in pieces that are as large as is allowed.
func (r *loadReceiver) deliver(ctx context.Context, epoch time.Time, requests []fleet.Request) {
	for i := range requests {
		rest := requests[i]
		s := r.sinks[rest.Signal]
		for {
			n := s.fit(r.config.MaxRequestBytes)
			if rest.Items <= n {
				break
			}
			var piece fleet.Request
			if piece, rest = rest.Cut(n); rest.Items == 0 {
				rest = piece
				break
			}
			r.deliverPiece(ctx, s, &piece, epoch)
		}
		r.deliverPiece(ctx, s, &rest, epoch)
	}
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

// deliverPiece hands on a request. If it is larger than is allowed, it does so in two pieces.
func (r *loadReceiver) deliverPiece(ctx context.Context, s *sink, request *fleet.Request, epoch time.Time) {
	defer r.settled.Add(1)
	drops := r.config.OnBackpressure == BackpressureDrop && r.late > tooLate || ctx.Err() != nil // the stop has given up the rest
	var built batch
	if !drops {
		limit := r.config.MaxRequestBytes
		built = s.build(request, epoch)
		s.learn(built.size, request.Items, limit)
		if n := s.fit(limit); built.size > limit && n < request.Items {
			if first, second := request.Cut(n); second.Items > 0 {
				r.deliverPiece(ctx, s, &first, epoch)
				r.deliverPiece(ctx, s, &second, epoch)
				return
			}
		}
	}
	r.telemetry.ReceiverSyntheticLoadOfferedItems.Add(ctx, int64(request.Items), s.attributes)
	r.telemetry.ReceiverSyntheticLoadQueuedItems.Record(ctx, int64(request.Items), s.attributes)
	if r.late > tooLate {
		r.telemetry.ReceiverSyntheticLoadLateItems.Add(ctx, int64(request.Items), s.attributes)
	}
	if !drops && r.offer(ctx, s, request, built, epoch) {
		s.totals.emitted += request.Items
		r.telemetry.ReceiverSyntheticLoadEmittedItems.Add(ctx, int64(request.Items), s.attributes)
	} else {
		s.totals.dropped += request.Items
		r.telemetry.ReceiverSyntheticLoadDroppedItems.Add(ctx, int64(request.Items), s.attributes)
		r.fleet.Drop(request)
	}
	r.telemetry.ReceiverSyntheticLoadQueuedItems.Record(ctx, 0, s.attributes)
}

// offer hands a request to the pipeline, as often as the policy says, and reports whether it was taken.
//
// Each further attempt builds it anew: after Consume the data belongs to the pipeline, refused or not.
func (r *loadReceiver) offer(ctx context.Context, s *sink, request *fleet.Request, built batch, epoch time.Time) bool {
	retry := backoff.NewExponentialBackOff()
	retry.InitialInterval, retry.MaxInterval = retryFirst, retryMost
	r.held.Store(&held{signal: s.signal, items: request.Items, since: time.Now()})
	defer r.held.Store(nil)
	for {
		err := built.consume(ctx)
		r.reportRefusal(s, err)
		switch {
		case err == nil:
			return true
		case consumererror.IsPermanent(err):
			r.reportLoss(s, request.Items, built.size, err)
			return false
		case r.config.OnBackpressure == BackpressureDrop, ctx.Err() != nil:
			return false
		}
		wait := time.NewTimer(retry.NextBackOff())
		select {
		case <-ctx.Done():
			wait.Stop()
			return false
		case <-wait.C:
		}
		r.telemetry.ReceiverSyntheticLoadRetries.Add(ctx, 1, s.attributes)
		built = s.build(request, epoch)
	}
}

// held is the request that a pipeline is taking.
type held struct {
	signal fleet.Signal
	items  int
	since  time.Time
}

func (h *held) String() string {
	return fmt.Sprintf("the pipeline has held a request of %d %s for %v", h.items, itemNames[h.signal], time.Since(h.since).Round(time.Millisecond))
}

// lossInterval is the least time between two log lines about losses of a signal: the first says it all, the rest how many more.
const lossInterval = 10 * time.Second

// reportLoss tells of items that the pipeline has refused for good. Nothing will bring them back.
func (r *loadReceiver) reportLoss(s *sink, items, size int, err error) {
	s.lost += items
	if now := time.Now(); s.lossTold.IsZero() || now.Sub(s.lossTold) >= lossInterval {
		s.lossTold = now
		r.logger.Error("LOST: the pipeline refuses "+s.signal.String()+" for good. They are counted as dropped, not as emitted.",
			zap.Int(itemNames[s.signal]+"_lost", s.lost), zap.Int("request_bytes", size),
			zap.Int("max_request_bytes", r.config.MaxRequestBytes), zap.Error(err))
	}
}

// reportRefusal logs and reports when a pipeline begins to refuse, and when it takes items again.
func (r *loadReceiver) reportRefusal(s *sink, err error) {
	switch refused := err != nil; {
	case refused == s.refusing:
	case refused:
		s.refusing = true
		r.logger.Warn("The pipeline refuses "+s.signal.String(),
			zap.String("on_backpressure", string(r.config.OnBackpressure)), zap.Error(err))
		r.report(func() *componentstatus.Event { return componentstatus.NewRecoverableErrorEvent(err) })
	default:
		s.refusing = false
		r.logger.Info("The pipeline takes " + s.signal.String() + " again")
		r.report(func() *componentstatus.Event { return componentstatus.NewEvent(componentstatus.StatusOK) })
	}
}
