// SPDX-License-Identifier: Apache-2.0

package process

// Mutex is an async mutex.
//
// Tokio's is a semaphore with one permit. An unlock hands it to the task that has waited longest: nobody can take it in between.
//
// async-lock's is free after an unlock. The unlock notifies the operation that has waited longest, which tries again when its task is
// polled; a task that runs before may take the mutex. An operation that has waited for more than half a millisecond and tries in vain is
// starved. While any is, nobody takes the mutex but an operation that was notified.
type Mutex struct {
	crate   Crate
	locked  bool
	waiters waiters
	// Of async-lock:
	notified int // operations that were notified and have not tried since
	starved  int // operations
}

// UsedBy is whose rules the mutex follows, when a runtime uses it.
func (m *Mutex) UsedBy(runtimes Crate) Crate { return m.crate.usedBy(runtimes) }

// TryLock takes the mutex if nobody holds it, and none is starved.
func (m *Mutex) TryLock() bool {
	if m.locked || m.starved > 0 {
		return false
	}
	m.locked = true
	return true
}

// Unlock frees the mutex. It returns who must be woken; nobody if none waits. Tokio's mutex is then that task's.
func (m *Mutex) Unlock() (next Waiter) {
	if m.crate == SmolRS {
		m.locked = false
		return m.notify()
	}
	next = m.waiters.pop()
	m.locked = next != Waiter{}
	return next
}

// Await lets a task wait for Tokio's mutex. When the task is woken, the mutex is the task's.
func (m *Mutex) Await(w Waiter) { m.waiters.push(w) }

// GiveUp takes out a task that waits no longer for Tokio's mutex.
func (m *Mutex) GiveUp(w Waiter) { m.waiters.remove(w) }

// Listen lets an operation of async-lock wait, which has tried in vain. It is starved at once if another is.
func (m *Mutex) Listen(w Waiter) (starved bool) {
	m.waiters.push(w)
	if m.starved == 0 {
		return false
	}
	m.starved++
	return true
}

// Retry lets an operation of async-lock that was notified try again; long: it has waited for so long that it may not try for ever. If
// it tries in vain, it waits behind the others, from now on perhaps as a starved one. Next must be woken then.
func (m *Mutex) Retry(w Waiter, starved, long bool) (locked, nowStarved bool, next Waiter) {
	m.notified--
	switch {
	case starved && !m.locked:
		return m.lockStarved(), true, Waiter{}
	case starved:
	case m.TryLock():
		return true, false, Waiter{}
	case m.starved > 0: // the notification was perhaps meant for that one
		next = m.notify()
		m.starved++
	case !long:
		m.waiters.push(w)
		return false, false, Waiter{}
	default:
		m.starved++
	}
	m.waiters.push(w)
	switch {
	case m.locked:
		return false, true, next
	case m.starved == 1:
		m.waiters.remove(w)
		return m.lockStarved(), true, next
	}
	switch first := m.notify(); first { // the mutex is free, and a starved operation's
	case w:
		m.notified--
		return m.lockStarved(), true, next
	case Waiter{}:
		return false, true, next
	default:
		return false, true, first
	}
}

func (m *Mutex) lockStarved() (locked bool) {
	m.locked = true
	m.starved--
	return true
}

// Leave takes out an operation of async-lock whose task waits no longer. If it was notified, another is, which must be woken.
func (m *Mutex) Leave(w Waiter, starved, notified bool) (next Waiter) {
	if starved {
		m.starved--
	}
	if !notified {
		m.waiters.remove(w)
		return Waiter{}
	}
	m.notified--
	return m.notify()
}

// notify notifies the operation that has waited longest, unless there is one that was notified and has not tried yet.
func (m *Mutex) notify() (next Waiter) {
	if m.notified > 0 {
		return Waiter{}
	}
	next = m.waiters.pop()
	if next != (Waiter{}) {
		m.notified++
	}
	return next
}
