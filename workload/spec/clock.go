// SPDX-License-Identifier: Apache-2.0

package spec

import "github.com/runtimelab/otelcol-runtimelab/workload"

func directionNames() (names []string) {
	for _, d := range workload.Directions() {
		names = append(names, d.String())
	}
	return names
}

var clockForm = form{name: "clock", means: "How far the clocks of the service's machines are off. All times that an instance tells move by as much; durations do not.", keys: []key{
	{name: "skew", takes: ref{"distribution"}, missing: "a duration or a distribution", means: "How far one clock is off, drawn once for each instance."},
	{name: "direction", takes: text{directionNames()}, initial: workload.EitherWay.String(), means: "Whether clocks are ahead, behind, or drawn for each instance, one as often as the other."},
}}

// readClock reads the clock of a service.
func readClock(v value, c *workload.Clock) {
	t, ok := v.table(&clockForm)
	if !ok {
		return
	}
	if skew, ok := t.get("skew"); ok {
		c.Skew = readDistribution(skew)
	}
	if t.has("direction") {
		c.Direction = workload.Directions()[max(0, t.choice("direction"))]
	}
}
