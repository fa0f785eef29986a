// SPDX-License-Identifier: Apache-2.0

package order

import (
	"flag"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/workload"
)

var binary = flag.String("rig", "", "the rig with the real runtimes; make order builds it")

// runtimes of one worker.
func runtimes() map[string]workload.RuntimeSpec {
	on := func(model string, set func(*workload.RuntimeSpec)) workload.RuntimeSpec {
		spec := workload.OnRuntime(model)
		spec.Workers = 1
		set(&spec)
		return spec
	}
	return map[string]workload.RuntimeSpec{
		// Else the mean time of polls decides how soon the tasks that overflow are run.
		"tokio":          on("tokio", func(s *workload.RuntimeSpec) { s.GlobalQueueInterval = 31 }),
		"tokio_fifo":     on("tokio", func(s *workload.RuntimeSpec) { s.DisableLIFOSlot, s.GlobalQueueInterval = true, 31 }),
		"current_thread": on("tokio", func(s *workload.RuntimeSpec) { s.Flavor = "current_thread" }),
		"smol":           on("smol", func(*workload.RuntimeSpec) {}),
		"async_std":      on("async_std", func(*workload.RuntimeSpec) {}),
	}
}

// TestPrograms: the models alone end every program, which are not trivial.
func TestPrograms(t *testing.T) {
	for name, runtime := range runtimes() {
		polls := 0
		for seed := range uint64(40) {
			for _, kind := range []Kind{Untimed, Timed} {
				order, err := Model(Generate(kind, seed, runtime))
				require.NoError(t, err, "%s: program %d", name, seed)
				assert.Greater(t, len(order), 5, "%s: program %d", name, seed)
				polls += len(order)
			}
		}
		t.Logf("%s: %d polls", name, polls)
	}
}

const programsOfEach = 400

// TestOrder: on one worker, the real runtimes poll the tasks in the order of the models.
func TestOrder(t *testing.T) {
	if *binary == "" {
		t.Skip("needs the real runtimes: make order")
	}
	var polls atomic.Int64
	t.Cleanup(func() { t.Logf("%d polls in the order of the models", polls.Load()) })
	for name, runtime := range runtimes() {
		for kind, programs := range map[Kind]uint64{Untimed: programsOfEach, Timed: programsOfEach / 4} {
			for seed := range programs {
				t.Run(fmt.Sprintf("%s/%d/%d", name, kind, seed), func(t *testing.T) {
					t.Parallel()
					polls.Add(compare(t, Generate(kind, seed, runtime), kind))
				})
			}
		}
	}
}

// compare returns the number of polls in the same order.
func compare(t *testing.T, s *workload.Service, kind Kind) int64 {
	t.Helper()
	predicted, err := Model(s)
	require.NoError(t, err)
	trials := 1
	if kind == Timed { // the machine may have been busy elsewhere for longer than a slot
		trials = 4
	}
	var polled []uint64
	for range trials {
		polled, err = Real(t.Context(), *binary, s)
		require.NoError(t, err)
		if len(polled) == len(predicted) && firstDifference(polled, predicted) == len(polled) {
			return int64(len(polled))
		}
	}
	at := firstDifference(polled, predicted)
	from := max(at-10, 0)
	t.Errorf("poll %d of %d, and of %d in the model, is of another task:\nreal  %v\nmodel %v",
		at, len(polled), len(predicted), polled[from:min(at+10, len(polled))], predicted[from:min(at+10, len(predicted))])
	return int64(at)
}

func firstDifference(a, b []uint64) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
