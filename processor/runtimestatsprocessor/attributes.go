// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
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

// routes are the attributes that tell requests apart whose spans have the same name, the best first: tower-http calls each span request.
var routes = [...]string{semconv.HTTPRoute, "url.path", "uri", "http.target"}

// nameOf returns what to call a span: its name, and the route of its request if the name does not say it. What follows a question mark is no
// part of a route, and may be a secret.
func nameOf(span ptrace.Span) string {
	name := untrusted.Cut(span.Name())
	for _, attribute := range routes {
		route, _, _ := strings.Cut(untrusted.Cut(valueOf(span.Attributes(), attribute)), "?")
		if route != "" {
			if !strings.Contains(name, route) {
				name += " " + route
			}
			break
		}
	}
	return strings.Clone(name)
}
