// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"maps"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/printable"
)

// Answers are the errors that a target has answered with by no fault of the proxy's.
type Answers struct {
	// Codes are how often, by gRPC's status code.
	Codes map[string]uint64 `json:"codes,omitempty"`
	// Last is the last error. It is somebody else's text, fit to be printed.
	Last string `json:"last,omitempty"`
}

// answers are Answers in the making.
type answers struct {
	mu sync.Mutex
	Answers
}

// add counts an error.
func (a *answers) add(err error) {
	const most = 400 // characters that are kept
	s := status.Convert(err)
	name := s.Code().String()
	if s.Code() > codes.Unauthenticated {
		name = "Unknown" // there are no others, whatever the target says
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.Codes == nil {
		a.Codes = map[string]uint64{}
	}
	a.Codes[name]++
	a.Last = printable.Short(s.Message(), most)
}

// Answers so far; none of a proxy of protocol [TCP], which does not read them.
func (p *Proxy) Answers() Answers {
	a := &p.counters.answers
	a.mu.Lock()
	defer a.mu.Unlock()
	return Answers{maps.Clone(a.Codes), a.Last}
}
