// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// tree is a map of YAML that is being written. Its keys keep their order, for people.
type tree struct{ pairs []*yaml.Node }

// set adds a key.
func (t *tree) set(key string, v *yaml.Node) *tree {
	t.pairs = append(t.pairs, scalar(key), v)
	return t
}

// value adds a key with text, a number or a truth value.
func (t *tree) value(key string, v any) *tree { return t.set(key, scalar(v)) }

func (t *tree) duration(key string, d sim.Time) *tree { return t.value(key, writtenDuration(d)) }

// node is the map. A map of scalars alone stands on one line.
func (t *tree) node() *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: t.pairs}
	for _, p := range t.pairs {
		if p.Kind != yaml.ScalarNode && p.Style != yaml.FlowStyle {
			return n
		}
	}
	n.Style = yaml.FlowStyle
	return n
}

// list is a list of YAML.
func list(items []*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: items}
}

// only is a map of one key.
func only(key string, v *yaml.Node) *yaml.Node { return (&tree{}).set(key, v).node() }

// scalar is a text, number or truth value. Text that looks like a number is quoted.
func scalar(v any) *yaml.Node {
	n := &yaml.Node{}
	if err := n.Encode(v); err != nil {
		panic(err) // it is a scalar
	}
	return n
}

// float is a number that stays one of floating point when it is read, whole or not.
func float(f float64) *yaml.Node {
	n := scalar(f)
	if strings.Trim(n.Value, "-0123456789") == "" {
		n.Value, n.Tag = n.Value+".0", "!!float"
	}
	return n
}

// writtenDuration is the duration in ASCII. time.ParseDuration reads it to the nanosecond.
func writtenDuration(d sim.Time) string { return strings.Replace(formatDuration(d), "µ", "u", 1) }
