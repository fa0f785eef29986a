// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/google/uuid"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/receiver"
	"go.uber.org/zap"

	"github.com/runtimelab/otelcol-runtimelab/internal/gate"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/fleet"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

const (
	// drainGrace is how long a stop waits for a pipeline that takes nothing before what is left is given up.
	drainGrace = 4 * time.Second
	// drainMost is how long it waits for one that takes something now and then.
	drainMost = 30 * time.Second
	// abandonGrace is how long a pipeline may take to return a request that is given up.
	abandonGrace = 500 * time.Millisecond
	// drainLimit bounds the virtual time in which requests in flight may end, and late exports arrive, after the run's duration.
	drainLimit = sim.Time(time.Minute)

	// onTime is how far it may be behind and count as on schedule again. It is well below tooLate: a load that is about as fast as the
	// machine would else fill the log with the two messages in turn.
	onTime = 100 * time.Millisecond
)

// loadReceiver paces a fleet. One goroutine plays it, slice by slice; another hands what the fleet exports to the pipelines of the
// signals that were asked for. It is one component for each of these; the first Shutdown ends it for all, while all that comes
// after it in any pipeline still runs.
type loadReceiver struct {
	delivery
	releases []func() (last bool) // of the factory, one for each component

	mu                   sync.Mutex
	begun, stopped, shut bool

	running sync.WaitGroup
	stop    context.CancelFunc // no further slices
	abandon context.CancelFunc // give up the requests in hand
	ended   chan struct{}      // the run is over
	behind  bool               // the log has said last that the load is late
	live    bool               // what is past has been played
	counted counts
}

// counts of the fleet that the telemetry has been told.
type counts struct {
	arrivals uint64
	shed     uint64
	sdkDrops [semconv.NumSignals]uint64
}

func newReceiver(set receiver.Settings, cfg *Config) (*loadReceiver, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	// A stack trace would say where this receiver is, which a log line about a pipeline is not about.
	logger := set.Logger.WithOptions(zap.AddStacktrace(zap.DPanicLevel))
	return &loadReceiver{delivery: delivery{config: cfg, telemetry: telemetry, logger: logger}, ended: make(chan struct{})}, nil
}

// Start prepares the run when all signals' components have been started. It begins at once, unless an extension knows when all
// pipelines run.
func (r *loadReceiver) Start(_ context.Context, host component.Host) error {
	if ready, err := r.prepare(host); err != nil || !ready {
		return err
	}
	for _, extension := range host.GetExtensions() {
		if keeper, ok := extension.(gate.Keeper); ok {
			keeper.Enter(r)
			return nil
		}
	}
	r.Begin() //nolint:contextcheck // the run outlives Start's context
	return nil
}

// prepare makes the fleet, if this is the last of the signals' components to be started.
func (r *loadReceiver) prepare(host component.Host) (ready bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hosts = append(r.hosts, host)
	if len(r.hosts) < len(r.releases) || r.stopped {
		return false, nil
	}
	r.fleet, err = r.config.fleet(r.runID(), r.wanted())
	return err == nil, err
}

// Begin implements gate.Generator: virtual time 0 is now.
func (r *loadReceiver) Begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped || r.begun {
		return
	}
	r.begun = true
	// It ends by End: first no further slices, then, if need be, the requests in hand.
	requests, abandon := context.WithCancel(context.Background())
	slices, stop := context.WithCancel(requests)
	r.stop, r.abandon = stop, abandon
	epoch := time.Now().Add(-r.config.Backfill)
	r.live = r.config.Backfill == 0
	r.running.Go(func() {
		defer close(r.ended)
		r.run(slices, requests, epoch)
	})
}

// Ended implements gate.Generator.
func (r *loadReceiver) Ended() <-chan struct{} { return r.ended }

// runID names the run.
func (r *loadReceiver) runID() string {
	if r.config.RunID != "" {
		return r.config.RunID
	}
	// Two that start at the same moment are told apart by the rest, which always has the same length.
	return fmt.Sprintf("%d-%s-%s", r.config.Seed, time.Now().UTC().Format("20060102T150405.000000000"), uuid.NewString()[:8])
}

func (r *loadReceiver) wanted() (signals []fleet.Signal) {
	for _, s := range r.sinks {
		if s != nil {
			signals = append(signals, s.signal)
		}
	}
	return signals
}

// End implements gate.Generator. It waits for the pipelines to take what the services' SDKs still hold, for as long as they take some of
// it within drainGrace, no longer than drainMost, and until ctx ends. Then it takes the request in hand back. A pipeline that does not let
// go of that is named by the error.
func (r *loadReceiver) End(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return nil
	}
	r.stopped = true
	if !r.begun {
		return nil
	}
	r.stop()
	drained := r.drain(ctx)
	r.abandon()
	if drained {
		return nil
	}
	if !waitFor(context.WithoutCancel(ctx), r.ended, abandonGrace) {
		err := errors.New("the fleet does not stop")
		if h := r.held.Load(); h != nil {
			err = fmt.Errorf("%s: %v, and does not let go of it", h.signal, h)
		}
		r.logger.Error("The stop does not wait any longer", zap.Error(err)) // the Collector tells only when all components have stopped
		return err
	}
	return nil
}

// drain waits for the end of the run, and reports whether it came.
func (r *loadReceiver) drain(ctx context.Context) bool {
	for waited := time.Duration(0); waited < drainMost; waited += drainGrace {
		before := r.settled.Load()
		if waitFor(ctx, r.ended, drainGrace) {
			return true
		}
		if ctx.Err() != nil || r.settled.Load() == before {
			break
		}
	}
	return false
}

// waitFor waits until a channel is closed, and reports whether it was.
func waitFor(ctx context.Context, closed <-chan struct{}, atMost time.Duration) bool {
	limit := time.NewTimer(atMost)
	defer limit.Stop()
	select {
	case <-closed:
		return true
	case <-ctx.Done():
	case <-limit.C:
	}
	return false
}

// Shutdown ends the run, if no extension has done so.
func (r *loadReceiver) Shutdown(ctx context.Context) error {
	err := r.End(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, release := range r.releases {
		release()
	}
	if !r.shut {
		r.shut = true
		r.telemetry.Shutdown()
	}
	return err
}

// slice is what the fleet exported in a stretch of virtual time.
type slice struct {
	end      sim.Time
	requests []fleet.Request
	counts   counts
	live     int // tasks that never end, in the last slice
}

// run hands on what the fleet exports, slice by slice, until it ends. Slice k is due (k+1) times the slices' length after the epoch: an
// absolute schedule, so that a late slice delays no later one.
//
//	play: Advance --slice--> run: wait until due, build, Consume
//	         ^---- buffers ----'
func (r *loadReceiver) run(slices, requests context.Context, epoch time.Time) {
	began := time.Now()
	r.logger.Info("Playing the fleet", zap.Int("processes", r.fleet.Processes()), zap.Duration("slice", r.fleet.SliceLength().Duration()))
	if !r.live {
		r.logger.Info("The past comes first, as fast as the pipeline takes it", zap.Duration("backfill", r.config.Backfill), zap.Time("from", epoch))
	}
	played := make(chan slice)            // while one is handed on, the next is played
	used := make(chan []fleet.Request, 2) // as many may be under way: nobody waits to give one back
	r.running.Go(func() { r.play(slices, played, used) })
	unfinished := 0
	for s := range played {
		if r.config.Clock == ClockRealtime && r.present(requests, epoch.Add(s.end.Duration()), began) {
			r.waitUntil(requests, epoch.Add(s.end.Duration()))
		}
		for i := range s.requests {
			s.requests[i].Past = !r.live
		}
		r.deliver(requests, epoch, s.requests)
		used <- s.requests
		r.count(requests, &s.counts)
		unfinished = s.live
	}
	r.deliver(requests, epoch, r.fleet.EndMarkers(r.wanted()...))

	took := time.Since(began)
	fields := []zap.Field{
		zap.Uint64("requests", r.counted.arrivals), zap.Uint64("requests_shed", r.counted.shed),
		zap.Int("tasks_unfinished", unfinished), zap.Duration("took", took),
	}
	for _, s := range r.sinks {
		if s != nil {
			fields = append(fields, s.totals.fields(s, took)...)
		}
	}
	if !r.live {
		fields = append(fields, zap.Bool("past_only", true))
	}
	level := zap.InfoLevel
	for _, s := range r.sinks {
		if s != nil && s.totals.dropped > 0 {
			level = zap.WarnLevel
		}
	}
	r.logger.Log(level, "The run ended", fields...)
}

// play plays the fleet until its duration is over and all requests have ended, or until slices does.
func (r *loadReceiver) play(slices context.Context, played chan<- slice, used <-chan []fleet.Request) {
	defer close(played)
	length := r.fleet.SliceLength()
	end := sim.Time(r.config.Duration)
	if end == 0 {
		end = sim.Never
	}
	now := sim.Time(0)
	for now < end && slices.Err() == nil {
		now = min(now+length, end)
		r.fleet.Advance(now)
		r.hand(played, used, slice{end: now})
	}
	r.fleet.StopArrivals()
	for slices.Err() == nil && !r.fleet.EndIdle() && now < end+drainLimit {
		now += length
		r.fleet.Advance(now)
		r.hand(played, used, slice{end: now})
	}
	live := r.fleet.Live()
	r.fleet.End()
	r.hand(played, used, slice{end: now, live: live})
	for slices.Err() == nil && r.fleet.Waiting() > 0 && now < end+drainLimit {
		now += length
		r.fleet.Advance(now)
		r.hand(played, used, slice{end: now, live: live})
	}
	if r.fleet.Waiting() > 0 { // it is later than the run may wait for
		r.fleet.Release()
		r.hand(played, used, slice{end: now, live: live})
	}
}

// hand gives a slice to run, which may take as long as the pipelines do, and takes back what run has done with.
func (r *loadReceiver) hand(played chan<- slice, used <-chan []fleet.Request, s slice) {
	s.requests = r.fleet.Requests()
	r.fleet.Discard()
	s.counts = counts{arrivals: r.fleet.Arrivals(), shed: r.fleet.Shed()}
	for signal := range s.counts.sdkDrops {
		s.counts.sdkDrops[signal] = r.fleet.DroppedBySDK(fleet.Signal(signal))
	}
	played <- s
	for {
		select {
		case requests := <-used:
			r.fleet.Recycle(requests)
		default:
			return
		}
	}
}

// present reports whether a slice belongs to the present. It belongs to the past until virtual time has caught up with the clock.
func (r *loadReceiver) present(ctx context.Context, due, began time.Time) bool {
	if r.live {
		return true
	}
	behind := max(time.Since(due), 0)
	r.telemetry.ReceiverSyntheticLoadLag.Record(ctx, behind.Seconds())
	if behind <= onTime {
		r.live = true
		r.logger.Info("The past is over, the load is live", zap.Duration("took", time.Since(began)))
	}
	return r.live
}

// waitUntil waits for a slice's time. It is at most a slice's length away, so that even a stop may wait for it: nothing is sent
// before it has happened.
func (r *loadReceiver) waitUntil(ctx context.Context, due time.Time) {
	if wait := time.Until(due); wait > 0 {
		time.Sleep(wait)
	}
	late := max(time.Since(due), 0)
	r.telemetry.ReceiverSyntheticLoadLateness.Record(ctx, late.Seconds())
	r.telemetry.ReceiverSyntheticLoadLag.Record(ctx, late.Seconds())
	r.late = late
	r.reportLateness()
}

// reportLateness tells the log when the run falls behind its schedule, and when it is on schedule again: a line for each change.
func (r *loadReceiver) reportLateness() {
	switch {
	case r.late > tooLate && !r.behind:
		r.behind = true
		consequence := "Telemetry arrives late; none is dropped for that."
		if r.config.OnBackpressure == BackpressureDrop {
			consequence = "What is more than a second late is dropped (on_backpressure: drop)."
		}
		r.logger.Warn(fmt.Sprintf("The load is %.1f s behind schedule: the pipeline, or this machine, is too slow for it. %s "+
			"To keep up, lower the rate of the services, or find what holds the pipeline up.", r.late.Seconds(), consequence))
	case r.late <= onTime && r.behind:
		r.behind = false
		r.logger.Info("The load is on schedule again")
	}
}

// count tells the telemetry what the fleet has counted up to a slice.
func (r *loadReceiver) count(ctx context.Context, now *counts) {
	r.telemetry.ReceiverSyntheticLoadArrivals.Add(ctx, delta(now.arrivals, &r.counted.arrivals))
	r.telemetry.ReceiverSyntheticLoadShedRequests.Add(ctx, delta(now.shed, &r.counted.shed))
	for _, s := range r.sinks {
		if s != nil {
			if n := delta(now.sdkDrops[s.signal], &r.counted.sdkDrops[s.signal]); n > 0 {
				r.telemetry.ReceiverSyntheticLoadSdkDroppedItems.Add(ctx, n, s.attributes)
			}
		}
	}
}

func delta(now uint64, before *uint64) int64 {
	d := now - *before
	*before = now
	return int64(min(d, math.MaxInt64))
}
