// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
)

// words say what a kind takes, for tables and schemas; empty if its name says it.
func words(k kind) string {
	switch k := k.(type) {
	case text:
		if k.oneOf != nil {
			return oneOf(k.oneOf)
		}
		return "text"
	case whole:
		return fmt.Sprintf("1 to %d", k.most)
	case unsigned:
		return "a whole number from 0"
	case integer:
		return "a whole number"
	case number:
		return k.words()
	case duration:
		return fmt.Sprintf("a duration from %s to %s", formatDuration(k.least), formatDuration(k.most))
	case boolean:
		return "true or false"
	case size:
		return "a size"
	case percentiles:
		return "percentiles"
	case ref:
		switch k.to {
		case "distribution":
			return "a duration or a distribution"
		case "steps":
			return "a list of steps"
		case "workload":
			return "the name of a preset"
		}
	}
	return ""
}

// words are the bounds.
func (n number) words() string {
	if n.above {
		return "a number of more than " + formatNumber(n.least) + " and at most " + formatNumber(n.most)
	}
	return "a number from " + formatNumber(n.least) + " to " + formatNumber(n.most)
}
