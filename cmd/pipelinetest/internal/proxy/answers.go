// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"cmp"
	"errors"
	"maps"
	"strconv"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/printable"
)

// Answers are the errors that a target has answered with by no fault of the proxy's.
type Answers struct {
	// Codes are how often, by gRPC's status code, or HTTP and its status.
	Codes map[string]uint64 `json:"codes,omitempty"`
	// Last is the last error. It is somebody else's text, fit to be printed.
	Last string `json:"last,omitempty"`
}

// Plus adds those of another proxy.
func (a Answers) Plus(other Answers) Answers {
	if len(other.Codes) == 0 {
		return a
	}
	sum := Answers{maps.Clone(other.Codes), cmp.Or(a.Last, other.Last)}
	for code, n := range a.Codes {
		sum.Codes[code] += n
	}
	return sum
}

// answers are Answers in the making.
type answers struct {
	mu sync.Mutex
	Answers
}

// add counts an error.
func (a *answers) add(err error) {
	const most = 400 // characters that are kept
	name, text := "no answer", err.Error()
	if refused, is := errors.AsType[*refusal](err); is {
		name, text = "HTTP "+strconv.Itoa(refused.code()), refused.Error()
	} else if s, is := status.FromError(err); is {
		name, text = s.Code().String(), s.Message()
		if s.Code() > codes.Unauthenticated {
			name = "Unknown" // there are no others, whatever the target says
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.Codes == nil {
		a.Codes = map[string]uint64{}
	}
	a.Codes[name]++
	a.Last = printable.Short(text, most)
}

// Answers so far; none of a proxy of protocol [TCP], which does not read them.
func (p *Proxy) Answers() Answers {
	a := &p.counters.answers
	a.mu.Lock()
	defer a.mu.Unlock()
	return Answers{maps.Clone(a.Codes), a.Last}
}

// items are how many items of each signal something has happened to.
type items struct {
	mu sync.Mutex
	of map[string]uint64
}

func (i *items) add(signal string, n int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.of == nil {
		i.of = map[string]uint64{}
	}
	i.of[signal] += uint64(n) //nolint:gosec // G115: a count
}

// RejectedItems are how many items of each signal partial successes of faults have rejected so far.
func (p *Proxy) RejectedItems() map[string]uint64 {
	i := &p.counters.rejectedItems
	i.mu.Lock()
	defer i.mu.Unlock()
	return maps.Clone(i.of)
}
