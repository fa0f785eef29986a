// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
)

// valueOf returns the text of an attribute, empty if it has none: a list or map is not looked into.
func valueOf(attributes pcommon.Map, name string) string {
	s, _ := textOf(attributes, name)
	return s
}

// textOf returns the text of an attribute, and whether the attribute is there and has one.
func textOf(attributes pcommon.Map, name string) (s string, ok bool) {
	if value, present := attributes.Get(name); present {
		return untrusted.Text(value)
	}
	return "", false
}
