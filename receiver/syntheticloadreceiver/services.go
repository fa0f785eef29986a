// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"reflect"

	"go.opentelemetry.io/collector/confmap"

	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// Unmarshal implements confmap.Unmarshaler. What stands for an environment variable inside the services is replaced by its value.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	if err := conf.Unmarshal(c); err != nil {
		return err
	}
	c.Services = expanded(c.Services)
	return nil
}

// expanded replaces what confmap makes of a reference such as ${env:RATE}, because the services are read by package spec, which knows
// nothing of confmap. The reference may be meant as text or as a number, so both readings are kept.
func expanded(v any) any {
	switch v := v.(type) {
	case map[string]any:
		to := make(map[string]any, len(v))
		for key, value := range v {
			to[key] = expanded(value)
		}
		return to
	case []any:
		to := make([]any, len(v))
		for i, value := range v {
			to[i] = expanded(value)
		}
		return to
	}
	if value, text, is := reference(v); is {
		switch value.(type) {
		case map[string]any, []any:
			return expanded(value)
		}
		return spec.Reference{Value: value, Text: text}
	}
	return v
}

// reference takes confmap's internal.ExpandedValue apart, which has no exported name.
func reference(v any) (value any, text string, is bool) {
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Struct || r.Type().Name() != "ExpandedValue" {
		return nil, "", false
	}
	original, of := r.FieldByName("Original"), r.FieldByName("Value")
	if !original.IsValid() || !of.IsValid() || original.Kind() != reflect.String {
		return nil, "", false
	}
	return of.Interface(), original.String(), true
}
