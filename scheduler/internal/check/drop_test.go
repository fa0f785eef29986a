// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// dropped is what a model made of programs that are cancelled or time out.
type dropped struct {
	*assert.Assertions
	model string
	tasks []scheduler.Finished // in the order in which they ended
	spans []scheduler.Span
}

// end is when the root task of a program ended, since its spawn, and how.
func (d *dropped) end(tag uint64) (sim.Time, scheduler.Outcome) {
	for _, f := range d.tasks {
		if f.Tag == tag && f.Root {
			return f.End - ms, f.Outcome
		}
	}
	return 0, 0
}

// endsAt checks that a program ended about when it should: timers are late by up to 2 ms.
func (d *dropped) endsAt(tag uint64, at sim.Time, outcome scheduler.Outcome) {
	end, how := d.end(tag)
	d.InDelta(float64(at+ms), float64(end), float64(ms), "%s: end of %d", d.model, tag)
	d.Equal(outcome, how, "%s: outcome of %d", d.model, tag)
}

// child is the one task that was spawned by a task.
func (d *dropped) child() scheduler.Finished {
	for _, f := range d.tasks {
		if !f.Root {
			return f
		}
	}
	d.Fail("no child")
	return scheduler.Finished{}
}

// onEachDrop spawns programs at once on each model, and checks after all have ended.
func onEachDrop(t *testing.T, verify func(d *dropped), programs ...[]program.Step) {
	t.Helper()
	for _, model := range oracles {
		t.Run(model.name, func(t *testing.T) {
			var s sim.Simulation
			log := &check.Log{}
			o := log.Observer()
			d := &dropped{Assertions: assert.New(t), model: model.name}
			o.Span = func(sp *scheduler.Span) { d.spans = append(d.spans, *sp) }
			rt := model.start(&s, o)
			s.Run(ms)
			for i, steps := range programs {
				check.Must(rt.Spawn(&program.Program{Steps: steps}, uint64(i), sim.Stream(1)))
			}
			s.Run(s.Now() + 1000*ms)
			require.NoError(t, log.Check(rt))
			d.tasks = log.Finished
			verify(d)
		})
	}
}

func under(d sim.Time, inner ...program.Step) []program.Step {
	return append(append([]program.Step{step(program.Timeout, d, 0)}, inner...), step(program.EndTimeout, 0, 0))
}

func TestATimeoutDropsWhatWaits(t *testing.T) {
	for _, op := range []program.Op{
		program.Sleep, program.IO, program.Signal, program.Process, program.File, program.SpawnBlocking,
	} {
		t.Run(op.String(), func(t *testing.T) {
			onEachDrop(t, func(d *dropped) { d.endsAt(0, 3*ms, scheduler.TimedOut) },
				under(3*ms, step(op, 50*ms, 0)))
		})
	}
}

func TestATimeoutThatDoesNotElapseIsNothing(t *testing.T) {
	onEachDrop(t, func(d *dropped) { d.endsAt(0, 5*ms, scheduler.Completed) },
		under(20*ms, step(program.IO, 5*ms, 0)))
}

// TestNobodyInterruptsATaskThatComputes: the timeout takes effect where the task waits next.
func TestNobodyInterruptsATaskThatComputes(t *testing.T) {
	onEachDrop(t, func(d *dropped) { d.endsAt(0, 7*ms, scheduler.TimedOut) },
		under(3*ms, step(program.Compute, 7*ms, 0), step(program.IO, 50*ms, 0), step(program.Compute, 20*ms, 0)))
}

func TestTheInnerTimeoutComesFirst(t *testing.T) {
	onEachDrop(t, func(d *dropped) { d.endsAt(0, 3*ms+6*ms, scheduler.TimedOut) },
		under(20*ms, append(under(3*ms, step(program.Sleep, 50*ms, 0)), step(program.IO, 6*ms, 0))...))
}

func TestTheOuterTimeoutDropsTheInner(t *testing.T) {
	onEachDrop(t, func(d *dropped) { d.endsAt(0, 3*ms, scheduler.TimedOut) },
		under(3*ms, append(under(20*ms, step(program.Sleep, 50*ms, 0)), step(program.IO, 50*ms, 0))...))
}

// TestADroppedHolderUnlocks: whoever waits for the mutex gets it then, and who has given up is passed over.
func TestADroppedHolderUnlocks(t *testing.T) {
	onEachDrop(t,
		func(d *dropped) {
			d.endsAt(0, 6*ms, scheduler.TimedOut)
			d.endsAt(1, 3*ms, scheduler.TimedOut)
			d.endsAt(2, 6*ms, scheduler.Completed)
		},
		under(6*ms, step(program.Lock, 0, 1), step(program.IO, 100*ms, 0), step(program.Unlock, 0, 1)),
		under(3*ms, step(program.IO, 100*us, 0), step(program.Lock, 0, 1), step(program.Unlock, 0, 1)),
		[]program.Step{step(program.IO, 200*us, 0), step(program.Lock, 0, 1), step(program.Unlock, 0, 1)})
}

// TestWhoGivesUpAChannelLeavesItToOthers: a receiver that is gone takes no message, a sender that is gone sends none.
func TestWhoGivesUpAChannelLeavesItToOthers(t *testing.T) {
	onEachDrop(t,
		func(d *dropped) {
			d.endsAt(0, 3*ms, scheduler.TimedOut)
			d.endsAt(1, 10*ms, scheduler.Completed)
			d.endsAt(2, 10*ms, scheduler.Completed)
		},
		under(3*ms, step(program.Receive, 0, 1)),
		[]program.Step{step(program.IO, 100*us, 0), step(program.Receive, 0, 1)},
		[]program.Step{step(program.IO, 10*ms, 0), step(program.Send, 0, 1)})
	onEachDrop(t,
		func(d *dropped) {
			d.endsAt(0, 3*ms, scheduler.TimedOut)
			d.endsAt(1, 10*ms, scheduler.Completed)
		},
		under(3*ms, step(program.Send, 0, 1), step(program.Send, 0, 1), step(program.Send, 0, 1)), // room for two
		[]program.Step{
			step(program.IO, 10*ms, 0), step(program.Receive, 0, 1), step(program.Receive, 0, 1),
			step(program.Send, 0, 1), step(program.Send, 0, 1),
		})
}

func spawned(detached bool, child ...program.Step) program.Step {
	return program.Step{Op: program.Spawn, Count: 1, Detached: detached, Child: &program.Program{Steps: child}}
}

func TestCancelEndsASpawnedTask(t *testing.T) {
	onEachDrop(t,
		func(d *dropped) {
			d.endsAt(0, 3*ms+5*ms, scheduler.Completed)
			child := d.child()
			d.Equal(scheduler.Cancelled, child.Outcome)
			d.InDelta(float64(4*ms), float64(child.End-ms), float64(ms))
		},
		[]program.Step{
			spawned(false, step(program.Sleep, 50*ms, 0)), step(program.IO, 3*ms, 0), step(program.Cancel, 0, 0), step(program.IO, 5*ms, 0),
		})
}

// TestADroppedHandle: Tokio and async-std detach the task behind it, smol cancels it.
func TestADroppedHandle(t *testing.T) {
	onEachDrop(t,
		func(d *dropped) {
			want, end := scheduler.Completed, 20*ms
			if d.model == "smol" {
				want, end = scheduler.Cancelled, 3*ms
			}
			child := d.child()
			d.Equal(want, child.Outcome)
			d.InDelta(float64(end+ms), float64(child.End-ms), float64(ms))
		},
		under(3*ms, spawned(false, step(program.IO, 20*ms, 0)), step(program.Join, 0, 0)))
	onEachDrop(t, // at the end of the task that holds it
		func(d *dropped) { d.Equal(d.model == "smol", d.child().Outcome == scheduler.Cancelled) },
		[]program.Step{spawned(false, step(program.IO, 20*ms, 0)), step(program.IO, ms, 0)})
	onEachDrop(t, // detached in so many words
		func(d *dropped) { d.Equal(scheduler.Completed, d.child().Outcome) },
		[]program.Step{spawned(true, step(program.IO, 20*ms, 0)), step(program.IO, ms, 0)})
}

// TestSpansOfWhatIsDropped end with it, the inner one first; one that had ended keeps its outcome.
func TestSpansOfWhatIsDropped(t *testing.T) {
	span := func(label int, inner ...program.Step) []program.Step {
		return append(append([]program.Step{{Op: program.Span, Label: label}}, inner...), program.Step{Op: program.EndSpan})
	}
	onEachDrop(t,
		func(d *dropped) {
			var labels []int
			var outcomes []scheduler.Outcome
			for _, s := range d.spans {
				labels = append(labels, s.Label)
				outcomes = append(outcomes, s.Outcome)
			}
			d.Equal([]int{1, 3, 2, 4}, labels)
			d.Equal([]scheduler.Outcome{scheduler.Completed, scheduler.Cancelled, scheduler.Cancelled, scheduler.TimedOut}, outcomes)
			_, how := d.end(0)
			d.Equal(scheduler.Completed, how, "the timeout elapsed in a span inside")
		},
		span(4, under(3*ms, append(span(1, step(program.IO, ms, 0)), span(2, span(3, step(program.IO, 50*ms, 0))...)...)...)...))
}

// TestACancelledTaskIsNotPolledOn: one that was never polled does nothing at all.
func TestACancelledTaskIsNotPolledOn(t *testing.T) {
	onEachDrop(t,
		func(d *dropped) {
			for _, f := range d.tasks[:len(d.tasks)-1] {
				d.Equal(scheduler.Cancelled, f.Outcome)
				d.Zero(f.Busy)
			}
		},
		[]program.Step{
			{Op: program.Spawn, Count: 8, Child: &program.Program{Steps: []program.Step{step(program.IO, ms, 0), step(program.Compute, ms, 0)}}},
			step(program.Cancel, 0, 0), step(program.IO, 50*ms, 0),
		})
}
