// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"errors"
	"fmt"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/internal/odd"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/fleet"
)

// OddConfig is telemetry that is odd on purpose, beside the ordinary one.
type OddConfig struct {
	// Share of odd items: so many beside one ordinary item of each process and signal.
	Share float64 `mapstructure:"share"`
	// Kinds are names of package odd, or the begin of some and a star; empty: all.
	Kinds []string `mapstructure:"kinds"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// odd is what the fleet sends of it; nil: nothing.
func (c *OddConfig) odd() (*fleet.Odd, error) {
	var errs []error
	if !(c.Share >= 0 && c.Share <= 1) { // NaN is neither
		errs = append(errs, fmt.Errorf("odd.share: %v is not allowed; want 0 (none) to 1, a share of the ordinary items", c.Share))
	}
	for i, pattern := range c.Kinds {
		if !odd.AnySelected(pattern) {
			errs = append(errs, fmt.Errorf("odd.kinds[%d]: %q is not allowed; want a kind, or the begin of some and a star, such as span.*; kinds are %s",
				i, pattern, strings.Join(odd.Names(odd.Kinds()), ", ")))
		}
	}
	if len(c.Kinds) > 0 && c.Share == 0 {
		errs = append(errs, errors.New("odd.kinds: not allowed without odd.share; want share: 0.01, or the like, beside it"))
	}
	if len(errs) > 0 || c.Share == 0 {
		return nil, errors.Join(errs...)
	}
	of := &fleet.Odd{Share: c.Share}
	for _, kind := range odd.Kinds() {
		chosen := len(c.Kinds) == 0
		for _, pattern := range c.Kinds {
			chosen = chosen || odd.Selects(pattern, kind.Name)
		}
		if chosen {
			of.Kinds = append(of.Kinds, kind)
		}
	}
	return of, nil
}
