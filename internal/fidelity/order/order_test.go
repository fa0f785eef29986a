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

// runtimes with a number of workers.
func runtimes(workers int) map[string]workload.RuntimeSpec {
	on := func(model string, set func(*workload.RuntimeSpec)) workload.RuntimeSpec {
		spec := workload.OnRuntime(model)
		spec.Workers = workers
		set(&spec)
		return spec
	}
	all := map[string]workload.RuntimeSpec{
		// Else the mean time of polls decides how soon the tasks that overflow are run.
		"tokio":      on("tokio", func(s *workload.RuntimeSpec) { s.GlobalQueueInterval = 31 }),
		"tokio_fifo": on("tokio", func(s *workload.RuntimeSpec) { s.DisableLIFOSlot, s.GlobalQueueInterval = true, 31 }),
		"smol":       on("smol", func(*workload.RuntimeSpec) {}),
		"async_std":  on("async_std", func(*workload.RuntimeSpec) {}),
	}
	if workers == 1 {
		all["current_thread"] = on("tokio", func(s *workload.RuntimeSpec) { s.Flavor = "current_thread" })
	}
	return all
}

// suite is programs of a kind on a number of workers.
type suite struct {
	name     string
	kind     Kind
	workers  int
	programs int
}

var suites = []suite{
	{"untimed", Untimed, 1, 400},
	{"timed", Timed, 1, 100},
	{"brief", Brief, 1, 100},
	{"conducted", Conducted, 1, 100},
	{"two workers", Conducted, 2, 100},
}

// forced are the first programs of the suite whose order of polls is forced, and what the model predicts of each.
func (su *suite) forced(t *testing.T, runtime workload.RuntimeSpec, programs int, f func(s *workload.Service, predicted *Trace)) {
	t.Helper()
	for seed, found := uint64(0), 0; found < programs; seed++ {
		require.Less(t, seed, uint64(100*programs), "%s: of too few programs the order is forced", su.name)
		s := Generate(su.kind, seed, runtime)
		predicted, err := Model(s)
		require.NoError(t, err, "%s: program %d", su.name, seed)
		if su.kind == Conducted && !predicted.Separated() || su.workers > 1 && !predicted.Chained() {
			continue
		}
		found++
		f(s, predicted)
	}
}

// TestPrograms: the models alone end every program, which are not trivial.
func TestPrograms(t *testing.T) {
	for _, su := range suites {
		for name, runtime := range runtimes(su.workers) {
			polls := 0
			su.forced(t, runtime, su.programs/10, func(s *workload.Service, predicted *Trace) {
				order := predicted.Order()
				assert.Greater(t, len(order), 5, "%s: %s", name, s.Name)
				polls += len(order)
			})
			t.Logf("%s, %s: %d polls", su.name, name, polls)
		}
	}
}

// TestOrder: the real runtimes poll the tasks in the order of the models.
func TestOrder(t *testing.T) {
	if *binary == "" {
		t.Skip("needs the real runtimes: make order")
	}
	var polls atomic.Int64
	t.Cleanup(func() { t.Logf("%d polls in the order of the models", polls.Load()) })
	for _, su := range suites {
		for name, runtime := range runtimes(su.workers) {
			su.forced(t, runtime, su.programs, func(s *workload.Service, predicted *Trace) {
				t.Run(fmt.Sprintf("%s/%s/%s", su.name, name, s.Name), func(t *testing.T) {
					t.Parallel()
					polls.Add(compare(t, s, predicted.Order(), su.kind))
				})
			})
		}
	}
}

// compare returns the number of polls in the same order.
func compare(t *testing.T, s *workload.Service, predicted []uint64, kind Kind) int64 {
	t.Helper()
	trials := 1
	if kind != Untimed { // the machine may have been busy elsewhere for longer than a slot
		trials = 4
	}
	var polled []uint64
	var err error
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
