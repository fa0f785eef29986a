// SPDX-License-Identifier: Apache-2.0

package smol

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

func TestThreads(t *testing.T) {
	var s sim.Simulation
	one := check.Must(New(&s, Config{}, scheduler.Observer{}))
	assert.Equal(t, 1, one.Workers())
	assert.Equal(t, "smol-1", one.ThreadName(0))
	assert.Equal(t, "main", one.ThreadName(scheduler.Outside))
	three := check.Must(New(&s, Config{Threads: 3}, scheduler.Observer{}))
	assert.Equal(t, 3, three.Workers())
	assert.Equal(t, "smol-3", three.ThreadName(2))
}

// TestOneThreadIsASingleServerQueue: with free primitives, tasks on one thread start and end to the nanosecond as
// queueing theory says.
func TestOneThreadIsASingleServerQueue(t *testing.T) {
	for _, load := range check.Loads(1) {
		t.Run(load.Name, func(t *testing.T) {
			waited, err := load.CheckCoupling(func(s *sim.Simulation, o scheduler.Observer) scheduler.Runtime {
				return check.Must(New(s, Config{}, o))
			}, 1)
			require.NoError(t, err)
			assert.Greater(t, waited, load.Tasks/10, "a queue that says little")
		})
	}
}
