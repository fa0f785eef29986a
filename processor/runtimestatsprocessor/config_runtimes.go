// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/runtimes"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// RuntimeConfig names the runtime of the spans that match.
type RuntimeConfig struct {
	// Match holds patterns, in which * stands for any number of any characters. Its entries are `thread.name`, `scope.name`
	// and the names of resource attributes; all of them must match.
	Match map[string]string `mapstructure:"match"`

	// Name is the async_runtime.name that these spans get.
	Name string `mapstructure:"name"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// maxRules bounds the entries of `runtimes`: each is looked at for every resource.
const maxRules = 100

func validateRuntimes(entries []RuntimeConfig, reject func(key string, value any, want string)) {
	if n := len(entries); n > maxRules {
		reject("runtimes", fmt.Sprintf("%d entries", n), fmt.Sprintf("at most %d", maxRules))
	}
	for i, r := range entries {
		key := fmt.Sprintf("runtimes[%d].", i)
		if len(r.Match) == 0 {
			reject(key+"match", "{}", "thread.name, scope.name or a resource attribute, and a pattern")
		}
		for _, entry := range slices.Sorted(maps.Keys(r.Match)) {
			switch {
			case entry == "":
				reject(key+`match.""`, fmt.Sprintf("%q", r.Match[entry]), "thread.name, scope.name or a resource attribute")
			case r.Match[entry] == "":
				reject(key+"match."+entry, `""`, "a pattern; * stands for any characters")
			}
		}
		if semconv.RuntimeNamed(r.Name) == nil {
			reject(key+"name", fmt.Sprintf("%q", r.Name), "one of "+strings.Join(semconv.RuntimeNames(), ", "))
		}
	}
}

func runtimeRules(entries []RuntimeConfig) []runtimes.Rule {
	var rules []runtimes.Rule
	for _, r := range entries {
		rules = append(rules, runtimes.NewRule(r.Match, r.Name))
	}
	return rules
}
