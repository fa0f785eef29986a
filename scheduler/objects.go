package scheduler

import "github.com/runtimelab/otelcol-runtimelab/scheduler/program"

// What tasks of a process share: async mutexes and bounded channels. Both serve waiting tasks in the order in which they
// came, as Tokio's do. A task that waits is in no run queue, so the link of the queues serves for waiting too.

// mutex is an async mutex. Unlock hands it to the next waiter: nobody can take it in between.
type mutex struct {
	locked  bool
	waiters Queue
}

// channel is a bounded channel.
type channel struct {
	messages  int
	senders   Queue // full: each has a message in hand
	receivers Queue // empty
}

// stepObject does a step on a mutex or channel. more: the step is done and the task goes on; otherwise the action says
// what is to do first.
func (ts *Tasks) stepObject(id TaskID, t *Task, st *program.Step) (a Action, more bool) {
	if st.Op == program.Unlock {
		t.step++
		m := grow(&ts.mutexes, st.Object)
		if next := m.waiters.Pop(ts); next != 0 {
			return Action{Kind: Wake, Other: next}, false
		}
		m.locked = false
		return Action{}, true
	}
	if ts.exhausted() {
		return t.forceYield(), false
	}
	switch st.Op {
	case program.Lock:
		t.step++ // waiting or not, the lock is the task's when it goes on
		m := grow(&ts.mutexes, st.Object)
		if m.locked {
			t.resuming = true
			m.waiters.Push(ts, id)
			return Action{Kind: Wait}, false
		}
		m.locked = true
	case program.Send:
		t.step++ // likewise the message's place
		c := grow(&ts.channels, st.Object)
		if c.messages == st.Count {
			t.resuming = true
			c.senders.Push(ts, id)
			return Action{Kind: Wait}, false
		}
		c.messages++
		ts.spend()
		if receiver := c.receivers.Pop(ts); receiver != 0 {
			return Action{Kind: Wake, Other: receiver}, false
		}
		return Action{}, true
	default: // Receive
		c := grow(&ts.channels, st.Object)
		if c.messages == 0 {
			c.receivers.Push(ts, id) // and looks again when woken: another may be faster
			return Action{Kind: Wait}, false
		}
		t.step++
		c.messages--
		ts.spend()
		if sender := c.senders.Pop(ts); sender != 0 {
			c.messages++
			return Action{Kind: Wake, Other: sender}, false
		}
		return Action{}, true
	}
	ts.spend()
	return Action{}, true
}

// grow returns the object of an index, after making room for it.
func grow[T any](objects *[]T, index int) *T {
	for len(*objects) <= index {
		*objects = append(*objects, *new(T))
	}
	return &(*objects)[index]
}
