// SPDX-License-Identifier: Apache-2.0

package costfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
)

// The profiles that are no files.
const (
	Default = "default"
	Seed    = "seed"
	Zero    = "zero"
)

// Names are the profiles that are no files.
func Names() []string { return []string{Default, Seed, Zero} }

// Open returns a profile by its name, or reads it from the file of that name. It is nil for the default, which the models have anyway. If
// there is no such file, the error wraps an [io/fs.PathError]; else it joins one error per mistake, each of which begins with the file.
func Open(name string) (*cost.Set, error) {
	switch name {
	case Default:
		return nil, nil //nolint:nilnil // nil is what workload.RuntimeSpec takes for the default
	case Zero:
		return new(cost.Zero), nil
	case Seed:
		return new(cost.Seed()), nil
	}
	text, err := os.ReadFile(name) //nolint:gosec // G304: the user names the file
	if err != nil {
		return nil, err
	}
	set, err := Parse(bytes.NewReader(text))
	if err != nil {
		var mistakes []error
		for line := range strings.SplitSeq(err.Error(), "\n") {
			mistakes = append(mistakes, fmt.Errorf("%s: %s", name, line))
		}
		return nil, errors.Join(mistakes...)
	}
	return &set, nil
}
