// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v7"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.uber.org/zap"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/fleet"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

const (
	retryFirst = 10 * time.Millisecond
	retryMost  = 5 * time.Second

	// tooLate is how far a slice may be behind its schedule before the log says so, and before the policy drop gives it up.
	tooLate = time.Second
)

// delivery hands what a fleet exports to the pipelines, and accounts for it. It belongs to one goroutine but for the atomic fields, in
// which a stop sees how the pipelines do.
type delivery struct {
	config    *Config
	telemetry *metadata.TelemetryBuilder
	logger    *zap.Logger
	fleet     *fleet.Fleet
	sinks     [semconv.NumSignals]*sink // nil: nobody asks for the signal
	hosts     []component.Host          // one for each component that was started
	late      time.Duration             // of the slice that is handed on
	held      atomic.Pointer[held]
	settled   atomic.Uint64 // requests that were taken or given up
}

// deliver hands on requests, each in pieces that are as large as is allowed.
func (d *delivery) deliver(ctx context.Context, epoch time.Time, requests []fleet.Request) {
	for i := range requests {
		rest := requests[i]
		s := d.sinks[rest.Signal]
		for rest.OddKind() == "" { // an odd request says nothing about the size of others
			n := s.fit(d.config.MaxRequestBytes)
			if rest.Items <= n {
				break
			}
			var piece fleet.Request
			if piece, rest = rest.Cut(n); rest.Items == 0 {
				rest = piece
				break
			}
			d.deliverPiece(ctx, s, &piece, epoch)
		}
		d.deliverPiece(ctx, s, &rest, epoch)
	}
}

// deliverPiece hands on a request. If it is larger than is allowed, it does so in two pieces.
func (d *delivery) deliverPiece(ctx context.Context, s *sink, request *fleet.Request, epoch time.Time) {
	defer d.settled.Add(1)
	drops := d.config.OnBackpressure == BackpressureDrop && d.late > tooLate || ctx.Err() != nil // the stop has given up the rest
	var built batch
	if !drops {
		limit := d.config.MaxRequestBytes
		built = s.build(d.fleet, request, epoch)
		n := request.Items / 2
		if request.OddKind() == "" {
			s.learn(built.size, request.Items, limit)
			n = s.fit(limit)
		}
		if built.size > limit && n > 0 && n < request.Items {
			if first, second := request.Cut(n); second.Items > 0 {
				d.deliverPiece(ctx, s, &first, epoch)
				d.deliverPiece(ctx, s, &second, epoch)
				return
			}
		}
	}
	d.telemetry.ReceiverSyntheticLoadOfferedItems.Add(ctx, int64(request.Items), s.attributes)
	d.telemetry.ReceiverSyntheticLoadQueuedItems.Record(ctx, int64(request.Items), s.attributes)
	if d.late > tooLate {
		d.telemetry.ReceiverSyntheticLoadLateItems.Add(ctx, int64(request.Items), s.attributes)
	}
	if !drops && d.offer(ctx, s, request, built, epoch) {
		s.totals.emitted += request.Items
		d.telemetry.ReceiverSyntheticLoadEmittedItems.Add(ctx, int64(request.Items), s.attributes)
	} else {
		s.totals.dropped += request.Items
		d.telemetry.ReceiverSyntheticLoadDroppedItems.Add(ctx, int64(request.Items), s.attributes)
		d.fleet.Drop(request)
	}
	d.telemetry.ReceiverSyntheticLoadQueuedItems.Record(ctx, 0, s.attributes)
}

// offer hands a request to the pipeline, as often as the policy says, and reports whether it was taken.
//
// Each further attempt builds it anew: after Consume the data belongs to the pipeline, refused or not.
func (d *delivery) offer(ctx context.Context, s *sink, request *fleet.Request, built batch, epoch time.Time) bool {
	retry := backoff.NewExponentialBackOff()
	retry.InitialInterval, retry.MaxInterval = retryFirst, retryMost
	d.held.Store(&held{signal: s.signal, items: request.Items, since: time.Now()})
	defer d.held.Store(nil)
	consuming := ctx
	if kind := request.OddKind(); kind != "" {
		consuming = client.NewContext(ctx, client.Info{Metadata: client.NewMetadata(map[string][]string{oddMetadata: {kind}})})
	}
	for {
		err := built.consume(consuming)
		d.reportRefusal(s, err)
		switch {
		case err == nil:
			return true
		case consumererror.IsPermanent(err):
			d.reportLoss(s, request.Items, built.size, err)
			return false
		case d.config.OnBackpressure == BackpressureDrop, ctx.Err() != nil:
			return false
		}
		wait := time.NewTimer(retry.NextBackOff())
		select {
		case <-ctx.Done():
			wait.Stop()
			return false
		case <-wait.C:
		}
		d.telemetry.ReceiverSyntheticLoadRetries.Add(ctx, 1, s.attributes)
		built = s.build(d.fleet, request, epoch)
	}
}

// oddMetadata is the key of the client metadata that requests of odd items have: an exporter that makes batches can keep them apart by it, so that
// a request that is refused for one has no ordinary items.
const oddMetadata = "synthetic_load.odd"

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
func (d *delivery) reportLoss(s *sink, items, size int, err error) {
	s.lost += items
	if now := time.Now(); s.lossTold.IsZero() || now.Sub(s.lossTold) >= lossInterval {
		s.lossTold = now
		d.logger.Error("LOST: the pipeline refuses "+s.signal.String()+" for good. They are counted as dropped, not as emitted.",
			zap.Int(itemNames[s.signal]+"_lost", s.lost), zap.Int("request_bytes", size),
			zap.Int("max_request_bytes", d.config.MaxRequestBytes), zap.Error(err))
	}
}

// reportRefusal logs and reports when a pipeline begins to refuse, and when it takes items again.
func (d *delivery) reportRefusal(s *sink, err error) {
	switch refused := err != nil; {
	case refused == s.refusing:
	case refused:
		s.refusing = true
		d.logger.Warn("The pipeline refuses "+s.signal.String(),
			zap.String("on_backpressure", string(d.config.OnBackpressure)), zap.Error(err))
		d.report(func() *componentstatus.Event { return componentstatus.NewRecoverableErrorEvent(err) })
	default:
		s.refusing = false
		d.logger.Info("The pipeline takes " + s.signal.String() + " again")
		d.report(func() *componentstatus.Event { return componentstatus.NewEvent(componentstatus.StatusOK) })
	}
}

// report tells the Collector how the receiver is.
func (d *delivery) report(event func() *componentstatus.Event) {
	for _, host := range d.hosts {
		componentstatus.ReportStatus(host, event())
	}
}
