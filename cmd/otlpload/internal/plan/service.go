// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"errors"
	"fmt"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// flagsOf are the flags that keys of the service come from.
var flagsOf = []struct{ path, flag string }{
	{".name", "--service"},
	{".instances", "--instances"},
	{".runtime.model", "--runtime"},
	{".arrivals.rate", "--rate"},
	{".workload", "--preset"},
}

// checkService has package spec judge the service that is to be played. Its mistakes begin with the path of a key; where a flag has
// set that key, the flag's name takes its place.
func (p *Plan) checkService() (errs []error) {
	const path = "services[0]"
	_, err := spec.Decode([]any{map[string]any{
		"name":      p.Service,
		"instances": p.Request.Instances,
		"runtime":   map[string]any{"model": p.Request.Runtime},
		"arrivals":  map[string]any{"process": "poisson", "rate": p.Request.Rate},
		"workload":  p.Request.Preset,
	}})
	if err == nil {
		return nil
	}
	for mistake := range strings.SplitSeq(err.Error(), "\n") {
		rest := strings.TrimPrefix(mistake, path)
		told := fmt.Errorf("--preset %s, --runtime %s: %s", p.Request.Preset, p.Request.Runtime, strings.TrimPrefix(rest, "."))
		for _, f := range flagsOf {
			if message, is := strings.CutPrefix(rest, f.path+": "); is {
				told = errors.New(f.flag + ": " + message)
			}
		}
		errs = append(errs, told)
	}
	return errs
}
