// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"strconv"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

const defaultCapacity = 100

var channelForm = form{name: "channel", means: "A message of a bounded channel. One of send and receive is there.", keys: []key{
	{name: "send", takes: text{}, means: "Name of the channel to put a message into. The task waits in order while it is full."},
	{name: "receive", takes: text{}, means: "Name of the channel to take a message from. The task waits while it is empty."},
	{name: "capacity", takes: whole{workload.MostCapacity}, initial: strconv.Itoa(defaultCapacity), means: "Messages that the channel holds, said beside send. All that send to it say the same, or nothing."},
}}

// objects are the mutexes and channels of a process. All its runtimes share them.
type objects struct {
	mutexes, channels numbering
	capacities        map[string]int
}

// numbering counts names as they come.
type numbering struct {
	names   []string
	numbers map[string]int
}

// number is that of a name; a new name gets the next one.
func (n *numbering) number(name string) int {
	number, known := n.numbers[name]
	if !known {
		if n.numbers == nil {
			n.numbers = map[string]int{}
		}
		number = len(n.names)
		n.numbers[name] = number
		n.names = append(n.names, name)
	}
	return number
}

// channel reads a step that sends to a channel or receives from it.
func (o *objects) channel(v value) program.Step {
	t, ok := v.table(&channelForm)
	if !ok {
		return program.Step{}
	}
	if t.has("send") == t.has("receive") {
		v.fail("want one of send and receive, with the channel's name")
		return program.Step{}
	}
	if receive, ok := t.get("receive"); ok {
		if capacity, ok := t.get("capacity"); ok {
			capacity.fail("belongs to send")
		}
		return program.Step{Op: program.Receive, Object: o.channels.number(receive.text())}
	}
	var name string
	t.text("send", &name)
	capacity, known := o.capacities[name]
	if !known {
		capacity = defaultCapacity
	}
	own := capacity
	t.whole("capacity", &own)
	if own != capacity && known {
		t.child("capacity").fail(fmt.Sprintf("%d differs from the %d of a send before; want one capacity for channel %q", own, capacity, name))
	} else {
		capacity = own
	}
	if o.capacities == nil {
		o.capacities = map[string]int{}
	}
	o.capacities[name] = capacity
	return program.Step{Op: program.Send, Object: o.channels.number(name), Count: capacity}
}
