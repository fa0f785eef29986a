// SPDX-License-Identifier: Apache-2.0

package loadgateextension

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/extensiontest"
)

// load is a generator whose run ends when the test says so, or when it is told to.
type load struct{ ended chan struct{} }

func (*load) Begin() {}

func (l *load) Ended() <-chan struct{} { return l.ended }

func (l *load) End(context.Context) error {
	select {
	case <-l.ended:
	default:
		close(l.ended)
	}
	return nil
}

func newLoad() *load { return &load{ended: make(chan struct{})} }

// newGate makes the extension. Who interrupts the Collector is told through the channel.
func newGate(t *testing.T, stops bool) (g *loadGate, interrupted chan struct{}) {
	t.Helper()
	made, err := NewFactory().Create(t.Context(), extensiontest.NewNopSettings(typ), &Config{StopCollector: stops})
	require.NoError(t, err)
	g, interrupted = made.(*loadGate), make(chan struct{}, 1)
	g.interrupt = func() error {
		interrupted <- struct{}{}
		return nil
	}
	return g, interrupted
}

// TestStopsCollector: when the last of all loads has ended, the Collector is told to stop, and its stop is no error.
func TestStopsCollector(t *testing.T) {
	g, interrupted := newGate(t, true)
	one, two := newLoad(), newLoad()
	g.Enter(one)
	g.Enter(two)
	require.NoError(t, g.Ready())
	close(one.ended)
	select {
	case <-interrupted:
		t.Fatal("one load goes on")
	default:
	}
	close(two.ended)
	<-interrupted
	assert.NoError(t, g.NotReady())
}

// TestLoadCutShort: a Collector that is stopped before the load has ended fails.
func TestLoadCutShort(t *testing.T) {
	g, interrupted := newGate(t, true)
	g.Enter(newLoad())
	require.NoError(t, g.Ready())
	require.ErrorIs(t, g.NotReady(), errCut)
	assert.Empty(t, interrupted, "it stops already")
}

// TestNoLoadToEnd: without a load the Collector runs on, and its stop is an error.
func TestNoLoadToEnd(t *testing.T) {
	g, interrupted := newGate(t, true)
	require.NoError(t, g.Ready())
	require.ErrorIs(t, g.NotReady(), errCut)
	assert.Empty(t, interrupted)
}

// TestRunsOn: unless it is told to, the extension stops nothing.
func TestRunsOn(t *testing.T) {
	g, interrupted := newGate(t, false)
	l := newLoad()
	g.Enter(l)
	require.NoError(t, g.Ready())
	close(l.ended)
	require.NoError(t, g.NotReady())
	assert.Empty(t, interrupted)
}
