// SPDX-License-Identifier: Apache-2.0

package gate

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// generator notes what is asked of it.
type generator struct {
	begun, ended int
	meet         chan struct{} // both sides of it must be in End at the same time
	err          error
}

func (g *generator) Begin() { g.begun++ }

func (*generator) Ended() <-chan struct{} { return nil } // the gate does not wait for it

func (g *generator) End(context.Context) error {
	g.ended++
	if g.meet != nil {
		select {
		case g.meet <- struct{}{}:
		case <-g.meet:
		}
	}
	return g.err
}

func TestGateBeginsWhenOpen(t *testing.T) {
	var g Gate
	early, late := &generator{}, &generator{}
	g.Enter(early)
	assert.Zero(t, early.begun, "pipelines still start")
	g.Open()
	assert.Equal(t, 1, early.begun)
	g.Enter(late)
	assert.Equal(t, 1, late.begun, "all pipelines run")
	assert.Equal(t, 1, early.begun)
}

func TestGateEndsAllAtOnce(t *testing.T) {
	var g Gate
	meet := make(chan struct{})
	held := errors.New("traces: held")
	a, b := &generator{meet: meet, err: held}, &generator{meet: meet}
	g.Enter(a)
	g.Enter(b)
	g.Open()
	require.ErrorIs(t, g.Close(t.Context()), held)
	assert.Equal(t, []int{1, 1}, []int{a.ended, b.ended})

	require.NoError(t, g.Close(t.Context()))
	assert.Equal(t, 1, a.ended, "once")
	after := &generator{}
	g.Enter(after)
	assert.Zero(t, after.begun, "the pipelines stop")
}
