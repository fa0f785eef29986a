// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// names are the keys of attributes by their hash. What is gone from all items has no name but from an end marker, or from an expectation.
type names struct {
	byHash map[uint32]string
}

// mostNames bounds the names of a run.
const mostNames = 4096

// learn takes the keys that somebody tells.
func (n *names) learn(keys ...string) {
	if n.byHash == nil {
		n.byHash = map[uint32]string{}
	}
	for _, key := range keys {
		if len(n.byHash) < mostNames {
			n.byHash[stamp.Key(key)] = shown(key)
		}
	}
}

// contexts are how OTTL calls the items of each signal.
var contexts = [Signals]string{Traces: "span", Metrics: "datapoint", Logs: "log"}

// registered are the attributes that synthetic_load is known to send, whoever tells.
var registered = sync.OnceValue(func() map[uint32]string {
	known := map[uint32]string{}
	for i := range semconv.Attributes {
		name := semconv.Attributes[i].Name
		known[stamp.Key(name)] = name
	}
	return known
})

// path writes a part of an item as OTTL does. A field's name is a path.
func (n *names) path(signal Signal, of Part, name string) string {
	if of.Place == Field {
		return name
	}
	if name == "" {
		name = n.byHash[of.Key]
	}
	if name == "" {
		name = registered()[of.Key]
	}
	if name == "" {
		name = fmt.Sprintf("?%08x", of.Key) // nobody has told
	}
	context := [...]string{OnItem: contexts[signal], OnResource: "resource", OnScope: "scope"}[of.Place]
	return context + ".attributes[" + strconv.Quote(name) + "]"
}

// shown is a name that may stay in memory when its batch is gone.
func shown(name string) string {
	if len(name) > LongestName {
		name = name[:LongestName]
	}
	return strings.ToValidUTF8(strings.Clone(name), "?")
}
