// SPDX-License-Identifier: Apache-2.0

package loadgateextension

import (
	"context"
	"errors"
	"os"
	"sync/atomic"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensioncapabilities"
	"go.uber.org/zap"

	"github.com/runtimelab/otelcol-runtimelab/extension/loadgateextension/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/internal/gate"
)

// NewFactory makes the factory of the extension.
func NewFactory() extension.Factory {
	return extension.NewFactory(metadata.Type,
		func() component.Config { return &Config{} },
		func(_ context.Context, set extension.Settings, cfg component.Config) (extension.Extension, error) {
			return &loadGate{stops: cfg.(*Config).StopCollector, logger: set.Logger, interrupt: interrupt}, nil
		},
		metadata.ExtensionStability)
}

// loadGate is the extension. Generators find its gate among the host's extensions.
type loadGate struct {
	gate.Gate
	component.StartFunc
	component.ShutdownFunc

	stops     bool // the Collector, when the load is over
	logger    *zap.Logger
	interrupt func() error
	over      atomic.Bool // all loads have ended by themselves
	closing   atomic.Bool
	watching  chan struct{} // closed when nobody waits for the end of the load any more; nil: nobody does
}

var (
	_ extensioncapabilities.PipelineWatcher = (*loadGate)(nil)
	_ gate.Keeper                           = (*loadGate)(nil)
)

// Ready implements extensioncapabilities.PipelineWatcher: all pipelines run.
func (g *loadGate) Ready() error {
	g.Open()
	if g.stops {
		g.watching = make(chan struct{})
		go g.watch()
	}
	return nil
}

// watch waits for the end of the load, and stops the Collector.
func (g *loadGate) watch() {
	defer close(g.watching)
	if !g.Wait() {
		g.logger.Error("stop_collector: there is no load in a pipeline, so none will end")
		return
	}
	if g.closing.Load() {
		return // somebody else stops it
	}
	g.over.Store(true)
	g.logger.Info("The load is over: the Collector stops")
	if err := g.interrupt(); err != nil {
		g.logger.Error("The Collector cannot be stopped", zap.Error(err))
	}
}

// errCut makes the Collector exit with 1: what was sent is known, but it is not all that was to be sent.
var errCut = errors.New("stop_collector: the Collector was stopped before the load had ended")

// NotReady implements extensioncapabilities.PipelineWatcher: nothing has been stopped yet. It returns when all generators have ended;
// each bounds its own end.
func (g *loadGate) NotReady() error {
	g.closing.Store(true)
	err := g.Close(context.Background())
	if g.watching == nil {
		return err
	}
	<-g.watching
	if !g.over.Load() {
		err = errors.Join(err, errCut)
	}
	return err
}

// interrupt tells this process to stop, as Ctrl-C does.
func interrupt() error {
	process, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	return process.Signal(os.Interrupt)
}
