// SPDX-License-Identifier: Apache-2.0

package instances

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/cputime"
)

// world is instances of the service orders, and which process the kernel's word of each is: it says so by how long the process waited.
type world struct {
	*Instances
	at int64
}

func newWorld() *world {
	return &world{New(Settings{MaxInstances: 100, Samples: 10, IdleExpiry: time.Hour}), 100 * s}
}

func who(id, host, pid string) *Identity {
	return &Identity{Service: "orders", ID: id, Host: host, PID: pid}
}

// kernel tells of a process for some seconds from now on; its threads wait for so many milliseconds in each.
func (w *world) kernel(who *Identity, ms int64) {
	from := w.at
	for range 5 {
		h := w.CPU(who, noon)
		h.Add(&cputime.Reading{From: from, At: w.at, Groups: map[string]cputime.Usage{"": {Wait: ms * (w.at - from) / 1000}}})
		w.at += s
	}
	w.at -= 5 * s // the others are told of at the same time
}

// later lets time pass without a word of anybody.
func (w *world) later() { w.at += 10 * s }

// joined returns how long the process waits that an instance is taken for, 0 if it is taken for none.
func (w *world) joined(who *Identity) int64 {
	recent := w.CPUOf(w.Seen(who, noon))
	if recent == nil {
		return 0
	}
	a, _ := recent.Of("", recent.Last-s, recent.Last)
	return a.Wait / 1_000_000
}

// Which process of the kernel's is which of the spans'. The name alone will do if there is one process of it.
func TestWhichProcess(t *testing.T) {
	for _, tt := range []struct {
		name   string
		kernel []*Identity // the first waits for 10 ms, the second for 20
		spans  []*Identity
		want   []int64
	}{
		{"both say the same", []*Identity{who("a", "", "")}, []*Identity{who("a", "", "")}, []int64{10}},
		{"by host and pid", []*Identity{who("", "h", "1"), who("", "h", "2")}, []*Identity{who("", "h", "2"), who("", "h", "1")}, []int64{20, 10}},
		{"by pid, which is all that the kernel says", []*Identity{who("", "", "1"), who("", "", "2")}, []*Identity{who("", "h", "2")}, []int64{20}},
		{"beside an id", []*Identity{who("", "h", "1"), who("", "h", "2")}, []*Identity{who("a", "h", "2"), who("b", "h", "1")}, []int64{20, 10}},
		{"the only one of that name", []*Identity{who("", "", "1")}, []*Identity{who("", "", "")}, []int64{10}},
		{"the only one, by its id", []*Identity{who("", "", "1")}, []*Identity{who("a", "", "")}, []int64{10}},
		{"the only one, by its host", []*Identity{who("", "", "1")}, []*Identity{who("", "h", "")}, []int64{10}},
		{"the kernel knows two", []*Identity{who("", "", "1"), who("", "", "2")}, []*Identity{who("", "", "")}, []int64{0}},
		{"the spans are of two", []*Identity{who("", "", "1")}, []*Identity{who("a", "", ""), who("b", "", "")}, []int64{0, 0}},
		{"of two, and one is named", []*Identity{who("a", "", "1")}, []*Identity{who("a", "", ""), who("b", "", "")}, []int64{10, 0}},
		{"both are named by one thing", []*Identity{who("a", "", "1"), who("b", "", "2")}, []*Identity{who("a", "", ""), who("b", "", "")}, []int64{10, 20}},
		{"another pid", []*Identity{who("", "", "1")}, []*Identity{who("", "", "2")}, []int64{0}},
		{"another id", []*Identity{who("a", "", "1")}, []*Identity{who("b", "", "1")}, []int64{0}},
		{"another host", []*Identity{who("", "h", "1")}, []*Identity{who("", "g", "1")}, []int64{0}},
		{"one pid on two hosts", []*Identity{who("", "", "1")}, []*Identity{who("", "h", "1"), who("", "g", "1")}, []int64{0, 0}},
		{"one is known by its own", []*Identity{who("a", "", ""), who("", "", "2")}, []*Identity{who("a", "", ""), who("b", "", "")}, []int64{10, 20}},
		{"the kernel's only one belongs to another", []*Identity{who("a", "", "1")}, []*Identity{who("a", "", ""), who("", "", "")}, []int64{10, 0}},
	} {
		for _, order := range []string{"metrics first", "spans first"} {
			for _, backwards := range []bool{false, true} {
				w := newWorld()
				kernel := func() {
					ways := []int{0, 1}[:len(tt.kernel)]
					if backwards {
						slices.Reverse(ways)
					}
					for _, i := range ways {
						w.kernel(tt.kernel[i], int64(10*(i+1)))
					}
				}
				if order == "metrics first" {
					kernel()
				}
				for _, span := range tt.spans {
					require.NotNil(t, w.Seen(span, noon))
				}
				if order == "spans first" {
					kernel()
				}
				for i, span := range tt.spans {
					assert.Equal(t, tt.want[i], w.joined(span), "%s: %s, backwards %v: %v", tt.name, order, backwards, *span)
				}
			}
		}
	}
	stranger := newWorld()
	stranger.kernel(&Identity{Service: "stock", PID: "1"}, 10)
	assert.Zero(t, stranger.joined(who("", "", "")), "another service")
}

// A process that was started again has another pid. Both are known for a while, but they were not there at the same time.
func TestStartedAgain(t *testing.T) {
	w := newWorld()
	w.kernel(who("", "", "1"), 10)
	assert.Equal(t, int64(10), w.joined(who("", "", "")))
	w.later()
	w.kernel(who("", "", "2"), 20)
	assert.Equal(t, int64(20), w.joined(who("", "", "")))
	w.later()
	w.kernel(who("", "", "3"), 30)
	assert.Equal(t, int64(30), w.joined(who("", "", "")))
	w.kernel(who("", "", "4"), 40)
	assert.Zero(t, w.joined(who("", "", "")), "two at once")
}

// A process that is new may be a second one: the first would have been looked at again before that is known.
func TestSecondOneComes(t *testing.T) {
	w := newWorld()
	w.kernel(who("", "", "1"), 10)
	w.at += 4*s + 200_000_000
	h := w.CPU(who("", "", "2"), noon)
	for range 2 {
		h.Add(&cputime.Reading{From: w.at, At: w.at + 1, Groups: map[string]cputime.Usage{"": {}}})
		assert.Zero(t, w.joined(who("", "", "")))
		w.at += s
	}
}

// What was forgotten leaves nothing behind.
func TestProcessesAreForgotten(t *testing.T) {
	all := New(Settings{MaxInstances: 2, Samples: 2, IdleExpiry: time.Minute})
	for i := range 100 {
		now := noon.Add(time.Duration(i) * 2 * time.Minute)
		require.NotNil(t, all.CPU(&Identity{Service: fmt.Sprint("service ", i), PID: "1"}, now))
		require.NotNil(t, all.Seen(&Identity{Service: fmt.Sprint("service ", i)}, now))
		require.Nil(t, all.CPU(&Identity{Service: "one too many"}, now))
	}
	assert.Len(t, all.byService, 1)
	assert.Equal(t, int32(1), all.kernel.Load())
}
