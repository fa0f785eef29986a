package syntheticloadreceiver

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v7"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
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

// signalNames are the values of the attribute `signal`, by signal.
var signalNames = [...]string{fleet.Traces: "traces", fleet.Metrics: "metrics", fleet.Logs: "logs"}

// itemNames are what a signal's items are called in the log.
var itemNames = [...]string{fleet.Traces: "spans", fleet.Metrics: "data_points", fleet.Logs: "log_records"}

// sink is the pipeline of one signal.
type sink struct {
	signal     fleet.Signal
	attributes metric.MeasurementOption
	consume    func(context.Context, *fleet.Request, time.Time) error
	totals     totals
	refusing   bool // the pipeline refused the last request; logged on change only
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
		attributes: metric.WithAttributeSet(attribute.NewSet(attribute.String("signal", signalNames[signal]))),
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
	s.consume = func(ctx context.Context, request *fleet.Request, epoch time.Time) error {
		ctx = obsreport.StartTracesOp(ctx)
		err := next.ConsumeTraces(ctx, r.fleet.Traces(request, epoch))
		obsreport.EndTracesOp(ctx, format, request.Items, err)
		return err
	}
	return nil
}

func (r *loadReceiver) attachMetrics(set receiver.Settings, next consumer.Metrics) error {
	s, obsreport, err := r.attach(fleet.Metrics, set)
	if err != nil {
		return err
	}
	s.consume = func(ctx context.Context, request *fleet.Request, epoch time.Time) error {
		ctx = obsreport.StartMetricsOp(ctx)
		err := next.ConsumeMetrics(ctx, r.fleet.Metrics(request, epoch))
		obsreport.EndMetricsOp(ctx, format, request.Items, err)
		return err
	}
	return nil
}

func (r *loadReceiver) attachLogs(set receiver.Settings, next consumer.Logs) error {
	s, obsreport, err := r.attach(fleet.Logs, set)
	if err != nil {
		return err
	}
	s.consume = func(ctx context.Context, request *fleet.Request, epoch time.Time) error {
		ctx = obsreport.StartLogsOp(ctx)
		err := next.ConsumeLogs(ctx, r.fleet.Logs(request, epoch))
		obsreport.EndLogsOp(ctx, format, request.Items, err)
		return err
	}
	return nil
}

// deliver hands on requests.
func (r *loadReceiver) deliver(ctx context.Context, epoch time.Time, requests []fleet.Request) {
	for i := range requests {
		request := &requests[i]
		s := r.sinks[request.Signal]
		r.telemetry.ReceiverSyntheticLoadOfferedItems.Add(ctx, int64(request.Items), s.attributes)
		r.telemetry.ReceiverSyntheticLoadQueuedItems.Record(ctx, int64(request.Items), s.attributes)
		if r.late > tooLate {
			r.telemetry.ReceiverSyntheticLoadLateItems.Add(ctx, int64(request.Items), s.attributes)
		}
		if r.offer(ctx, s, request, epoch) {
			s.totals.emitted += request.Items
			r.telemetry.ReceiverSyntheticLoadEmittedItems.Add(ctx, int64(request.Items), s.attributes)
		} else {
			s.totals.dropped += request.Items
			r.telemetry.ReceiverSyntheticLoadDroppedItems.Add(ctx, int64(request.Items), s.attributes)
			r.fleet.Drop(request)
		}
		r.telemetry.ReceiverSyntheticLoadQueuedItems.Record(ctx, 0, s.attributes)
	}
}

// offer hands a request to the pipeline, as often as the policy says, and reports whether it was taken.
//
// Each attempt builds it anew: after Consume the data belongs to the pipeline, refused or not.
func (r *loadReceiver) offer(ctx context.Context, s *sink, request *fleet.Request, epoch time.Time) bool {
	drops := r.config.OnBackpressure == BackpressureDrop
	if drops && r.late > tooLate {
		return false
	}
	retry := backoff.NewExponentialBackOff()
	retry.InitialInterval, retry.MaxInterval = retryFirst, retryMost
	for {
		err := s.consume(ctx, request, epoch)
		r.reportRefusal(s, err)
		switch {
		case err == nil:
			return true
		case consumererror.IsPermanent(err), drops, ctx.Err() != nil:
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
	}
}

// reportRefusal logs and reports when a pipeline begins to refuse, and when it takes items again.
func (r *loadReceiver) reportRefusal(s *sink, err error) {
	switch refused := err != nil; {
	case refused == s.refusing:
	case refused:
		s.refusing = true
		r.logger.Warn("The pipeline refuses "+signalNames[s.signal],
			zap.String("on_backpressure", string(r.config.OnBackpressure)), zap.Error(err))
		r.report(func() *componentstatus.Event { return componentstatus.NewRecoverableErrorEvent(err) })
	default:
		s.refusing = false
		r.logger.Info("The pipeline takes " + signalNames[s.signal] + " again")
		r.report(func() *componentstatus.Event { return componentstatus.NewEvent(componentstatus.StatusOK) })
	}
}
