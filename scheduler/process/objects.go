// SPDX-License-Identifier: Apache-2.0

package process

// Mutex is an async mutex. Unlock hands it to the next waiter: nobody can take it in between.
type Mutex struct {
	locked  bool
	waiters waiters
}

// TryLock takes the mutex if nobody holds it.
func (m *Mutex) TryLock() bool {
	if m.locked {
		return false
	}
	m.locked = true
	return true
}

// Await lets a task wait for the mutex. When the task is woken, the mutex is the task's.
func (m *Mutex) Await(w Waiter) { m.waiters.push(w) }

// GiveUp takes out a task that waits no longer.
func (m *Mutex) GiveUp(w Waiter) { m.waiters.remove(w) }

// Unlock hands the mutex to the task that has waited longest, which must be woken; nobody if none waits.
func (m *Mutex) Unlock() (next Waiter) {
	next = m.waiters.pop()
	m.locked = next != Waiter{}
	return next
}

// Channel is a bounded channel.
type Channel struct {
	messages  int
	senders   waiters // the channel is full; each sender has a message in hand
	receivers waiters // the channel is empty
}

// TrySend puts a message into the channel unless that is full. The receiver that has waited longest, if there is one, must be woken.
func (c *Channel) TrySend(capacity int) (receiver Waiter, sent bool) {
	if c.messages >= capacity {
		return Waiter{}, false
	}
	c.messages++
	return c.receivers.pop(), true
}

// TryReceive takes a message from the channel unless that is empty. The sender that has waited longest, if there is one, must be
// woken: its message has the place that became free.
func (c *Channel) TryReceive() (sender Waiter, received bool) {
	if c.messages == 0 {
		return Waiter{}, false
	}
	c.messages--
	sender = c.senders.pop()
	if sender != (Waiter{}) {
		c.messages++
	}
	return sender, true
}

// AwaitPlace lets a sender wait. When it is woken, its message is in the channel.
func (c *Channel) AwaitPlace(w Waiter) { c.senders.push(w) }

// AwaitMessage lets a receiver wait. When it is woken it must try again: another may have been faster.
func (c *Channel) AwaitMessage(w Waiter) { c.receivers.push(w) }

// GiveUpPlace takes out a sender that waits no longer.
func (c *Channel) GiveUpPlace(w Waiter) { c.senders.remove(w) }

// GiveUpMessage takes out a receiver that waits no longer.
func (c *Channel) GiveUpMessage(w Waiter) { c.receivers.remove(w) }

// PassOn is for a receiver that was woken for a message and waits no longer: another receiver, if there is one, must be woken.
func (c *Channel) PassOn() (receiver Waiter) { return c.receivers.pop() }
