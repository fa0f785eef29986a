// SPDX-License-Identifier: Apache-2.0

package process

// Channel is a bounded channel.
//
// Tokio's is a semaphore with a permit for each place, and a list of messages. Who takes a message hands the place to the sender that has
// waited longest, which puts its message there when it is polled. Tokio's channel has one receiver. If several tasks share the receiver,
// they take turns: one of them waits for a message, the others wait for its turn to end.
//
// async-channel's tells the sender that has waited longest, which tries again when it is polled; a sender that runs before may take the
// place. Receivers do the same with messages. An operation tries at each poll, whether it was notified or not. One that was notified and
// succeeds notifies the next of its kind: so that a place or a message which several were notified for is not forgotten.
type Channel struct {
	crate     Crate
	messages  int
	senders   waiters // the channel is full; each sender has a message in hand
	receivers waiters // the channel is empty; Tokio's: or another has the turn
	// Of Tokio's:
	promised int    // places that are senders', which have not put their messages there
	turn     Waiter // the task that receives; nobody: whoever comes
	first    Waiter // who is woken by the next message: the same task, or one that gave up while nobody had the turn after it
}

// UsedBy is whose rules the channel follows, when a runtime uses it.
func (c *Channel) UsedBy(runtimes Crate) Crate { return c.crate.usedBy(runtimes) }

// TrySend puts a message into the channel unless that is full. The receiver, if there is one, must be woken.
func (c *Channel) TrySend(capacity int) (receiver Waiter, sent bool) {
	if c.messages+c.promised >= capacity {
		return Waiter{}, false
	}
	return c.put(), true
}

// Deliver puts the message of a sender into Tokio's channel, at the place that is the sender's.
func (c *Channel) Deliver() (receiver Waiter) {
	c.promised--
	return c.put()
}

func (c *Channel) put() (receiver Waiter) {
	c.messages++
	if c.crate == SmolRS {
		return c.receivers.pop()
	}
	receiver, c.first = c.first, Waiter{}
	return receiver
}

// TryReceive takes a message from the channel unless that is empty, or another's turn. A sender, if there is one, must be woken.
func (c *Channel) TryReceive(by Waiter) (sender Waiter, received bool) {
	if c.messages == 0 || c.turn != (Waiter{}) && !c.turn.same(by) {
		return Waiter{}, false
	}
	c.messages--
	return c.free(), true
}

// free gives a place that became free to the sender that has waited longest.
func (c *Channel) free() (sender Waiter) {
	sender = c.senders.pop()
	if c.crate != SmolRS && sender != (Waiter{}) {
		c.promised++
	}
	return sender
}

// AwaitPlace lets a sender wait. When it is woken, a place of Tokio's channel is its own; at async-channel's it must try again.
func (c *Channel) AwaitPlace(w Waiter) { c.senders.push(w) }

// AwaitMessage lets a receiver wait. When it is woken it must try again.
func (c *Channel) AwaitMessage(w Waiter) {
	switch {
	case c.crate == SmolRS, c.turn != (Waiter{}) && !c.turn.same(w):
		c.receivers.push(w)
	default:
		c.turn, c.first = w, w
	}
}

// HasTurn reports whether it is a receiver's turn at Tokio's channel, which others may wait for.
func (c *Channel) HasTurn(w Waiter) bool { return c.turn.same(w) }

// NextTurn ends the turn of a receiver of Tokio's channel. The next one must be woken.
func (c *Channel) NextTurn() (receiver Waiter) {
	c.turn = c.receivers.pop()
	return c.turn
}

// NextSender is woken when a sender of async-channel's that was notified needs its notification no longer.
func (c *Channel) NextSender() (sender Waiter) { return c.senders.pop() }

// NextReceiver is woken when a receiver of async-channel's that was notified needs its notification no longer.
func (c *Channel) NextReceiver() (receiver Waiter) { return c.receivers.pop() }

// GiveUpPlace takes out a sender that waits no longer.
func (c *Channel) GiveUpPlace(w Waiter) { c.senders.remove(w) }

// ReturnPlace is for a sender of Tokio's channel that does not use the place which is its own: the next one, if there is one, must be woken.
func (c *Channel) ReturnPlace() (sender Waiter) {
	c.promised--
	return c.free()
}

// GiveUpMessage takes out a receiver that waits no longer. If it had the turn, the next one must be woken.
func (c *Channel) GiveUpMessage(w Waiter) (receiver Waiter) {
	if c.HasTurn(w) {
		return c.NextTurn()
	}
	c.receivers.remove(w)
	return Waiter{}
}
