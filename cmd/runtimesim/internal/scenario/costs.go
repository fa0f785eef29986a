// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/internal/costfile"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
)

// The values of --cost that are no files.
const (
	CostDefault = "default"
	CostZero    = "zero"
	CostSeed    = "seed"
)

// openCosts reads the value of --cost; nil: the models' own.
func openCosts(name string) (*cost.Set, error) {
	switch name {
	case "", CostDefault:
		return nil, nil //nolint:nilnil // nil is what workload.RuntimeSpec takes for the default
	case CostZero:
		return new(cost.Zero), nil
	case CostSeed:
		return new(cost.Seed()), nil
	}
	text, err := readFile("--cost", name, "default, seed or zero")
	if err != nil {
		return nil, err
	}
	set, err := costfile.Parse(bytes.NewReader(text))
	if err != nil {
		var mistakes []error
		for line := range strings.SplitSeq(err.Error(), "\n") {
			mistakes = append(mistakes, fmt.Errorf("%s: %s", name, line))
		}
		return nil, errors.Join(mistakes...)
	}
	return &set, nil
}
