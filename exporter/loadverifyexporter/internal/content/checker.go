// SPDX-License-Identifier: Apache-2.0

package content

import "github.com/runtimelab/otelcol-runtimelab/internal/audit"

// Checker holds the items of a batch against their stamps. Not safe for concurrent use: the goroutines that consume have one each.
type Checker struct {
	rules           *Rules
	signal          audit.Signal
	resource, scope place
	missed          []int // of those sent, in attributes
	clean           *clean
}

// place is what was found of the resource or scope that items are in.
type place struct {
	findings
	id      uint32 // of its stamp; 0: it has none, or it is damaged
	scanned []audit.Fault
}

// New makes a checker.
func New(rules *Rules) *Checker {
	c := &Checker{rules: rules}
	if rules.pattern.any != nil {
		c.clean = &clean{}
	}
	return c
}

// name is a key as a report may show it.
func (c *Checker) name(key string) string { return c.rules.Mask(key) }
