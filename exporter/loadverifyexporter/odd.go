// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"errors"
	"fmt"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/odd"
)

// OddConfig is what a pipeline does with items that are odd on purpose: by kinds, or the begin of some and a star. Others must arrive as they
// were sent, or the generator must have been told that they are refused.
type OddConfig struct {
	// Dropped must not arrive.
	Dropped []string `mapstructure:"dropped"`
	// Changed must arrive, and not as they were sent.
	Changed []string `mapstructure:"changed"`
	// Either may be dropped or changed, or not.
	Either []string `mapstructure:"either"`

	// prevent unkeyed literal initialization
	_ struct{}
}

func (c *OddConfig) validate() error {
	var errs []error
	seen := map[string]string{}
	for _, list := range []struct {
		key      string
		patterns []string
	}{{"dropped", c.Dropped}, {"changed", c.Changed}, {"either", c.Either}} {
		for i, pattern := range list.patterns {
			key := fmt.Sprintf("expect.odd.%s[%d]", list.key, i)
			if !odd.AnySelected(pattern) {
				errs = append(errs, fmt.Errorf("%s: %q is not allowed; want a kind, or the begin of some and a star, such as span.*; kinds are %s",
					key, pattern, strings.Join(odd.Names(odd.Kinds()), ", ")))
				continue
			}
			if at, known := seen[pattern]; known {
				errs = append(errs, fmt.Errorf("%s: %q is not allowed twice; want it in %s alone", key, pattern, at))
			}
			seen[pattern] = key
		}
	}
	return errors.Join(errs...)
}

func (c *OddConfig) expectation() *audit.OddExpectation {
	return &audit.OddExpectation{Dropped: c.Dropped, Changed: c.Changed, Either: c.Either}
}
