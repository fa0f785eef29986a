// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/collector/consumer/consumererror"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/diagnosis"
	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/plan"
	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/tally"
)

// stage stands between the receiver and the exporter of a signal, and sees what the backend answers. The receiver offers one request after
// the other; a request that was refused for now is offered again.
type stage struct {
	load   *Load
	signal plan.Signal

	mu       sync.Mutex
	answers  tally.Answers
	since    time.Time    // of the request that waits for its answer; zero: none does
	told     string       // what the last failure means; empty: the last request was accepted, or none was answered yet
	rejected string       // what the backend said of the items that it rejected last
	givenUp  func() error // not nil: nobody waits for the answer to the last request any more
}

// offer hands a request to the exporter, which answers when the backend has.
func (s *stage) offer(ctx context.Context, items int, consume func() error) error {
	s.mu.Lock()
	s.givenUp = ctx.Err
	if s.since.IsZero() {
		s.since = time.Now()
	}
	s.mu.Unlock()
	err := consume()
	switch {
	case err == nil:
		s.accept()
	case consumererror.IsPermanent(err):
		s.mu.Lock()
		s.answers.RefusedForGood += int64(items)
		s.since = time.Time{}
		s.mu.Unlock()
		s.tell(ctx, err, "What it refuses is lost.")
	}
	return err
}

func (s *stage) accept() {
	s.mu.Lock()
	again := s.told != ""
	s.since, s.told = time.Time{}, ""
	s.mu.Unlock()
	s.load.accepted.Store(true)
	s.load.reached.Store(true)
	if again {
		s.load.say(fmt.Sprintf("%s takes %s again", s.load.plan.Target.Address, s.signal))
	}
}

// refuse notes that an attempt to send a request failed. The end of a request that is given up is no failure.
func (s *stage) refuse(ctx context.Context, err error) {
	s.mu.Lock()
	if s.givenUp != nil && s.givenUp() != nil {
		s.mu.Unlock()
		return
	}
	s.answers.Failures++
	s.mu.Unlock()
	s.tell(ctx, err, "Trying again.")
}

// reject notes that the backend has taken a request but for some of its items. It says so once, until the backend's message changes.
func (s *stage) reject(items int64, message string) {
	s.mu.Lock()
	s.answers.Rejected += items
	news := s.answers.Rejected == items || s.rejected != message
	s.rejected = message
	s.mu.Unlock()
	if !news {
		return
	}
	s.load.say(fmt.Sprintf("%s rejects %d %s for good: %q", s.load.plan.Target.Address, items, itemNames[s.signal], message))
}

// tell says what a failure means, once until its cause changes, and ends a run that cannot get anywhere.
func (s *stage) tell(ctx context.Context, err error, consequence string) {
	to := s.load.plan.Target
	d := diagnosis.Of(err, to)
	accepted := s.load.accepted.Load()
	switch {
	case d.PerhapsTLS && !accepted && s.load.sight.speaksTLS(ctx, to.Address):
		d = diagnosis.WantsTLS(to)
	case d.Unreached && to.Protocol == plan.GRPC && diagnosis.Listens(ctx, to.Address):
		d = diagnosis.NotNow(d, to)
	}
	s.mu.Lock()
	news := s.told != d.Meaning
	s.told = d.Meaning
	s.mu.Unlock()
	s.load.trouble.Store(&d.Meaning)
	if !d.Unreached {
		s.load.reached.Store(true)
	}
	if d.Hopeless && !accepted {
		select {
		case s.load.ending <- d:
		default: // one reason is enough
		}
		return
	}
	if news {
		s.load.say(fmt.Sprintf("%s. %s", d, consequence))
	}
}

// state says how long a request has waited for its answer, and whether the backend has refused it meanwhile.
func (s *stage) state(now time.Time) (waiting time.Duration, refused bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.since.IsZero() {
		return 0, false
	}
	return max(now.Sub(s.since), 1), s.told != ""
}

func (s *stage) read(now time.Time) (answers tally.Answers, waiting time.Duration) {
	s.mu.Lock()
	answers = s.answers
	s.mu.Unlock()
	waiting, _ = s.state(now)
	return answers, waiting
}
