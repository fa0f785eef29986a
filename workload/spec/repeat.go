// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A repeat stands for its steps, so many times: as if they were written one after the other. A program has no such step, so that what comes
// out of Decode is the same as without it, and whatever reads programs needs to know nothing of it. What it expands to counts towards
// mostSteps.

var repeatForm = form{name: "repeat", means: "Steps that are done several times, one time after the other.", keys: []key{
	{name: "times", takes: whole{mostSteps}, missing: "how often", means: "How often. All steps of all services together are at most " + strconv.Itoa(mostSteps) + ", each repetition counted."},
	stepsKey,
}}

func (l *stepList) repeat(v value) {
	l.depth++
	defer func() { l.depth-- }()
	if l.depth > deepestSpawn {
		v.fail(fmt.Sprintf("a repeat inside %d others; want at most %d", l.depth-1, deepestSpawn-1))
		return
	}
	t, ok := v.table(&repeatForm)
	if !ok {
		return
	}
	times := 0
	t.whole("times", &times)
	steps, ok := t.get("steps")
	if !ok {
		return
	}
	before := v.in.count()
	for n := range max(times, 1) { // once even if the number is wrong, for the mistakes inside
		l.items(steps)
		if v.in.count() > before {
			return // the same is wrong each time
		}
		if v.in.steps > mostSteps {
			times := t.child("times")
			times.fail(fmt.Sprintf("%s is not allowed; %d times already make more than %d steps of all services, those of their workloads included; want fewer",
				times.describe(), n+1, mostSteps))
			return
		}
	}
}

// leastRepeated and longestRepeated are what folded takes for a repetition: at least so many times, at most so many steps.
const (
	leastRepeated   = 3
	longestRepeated = 64
)

// folded writes what stands in a list several times, one time after the other, as a repeat.
func folded(items []*yaml.Node) []*yaml.Node {
	if len(items) < leastRepeated {
		return items
	}
	texts := make([]string, len(items))
	for i := range items {
		texts[i] = textOf(items[i])
	}
	var all []*yaml.Node
	for i := 0; i < len(items); {
		period, times := repetition(texts[i:])
		if times < leastRepeated {
			all = append(all, items[i])
			i++
			continue
		}
		repeat := (&tree{}).value("times", times).set("steps", list(folded(items[i:i+period])))
		all = append(all, only("repeat", repeat.node()))
		i += period * times
	}
	return all
}

// repetition finds what the list begins with several times: the longest stretch that is made so, and of those the one of the shortest period.
func repetition(texts []string) (period, times int) {
	for p := 1; p <= min(longestRepeated, len(texts)/leastRepeated); p++ {
		n := 1
		for (n+1)*p <= len(texts) && slices.Equal(texts[(n-1)*p:n*p], texts[n*p:(n+1)*p]) {
			n++
		}
		if n >= leastRepeated && n*p > period*times {
			period, times = p, n
		}
	}
	return period, times
}

// textOf tells nodes apart that are written differently.
func textOf(n *yaml.Node) string {
	var text strings.Builder
	var write func(n *yaml.Node)
	write = func(n *yaml.Node) {
		fmt.Fprintf(&text, "%d %s %q(", n.Kind, n.Tag, n.Value)
		for _, child := range n.Content {
			write(child)
		}
		text.WriteByte(')')
	}
	write(n)
	return text.String()
}
