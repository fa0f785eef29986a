// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"sync"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/diagnosis"
)

// mostLooks bounds the connections that a run makes to look at a backend that shows nothing.
const mostLooks = 5

// sight is what a run has seen of its backend by connections of its own. A failed request asks for a look; what one has shown, it keeps.
type sight struct {
	mu         sync.Mutex
	looks      int
	tls, known bool
}

// speaksTLS reports whether the backend is known to speak TLS.
func (s *sight) speaksTLS(ctx context.Context, address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known && s.looks < mostLooks {
		s.looks++
		s.tls, s.known = diagnosis.SpeaksTLS(ctx, address)
	}
	return s.tls
}
