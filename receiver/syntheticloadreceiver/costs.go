// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/internal/costfile"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
)

// costs reads what the primitives of the runtimes cost, from the name of a profile or file; nil: the models' own costs.
func costs(name string) (*cost.Set, error) {
	set, err := costfile.Open(name)
	if err == nil {
		return set, nil
	}
	if none, is := errors.AsType[*fs.PathError](err); is {
		return nil, fmt.Errorf("runtime_cost: %q is not default, seed or zero, and no file: %w", name, none)
	}
	var mistakes []error
	for line := range strings.SplitSeq(err.Error(), "\n") {
		mistakes = append(mistakes, fmt.Errorf("runtime_cost: %s", line))
	}
	return nil, errors.Join(mistakes...)
}
