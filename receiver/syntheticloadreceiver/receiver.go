package syntheticloadreceiver

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v7"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receiverhelper"
	"go.uber.org/zap"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/fleet"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

const (
	// drainGrace is how long Shutdown lets the pipeline take the batch in hand before it is given up.
	drainGrace = 2 * time.Second
	// drainLimit bounds the virtual time in which requests in flight may end after the run's duration.
	drainLimit = sim.Time(time.Minute)

	// tooLate is how far a slice may be behind its schedule before the log says so.
	tooLate = time.Second

	retryFirst = 10 * time.Millisecond
	retryMost  = 5 * time.Second
)

// tracesReceiver paces a fleet. One goroutine plays it, slice by slice, and hands each slice's spans to the next consumer.
type tracesReceiver struct {
	config    *Config
	fleet     *fleet.Fleet
	next      consumer.Traces
	obsreport *receiverhelper.ObsReport
	telemetry *metadata.TelemetryBuilder
	logger    *zap.Logger
	host      component.Host

	running  sync.WaitGroup
	stop     context.CancelFunc // no further slices
	abandon  context.CancelFunc // give up the batch in hand
	totals   totals
	refusing bool // the pipeline refused the last batch; logged on change only
	late     bool // the last slice was more than tooLate behind; logged on change only
}

// totals of a run, in spans.
type totals struct {
	emitted, dropped int
}

func newTracesReceiver(set receiver.Settings, cfg *Config, next consumer.Traces) (*tracesReceiver, error) {
	f, err := cfg.fleet()
	if err != nil {
		return nil, err
	}
	obsreport, err := receiverhelper.NewObsReport(receiverhelper.ObsReportSettings{
		ReceiverID: set.ID, Transport: "simulation", LongLivedCtx: true, ReceiverCreateSettings: set,
	})
	if err != nil {
		return nil, err
	}
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	return &tracesReceiver{
		config: cfg, fleet: f, next: next,
		obsreport: obsreport, telemetry: telemetry, logger: set.Logger,
	}, nil
}

// Start begins the run; virtual time 0 is now.
func (r *tracesReceiver) Start(ctx context.Context, host component.Host) error {
	r.host = host
	// The run outlives Start's context. It ends by Shutdown: first no further slices, then, if need be, the batch in hand.
	batch, abandon := context.WithCancel(context.WithoutCancel(ctx))
	slices, stop := context.WithCancel(batch)
	r.stop, r.abandon = stop, abandon
	epoch := time.Now()
	r.running.Go(func() { r.run(slices, batch, epoch) })
	return nil
}

// Shutdown ends the run. It waits for the pipeline to take the batch in hand: until ctx ends, and no longer than drainGrace.
func (r *tracesReceiver) Shutdown(ctx context.Context) error {
	if r.stop == nil {
		return nil
	}
	r.stop()
	ended := make(chan struct{})
	go func() {
		r.running.Wait()
		close(ended)
	}()
	grace := time.NewTimer(drainGrace)
	defer grace.Stop()
	select {
	case <-ended:
	case <-ctx.Done():
	case <-grace.C:
	}
	r.abandon()
	<-ended
	r.telemetry.Shutdown()
	return nil
}

// run plays the fleet until its duration is over or slices ends. Slice k covers virtual time up to (k+1) times the slice's
// length, and is due that long after the epoch: an absolute schedule, so that a late slice delays no later one.
func (r *tracesReceiver) run(slices, batch context.Context, epoch time.Time) {
	length := r.fleet.SliceLength()
	r.logger.Info("Playing the fleet", zap.Int("services", len(r.config.Services)), zap.Duration("slice", length.Duration()))
	end := sim.Time(r.config.Duration)
	if end == 0 {
		end = sim.Never
	}
	for now := sim.Time(0); now < end; {
		now = min(now+length, end)
		r.fleet.Advance(now)
		if !r.waitUntilDue(slices, epoch.Add(now.Duration())) {
			break
		}
		r.emit(batch, epoch)
	}
	if slices.Err() == nil {
		r.finish(slices, batch, epoch, end)
	}
	took := time.Since(epoch)
	r.logger.Info("The run ended",
		zap.Uint64("requests", r.fleet.Requests()),
		zap.Int("spans_emitted", r.totals.emitted),
		zap.Int("spans_dropped", r.totals.dropped),
		zap.Int("tasks_unfinished", r.fleet.Live()),
		zap.Duration("took", took),
		zap.Float64("spans_per_second", math.Round(float64(r.totals.emitted)/took.Seconds())))
}

// finish lets the requests in flight end after the run's duration.
func (r *tracesReceiver) finish(slices, batch context.Context, epoch time.Time, end sim.Time) {
	r.fleet.StopArrivals()
	for now := end; r.fleet.Live() > 0 && now < end+drainLimit; {
		now += r.fleet.SliceLength()
		r.fleet.Advance(now)
		if !r.waitUntilDue(slices, epoch.Add(now.Duration())) {
			return
		}
		r.emit(batch, epoch)
	}
}

// waitUntilDue waits for a slice's time and reports false if the run was stopped first.
func (r *tracesReceiver) waitUntilDue(slices context.Context, due time.Time) bool {
	if r.config.Clock == ClockUnpaced {
		return slices.Err() == nil
	}
	if wait := time.Until(due); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-slices.Done():
			return false
		case <-timer.C:
		}
	}
	r.recordLateness(slices, max(time.Since(due), 0))
	return slices.Err() == nil
}

func (r *tracesReceiver) recordLateness(ctx context.Context, late time.Duration) {
	r.telemetry.ReceiverSyntheticLoadLateness.Record(ctx, late.Seconds())
	if behind := late > tooLate; behind != r.late {
		r.late = behind
		if behind {
			r.logger.Warn("Behind schedule: the pipeline, or this machine, is slower than the load. Spans come late.",
				zap.Duration("late", late))
		} else {
			r.logger.Info("On schedule again")
		}
	}
}

// emit hands the finished spans to the pipeline, as often as the policy says.
//
// Each attempt builds them anew: after Consume the data belongs to the pipeline, refused or not.
func (r *tracesReceiver) emit(ctx context.Context, epoch time.Time) {
	spans, _, _ := r.fleet.Pending()
	if spans == 0 {
		return
	}
	defer r.fleet.Discard()
	retry := backoff.NewExponentialBackOff()
	retry.InitialInterval, retry.MaxInterval = retryFirst, retryMost
	for {
		err := r.consume(ctx, epoch, spans)
		r.reportStatus(err)
		switch {
		case err == nil:
			r.totals.emitted += spans
			return
		case consumererror.IsPermanent(err), r.config.OnBackpressure == BackpressureDrop, ctx.Err() != nil:
			r.drop(ctx, spans)
			return
		}
		wait := time.NewTimer(retry.NextBackOff())
		select {
		case <-ctx.Done():
			wait.Stop()
			r.drop(ctx, spans)
			return
		case <-wait.C:
		}
		r.telemetry.ReceiverSyntheticLoadRetries.Add(ctx, 1)
	}
}

func (r *tracesReceiver) consume(ctx context.Context, epoch time.Time, spans int) error {
	ctx = r.obsreport.StartTracesOp(ctx)
	err := r.next.ConsumeTraces(ctx, r.fleet.Traces(epoch))
	r.obsreport.EndTracesOp(ctx, "virtual", spans, err)
	return err
}

func (r *tracesReceiver) drop(ctx context.Context, spans int) {
	r.totals.dropped += spans
	r.telemetry.ReceiverSyntheticLoadDroppedSpans.Add(ctx, int64(spans))
}

// reportStatus logs and reports when the pipeline begins to refuse, and when it takes spans again.
func (r *tracesReceiver) reportStatus(err error) {
	switch refused := err != nil; {
	case refused == r.refusing:
	case refused:
		r.refusing = true
		r.logger.Warn("The pipeline refuses spans", zap.String("on_backpressure", string(r.config.OnBackpressure)), zap.Error(err))
		componentstatus.ReportStatus(r.host, componentstatus.NewRecoverableErrorEvent(err))
	default:
		r.refusing = false
		r.logger.Info("The pipeline takes spans again")
		componentstatus.ReportStatus(r.host, componentstatus.NewEvent(componentstatus.StatusOK))
	}
}
