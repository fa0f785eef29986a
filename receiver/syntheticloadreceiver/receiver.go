package syntheticloadreceiver

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/receiver"
	"go.uber.org/zap"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/fleet"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

const (
	// drainGrace is how long Shutdown lets the pipeline take the requests in hand before they are given up.
	drainGrace = 2 * time.Second
	// drainLimit bounds the virtual time in which requests in flight may end after the run's duration.
	drainLimit = sim.Time(time.Minute)

	// tooLate is how far a slice may be behind its schedule before the log says so, and before the policy drop gives it up.
	tooLate = time.Second
)

// loadReceiver paces a fleet. One goroutine plays it, slice by slice; another hands what the fleet exports to the pipelines of the
// signals that were asked for. It is one component for each of these; the first Shutdown ends it for all, while all that comes
// after it in any pipeline still runs.
type loadReceiver struct {
	config    *Config
	telemetry *metadata.TelemetryBuilder
	logger    *zap.Logger
	sinks     [len(signalNames)]*sink // nil: nobody asks for the signal
	releases  []func() (last bool)    // of the factory, one for each component

	mu      sync.Mutex
	hosts   []component.Host // one for each component that was started
	stopped bool

	fleet   *fleet.Fleet
	running sync.WaitGroup
	stop    context.CancelFunc // no further slices
	abandon context.CancelFunc // give up the requests in hand
	late    time.Duration      // of the last slice
	counted counts
}

// counts of the fleet that the telemetry has been told.
type counts struct {
	arrivals uint64
	shed     uint64
	sdkDrops [len(signalNames)]uint64
}

func newReceiver(set receiver.Settings, cfg *Config) (*loadReceiver, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	return &loadReceiver{config: cfg, telemetry: telemetry, logger: set.Logger}, nil
}

// Start begins the run when all signals' components have been started; virtual time 0 is then.
func (r *loadReceiver) Start(ctx context.Context, host component.Host) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hosts = append(r.hosts, host)
	if len(r.hosts) < len(r.releases) || r.stopped {
		return nil
	}
	epoch := time.Now()
	f, err := r.config.fleet(r.runID(epoch), r.wanted())
	if err != nil {
		return err
	}
	r.fleet = f
	// The run outlives Start's context. It ends by Shutdown: first no further slices, then, if need be, the requests in hand.
	requests, abandon := context.WithCancel(context.WithoutCancel(ctx))
	slices, stop := context.WithCancel(requests)
	r.stop, r.abandon = stop, abandon
	r.running.Go(func() { r.run(slices, requests, epoch) })
	return nil
}

// runID names the run for load_verify, if it is to be verified.
func (r *loadReceiver) runID(epoch time.Time) string {
	switch {
	case !r.config.Verify:
		return ""
	case r.config.RunID != "":
		return r.config.RunID
	default:
		return fmt.Sprintf("%d-%s", r.config.Seed, epoch.UTC().Format("20060102T150405.000000000"))
	}
}

func (r *loadReceiver) wanted() (signals []fleet.Signal) {
	for _, s := range r.sinks {
		if s != nil {
			signals = append(signals, s.signal)
		}
	}
	return signals
}

// Shutdown ends the run. It waits for the pipelines to take what the services' SDKs still hold: until ctx ends, and no longer than
// drainGrace.
func (r *loadReceiver) Shutdown(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return nil
	}
	r.stopped = true
	for _, release := range r.releases {
		release()
	}
	if r.stop != nil {
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
	}
	r.telemetry.Shutdown()
	return nil
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
	r.logger.Info("Playing the fleet", zap.Int("services", len(r.config.Services)), zap.Duration("slice", r.fleet.SliceLength().Duration()))
	played := make(chan slice)            // while one is handed on, the next is played
	used := make(chan []fleet.Request, 2) // as many may be under way: nobody waits to give one back
	r.running.Go(func() { r.play(slices, played, used) })
	unfinished := 0
	for s := range played {
		if r.config.Clock == ClockRealtime {
			r.waitUntil(requests, epoch.Add(s.end.Duration()))
		}
		r.deliver(requests, epoch, s.requests)
		used <- s.requests
		r.count(requests, &s.counts)
		unfinished = s.live
	}
	r.deliver(requests, epoch, r.fleet.EndMarkers(r.wanted()...))

	took := time.Since(epoch)
	fields := []zap.Field{
		zap.Uint64("requests", r.counted.arrivals), zap.Uint64("requests_shed", r.counted.shed),
		zap.Int("tasks_unfinished", unfinished), zap.Duration("took", took),
	}
	for _, s := range r.sinks {
		if s != nil {
			fields = append(fields, s.totals.fields(s, took)...)
		}
	}
	r.logger.Info("The run ended", fields...)
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

// waitUntil waits for a slice's time. It is at most a slice's length away, so that even a stop may wait for it: nothing is sent
// before it has happened.
func (r *loadReceiver) waitUntil(ctx context.Context, due time.Time) {
	if wait := time.Until(due); wait > 0 {
		time.Sleep(wait)
	}
	late := max(time.Since(due), 0)
	r.telemetry.ReceiverSyntheticLoadLateness.Record(ctx, late.Seconds())
	r.telemetry.ReceiverSyntheticLoadLag.Record(ctx, late.Seconds())
	switch was := r.late > tooLate; {
	case late > tooLate && !was:
		r.logger.Warn("Behind schedule: the pipeline, or this machine, is slower than the load. Telemetry comes late.",
			zap.Duration("late", late))
	case late <= tooLate && was:
		r.logger.Info("On schedule again")
	}
	r.late = late
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

// report tells the Collector how the receiver is.
func (r *loadReceiver) report(event func() *componentstatus.Event) {
	for _, host := range r.hosts {
		componentstatus.ReportStatus(host, event())
	}
}
