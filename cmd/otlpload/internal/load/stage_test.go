// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/diagnosis"
	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/plan"
)

// newStage is a stage whose load notes what it says.
func newStage() (s *stage, said *[]string) {
	said = &[]string{}
	l := &Load{
		plan: &plan.Plan{Target: plan.Target{Address: "there"}}, ending: make(chan diagnosis.Diagnosis, 1),
		say: func(text string) { *said = append(*said, text) },
	}
	return &stage{load: l, signal: plan.Traces}, said
}

var errPlaintext = errors.New("tls: first record does not look like a TLS handshake")

// TestHopelessOnlyAtFirst: a backend that has taken something may take something again.
func TestHopelessOnlyAtFirst(t *testing.T) {
	s, said := newStage()
	s.refuse(t.Context(), errPlaintext)
	assert.Len(t, s.load.ending, 1)
	assert.Empty(t, *said)

	s, said = newStage()
	require.NoError(t, s.offer(t.Context(), 1, func() error { return nil }))
	s.refuse(t.Context(), errPlaintext)
	assert.Empty(t, s.load.ending)
	assert.Len(t, *said, 1)
}

// TestToldOnce: a cause is told once, until another one comes or the backend takes something.
func TestToldOnce(t *testing.T) {
	s, said := newStage()
	for range 3 {
		s.refuse(t.Context(), errors.New("connection refused"))
	}
	s.refuse(t.Context(), errors.New("DeadlineExceeded"))
	s.accept()
	s.accept()
	s.refuse(t.Context(), errors.New("connection refused"))
	assert.Equal(t, []string{
		"nobody listens at there: start the backend, or name another address with --endpoint (connection refused). Trying again.",
		"there does not answer in time (DeadlineExceeded). Trying again.",
		"there takes traces again",
		"nobody listens at there: start the backend, or name another address with --endpoint (connection refused). Trying again.",
	}, *said)
	assert.EqualValues(t, 5, s.answers.Failures)
}

// TestGivenUpIsNoRefusal: the end of a run cancels the request that waits, which says nothing about the backend.
func TestGivenUpIsNoRefusal(t *testing.T) {
	s, said := newStage()
	ctx, cancel := context.WithCancel(t.Context())
	require.Error(t, s.offer(ctx, 1, func() error {
		cancel()
		s.refuse(ctx, context.Canceled)
		return ctx.Err()
	}))
	assert.Empty(t, *said)
	assert.Zero(t, s.answers.Failures)
}

func TestGivenUp(t *testing.T) {
	for _, tc := range []struct {
		waiting time.Duration
		refused bool
		want    bool
	}{
		{0, false, false},
		{time.Second, true, false}, // a backend that throttles
		{6 * time.Second, true, true},
		{6 * time.Second, false, false}, // a slow one
		{11 * time.Second, false, true},
	} {
		assert.Equal(t, tc.want, givenUp(tc.waiting, tc.refused), "%+v", tc)
	}
}

// TestWarningsAreSaid: what an exporter warns of and nobody foresaw is not lost.
func TestWarningsAreSaid(t *testing.T) {
	s, said := newStage()
	logger := zap.New(&watch{stage: s}).With(zap.String("otelcol.component.id", "otlp_grpc"))
	logger.Debug("debug")
	logger.Info("info")
	logger.Warn("unforeseen")
	logger.Error("Exporting failed. Dropping data.", zap.Error(errPlaintext)) // the stage gets that error itself
	assert.Equal(t, []string{"exporter: unforeseen"}, *said)
}

// TestMetricNames: a name that the receiver does not have would count as 0.
func TestMetricNames(t *testing.T) {
	text, err := os.ReadFile("../../../../receiver/syntheticloadreceiver/documentation.md")
	require.NoError(t, err)
	for _, name := range []string{
		"arrivals", "shed_requests", "sdk_dropped_items", "offered_items", "emitted_items", "dropped_items", "lag", "lateness",
	} {
		assert.Contains(t, string(text), "### "+prefix+name+"\n")
	}
}
