// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Unanswered are requests that have got to the target, and whose senders were not told so: a sender that does its duty sends them again, sooner or later.
type Unanswered struct {
	// Requests that have not come again.
	Requests int
	// Cut is whether connections were cut that had carried requests: whether each answer had got through is not known.
	Cut bool
	// Last is when that happened for the last time; zero: never.
	Last time.Time
}

// Plus adds those of another proxy.
func (u Unanswered) Plus(other Unanswered) Unanswered {
	sum := Unanswered{u.Requests + other.Requests, u.Cut || other.Cut, u.Last}
	if other.Last.After(sum.Last) {
		sum.Last = other.Last
	}
	return sum
}

// unanswered is Unanswered in the making.
type unanswered struct {
	mu    sync.Mutex
	since map[uint64]time.Time // by what the request says
	cut   time.Time            // of the last connection
}

// mostUnanswered is how many requests are kept.
const mostUnanswered = 100_000

// digest is what a request is known by when it comes again. Its compression does not matter as long as it stays the same.
func (c *call) digest() uint64 {
	d := xxhash.New()
	if c.grpc != nil {
		_, _ = d.WriteString(c.grpc.method)
	} else {
		_, _ = d.WriteString(c.http.uri)
	}
	_, _ = d.Write(c.message.data)
	return d.Sum64()
}

// came takes a request that may have come before.
func (u *unanswered) came(request uint64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.since, request)
}

// add keeps a request.
func (u *unanswered) add(request uint64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.since == nil {
		u.since = map[uint64]time.Time{}
	}
	if len(u.since) < mostUnanswered {
		u.since[request] = time.Now()
	} else {
		u.cut = time.Now() // as one that nobody would know again
	}
}

// cutOff notes that a connection has ended that had carried requests.
func (u *unanswered) cutOff() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.cut = time.Now()
}

// Unanswered so far.
func (p *Proxy) Unanswered() Unanswered {
	u := &p.counters.unanswered
	u.mu.Lock()
	defer u.mu.Unlock()
	sum := Unanswered{Requests: len(u.since), Cut: !u.cut.IsZero(), Last: u.cut}
	for _, since := range u.since {
		if since.After(sum.Last) {
			sum.Last = since
		}
	}
	return sum
}

// againCodes and againStatuses are the answers after which a sender sends again (OTLP specification, OTLP/gRPC and OTLP/HTTP responses).
var (
	againCodes = []codes.Code{
		codes.Canceled, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted, codes.OutOfRange, codes.Unavailable, codes.DataLoss,
	}
	againStatuses = []int{http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}
)

// comesAgain tells whether a sender that gets an error may send its request again.
func comesAgain(err error) bool {
	if refusal, is := errors.AsType[*refusal](err); is {
		return slices.Contains(againStatuses, refusal.code())
	}
	if s, is := status.FromError(err); is {
		return slices.Contains(againCodes, s.Code())
	}
	return true // there was no answer
}
