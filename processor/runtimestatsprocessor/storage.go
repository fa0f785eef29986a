package runtimestatsprocessor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/latency"
)

// saveInterval is how often the windows are stored, and so what a crash loses at most. A Shutdown stores them, too.
const saveInterval = time.Minute

// Keys in the storage.
const (
	storedWindows  = "windows"
	refusedWindows = "windows_refused" // what could not be taken back, the last such
)

// store keeps the windows where they survive a restart. Nothing that is or is not in there keeps the processor from
// working; it starts with empty windows then.
type store struct {
	client  storage.Client
	scope   string
	logger  *zap.Logger
	failing bool // whether the last save failed: only the first failure in a row is logged
}

// openStore opens the store of a processor in a storage extension.
func openStore(ctx context.Context, host component.Host, cfg *Config, processor component.ID, logger *zap.Logger) (*store, error) {
	extension, found := host.GetExtensions()[*cfg.Storage]
	if !found {
		return nil, fmt.Errorf("storage: there is no extension %q; want one listed in service.extensions", cfg.Storage)
	}
	stores, ok := extension.(storage.Extension)
	if !ok {
		return nil, fmt.Errorf("storage: extension %q stores nothing; want a storage extension such as file_storage", cfg.Storage)
	}
	client, err := stores.GetClient(ctx, component.KindProcessor, processor, "")
	if err != nil {
		// Each traces pipeline has windows of its own, and an extension gives a file to one of them only.
		return nil, fmt.Errorf("storage: cannot open %q for %q: %w (a processor with storage can stand in one traces pipeline; "+
			"others need another id, such as %s/2)", cfg.Storage, processor, err, processor.Type())
	}
	return &store{client: client, scope: strings.Join(cfg.Key, ","), logger: logger}, nil
}

// load takes the stored windows over. What cannot be taken over is set aside, for somebody to look at.
func (s *store) load(ctx context.Context, windows *latency.Windows) {
	snapshot, err := s.client.Get(ctx, storedWindows)
	if err != nil {
		s.logger.Warn("Cannot read the stored windows; starting without", zap.Error(err))
		return
	}
	if snapshot == nil {
		return
	}
	keys, err := windows.Restore(snapshot, s.scope, time.Now())
	if err == nil {
		s.logger.Info("Windows restored", zap.Int("keys", keys))
		return
	}
	s.logger.Warn("Cannot use the stored windows; starting without, and setting them aside",
		zap.Error(err), zap.Int("bytes", len(snapshot)), zap.String("storage_key", refusedWindows))
	err = s.client.Batch(ctx, storage.SetOperation(refusedWindows, snapshot), storage.DeleteOperation(storedWindows))
	if err != nil {
		s.logger.Warn("Cannot set the stored windows aside; the next save replaces them", zap.Error(err))
	}
}

// save stores the windows.
func (s *store) save(ctx context.Context, windows *latency.Windows) {
	err := s.client.Set(ctx, storedWindows, windows.Snapshot(s.scope))
	if err != nil && !s.failing {
		s.logger.Warn("Cannot store the windows; a restart may begin without", zap.Error(err))
	}
	s.failing = err != nil
}

func (s *store) close(ctx context.Context) error {
	if err := s.client.Close(ctx); err != nil {
		return fmt.Errorf("storage: cannot close: %w", err)
	}
	return nil
}
