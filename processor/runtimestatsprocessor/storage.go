// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"context"
	"fmt"
	"runtime/debug"
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
	generations generations
	client      storage.Client // nil while it could not be opened; every save tries again
	broken      bool           // a call has panicked, and there will be no other
	scope       string
	logger      *zap.Logger
	failing     bool // whether the last save failed: only the first failure in a row is logged
}

// openStore returns the store of a processor in a storage extension. It fails only if there cannot be any.
func openStore(host component.Host, cfg *Config, processor component.ID, logger *zap.Logger) (*store, error) {
	extension, found := host.GetExtensions()[*cfg.Storage]
	if !found {
		return nil, fmt.Errorf("storage: there is no extension %q; want one listed in service.extensions", cfg.Storage)
	}
	stores, ok := extension.(storage.Extension)
	if !ok {
		return nil, fmt.Errorf("storage: extension %q stores nothing; want a storage extension such as file_storage", cfg.Storage)
	}
	logger = logger.With(zap.Stringer("storage", cfg.Storage))
	return &store{
		generations: generations{
			open: func(ctx context.Context, name string) (storage.Client, error) {
				return stores.GetClient(ctx, component.KindProcessor, processor, name)
			},
			processor: processor,
			logger:    logger,
		},
		scope:  strings.Join(cfg.Key, ","),
		logger: logger,
	}, nil
}

// access calls the storage. A damaged database makes that panic (bbolt, under file_storage, checks what it reads by assertions), or
// fault where a file mapped into memory has been cut off. Without the windows all goes on; so neither may end the Collector. The
// client may hold a lock that nobody will release: it is never called again, not even to be closed.
func (s *store) access(ctx context.Context, call func(storage.Client) error) (err error) {
	if s.broken {
		return nil // which has been said
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // of this goroutine
	defer func() {
		if damage := recover(); damage != nil {
			s.broken = true
			err = fmt.Errorf("the storage is damaged: %v", damage)
		}
	}()
	if s.client == nil {
		client, err := s.generations.openNewest(ctx)
		if err != nil {
			return fmt.Errorf("cannot open the storage: %w", err)
		}
		s.client = client
	}
	return call(s.client)
}

// advice says what to do about a storage that fails.
func (s *store) advice() zap.Field {
	return zap.String("advice", "If another process uses the storage, nothing: the windows are stored once that has ended. If the storage is damaged, "+
		"stop the Collector, move the processor's files away (file_storage calls them "+s.generations.file(0)+"*) and start again.")
}

// load takes the stored windows over. What cannot be taken over is set aside, for somebody to look at.
func (s *store) load(ctx context.Context, windows *latency.Windows) {
	var snapshot []byte
	err := s.access(ctx, func(client storage.Client) (err error) {
		snapshot, err = client.Get(ctx, storedWindows)
		return err
	})
	if err != nil {
		s.logger.Warn("Cannot read the stored windows; starting without", zap.Error(err), s.advice())
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
	err = s.access(ctx, func(client storage.Client) error {
		return client.Batch(ctx, storage.SetOperation(refusedWindows, snapshot), storage.DeleteOperation(storedWindows))
	})
	if err != nil {
		s.logger.Warn("Cannot set the stored windows aside; the next save replaces them", zap.Error(err))
	}
}

// save stores the windows.
func (s *store) save(ctx context.Context, windows *latency.Windows) {
	err := s.access(ctx, func(client storage.Client) error {
		return client.Set(ctx, storedWindows, windows.Snapshot(s.scope))
	})
	if err != nil && !s.failing {
		s.logger.Warn("Cannot store the windows; a restart may begin without", zap.Error(err), s.advice())
	}
	s.failing = err != nil
}

func (s *store) close(ctx context.Context) error {
	if s.client == nil {
		return nil
	}
	if err := s.access(ctx, func(client storage.Client) error { return client.Close(ctx) }); err != nil {
		return fmt.Errorf("storage: cannot close: %w", err)
	}
	return nil
}
