// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/fleet"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// ClassConfig is a part of the load that load_verify counts by itself. All conditions must hold; patterns are RE2, and match anywhere.
type ClassConfig struct {
	// Name of the class.
	Name string `mapstructure:"name"`
	// Signals whose items may belong to it; empty: all.
	Signals []string `mapstructure:"signals"`
	// WholeTraces: it has all spans of each trace of which one span matches.
	WholeTraces bool `mapstructure:"whole_traces"`
	// Service is a pattern for the name of the service.
	Service string `mapstructure:"service"`
	// Item is a pattern for the name of a span or metric, or the body of a log record.
	Item string `mapstructure:"item"`
	// Status of a span: unset, ok or error.
	Status string `mapstructure:"status"`
	// Attributes are patterns for values of attributes of the item, by key.
	Attributes map[string]string `mapstructure:"attributes"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// restOfClasses is what items of no class are called.
const restOfClasses = "rest"

var statuses = map[string]ptrace.StatusCode{"unset": ptrace.StatusCodeUnset, "ok": ptrace.StatusCodeOk, "error": ptrace.StatusCodeError}

// class reads the configuration of a class that is called key.
func (c *ClassConfig) class(key string) (of fleet.Class, err error) {
	of = fleet.Class{Name: c.Name, Traces: c.WholeTraces, Attributes: map[string]*regexp.Regexp{}}
	var errs []error
	wrong := func(below string, value any, want string) {
		errs = append(errs, fmt.Errorf("%s.%s: %q is not allowed; want %s", key, below, value, want))
	}
	if c.Name == "" || c.Name == restOfClasses || len(c.Name) > stamp.LongestClass {
		wrong("name", c.Name, fmt.Sprintf("1 to %d bytes, and not %s, which is what belongs to no class", stamp.LongestClass, restOfClasses))
	}
	pattern := func(below, text string) *regexp.Regexp {
		compiled, err := regexp.Compile(text)
		if err != nil {
			wrong(below, text, "a pattern in RE2: "+what(err))
		}
		return compiled
	}
	if c.Service != "" {
		of.Service = pattern("service", c.Service)
	}
	if c.Item != "" {
		of.Item = pattern("item", c.Item)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Attributes)) {
		of.Attributes[name] = pattern(fmt.Sprintf("attributes[%q]", name), c.Attributes[name])
	}
	if c.Status != "" {
		code, known := statuses[c.Status]
		if !known {
			wrong("status", c.Status, "unset, ok or error")
		}
		of.Status = &code
	}
	for i, name := range c.Signals {
		s, known := semconv.SignalNamed(name)
		if !known {
			wrong(fmt.Sprintf("signals[%d]", i), name, "some of "+strings.Join(semconv.SignalNames[:], ", "))
			continue
		}
		of.Signals[s] = true
	}
	if len(c.Signals) == 0 {
		of.Signals = [semconv.NumSignals]bool{true, true, true}
	}
	if c.WholeTraces {
		of.Signals = [semconv.NumSignals]bool{semconv.SignalTraces: true}
	}
	return of, errors.Join(errs...)
}

// what is wrong with a pattern, without the pattern.
func what(err error) string {
	if wrong := (*syntax.Error)(nil); errors.As(err, &wrong) {
		return wrong.Code.String()
	}
	return err.Error()
}
