// SPDX-License-Identifier: Apache-2.0

package content

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// Fields of resources and scopes, in the order of their stamps.
var (
	resourceFields = stamp.ResourceFieldNames[:]
	scopeFields    = stamp.ScopeFieldNames[:]
)

// WantPath says how an attribute or field is named.
const WantPath = `an attribute such as span.attributes["http.route"], of span, datapoint, log, resource, scope, or attributes["x"] for the items of all signals; or a field such as span.events, metric.unit, log.body, scope.name`

// path is an attribute or field that the configuration names.
type path struct {
	text    string
	signals audit.Set
	part    audit.Part
	name    string // of the attribute, or of the field in full
	prefix  bool   // all attributes whose names begin so
}

var allSignals = audit.Set(0).With(audit.Traces).With(audit.Metrics).With(audit.Logs)

// contexts are the places of attributes by how OTTL calls them.
var contexts = map[string]struct {
	place   audit.Place
	signals audit.Set
}{
	"":          {audit.OnItem, allSignals},
	"span":      {audit.OnItem, audit.Set(0).With(audit.Traces)},
	"datapoint": {audit.OnItem, audit.Set(0).With(audit.Metrics)},
	"log":       {audit.OnItem, audit.Set(0).With(audit.Logs)},
	"resource":  {audit.OnResource, allSignals},
	"scope":     {audit.OnScope, allSignals},
}

// parsePath reads a path. A star at the end of an attribute's name stands for any rest.
func parsePath(text string) (p path, err error) {
	p = path{text: text, signals: allSignals, part: audit.Part{Place: audit.Field, Key: stamp.Key(text)}, name: text}
	if slices.Contains(resourceFields, text) || slices.Contains(scopeFields, text) {
		return p, nil
	}
	for signal, names := range stamp.FieldNames {
		if slices.Contains(names, text) {
			p.signals = audit.Set(0).With(audit.Signal(signal))
			return p, nil
		}
	}
	context, quoted, found := strings.Cut(text, "attributes[")
	if !found || !strings.HasSuffix(quoted, "]") || context != "" && !strings.HasSuffix(context, ".") {
		return p, fmt.Errorf("%q is not allowed; want %s", text, WantPath)
	}
	of, known := contexts[strings.TrimSuffix(context, ".")]
	name, err := strconv.Unquote(strings.TrimSuffix(quoted, "]"))
	if !known || err != nil || name == "" || stamp.IsStamp(name) {
		return p, fmt.Errorf("%q is not allowed; want %s", text, WantPath)
	}
	name, p.prefix = strings.CutSuffix(name, "*")
	p.signals, p.name, p.part = of.signals, name, audit.Part{Place: of.place, Key: stamp.Key(name)}
	return p, nil
}
