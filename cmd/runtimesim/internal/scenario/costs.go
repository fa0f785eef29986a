// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"errors"
	"io/fs"

	"github.com/runtimelab/otelcol-runtimelab/internal/costfile"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
)

// openCosts reads the value of --cost; nil: the models' own.
func openCosts(name string) (*cost.Set, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // nil is what workload.RuntimeSpec takes for the default
	}
	set, err := costfile.Open(name)
	if none, is := errors.AsType[*fs.PathError](err); is {
		return nil, noFile("--cost", name, "default, seed or zero", costfile.Names(), none)
	}
	return set, err
}
