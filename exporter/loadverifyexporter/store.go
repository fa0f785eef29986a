// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// store keeps the state of the audit in a storage extension.
type store struct {
	client storage.Client
	saved  bool   // by this process
	taken  uint64 // how often something had come when it was
}

const stateKey = "state"

func openStore(ctx context.Context, host component.Host, extension, id component.ID) (*store, error) {
	found, ok := host.GetExtensions()[extension]
	if !ok {
		return nil, fmt.Errorf("storage: extension %q is not in service.extensions", extension)
	}
	provider, ok := found.(storage.Extension)
	if !ok {
		return nil, fmt.Errorf("storage: extension %q is no storage; want one such as file_storage", extension)
	}
	client, err := provider.GetClient(ctx, component.KindExporter, id, "audit")
	if err != nil {
		return nil, fmt.Errorf("storage: %q: %w", extension, err)
	}
	return &store{client: client}, nil
}

func (s *store) load(ctx context.Context) ([]byte, error) { return s.client.Get(ctx, stateKey) }

func (s *store) save(ctx context.Context, state []byte) error {
	s.saved = true
	return s.client.Set(ctx, stateKey, state)
}

func (s *store) close(ctx context.Context) error { return s.client.Close(ctx) }
