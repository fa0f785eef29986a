// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// chance makes random services by the forms.
type chance struct {
	sim.Rand

	forms map[string]*form
	depth int
}

func newChance(seed uint64) *chance {
	c := &chance{Rand: sim.Stream(seed), forms: map[string]*form{}}
	for _, f := range []*form{
		&operationForm, &hostForm, &quotaForm, &connectionsForm, &exportForm, &lateForm, &clockForm, &resourceForm, &stageForm, &errorsForm, &linksForm, &spanForm, &eventForm, &spawnForm, &timeoutForm, &repeatForm, &channelForm, &metricForm, &logForm,
	} {
		c.forms[f.name] = f
	}
	return c
}

// table has the keys that must be there, and some of the others.
func (c *chance) table(f *form, without ...string) map[string]any {
	t := map[string]any{}
	for i := range f.keys {
		k := &f.keys[i]
		if k.missing == "" && c.IntN(3) > 0 || slices.Contains(without, k.name) {
			continue
		}
		t[k.name] = c.value(k.takes)
	}
	if least, ok := t["min"]; ok && t["max"] != nil {
		t["max"] = least
	}
	if f == &repeatForm { // within each other they multiply
		t["times"] = 1 + c.IntN(4)
	}
	if _, traced := t["name"]; f == &spawnForm && !traced {
		for _, key := range []string{"kind", "attributes", "errors", "links"} {
			delete(t, key)
		}
	}
	return t
}

func (c *chance) value(of kind) any {
	switch k := of.(type) {
	case text:
		if k.oneOf != nil {
			return k.oneOf[c.IntN(len(k.oneOf))]
		}
		return []string{"a", "b", "1.5", "x: y", "true"}[c.IntN(5)]
	case whole:
		return 1 + c.IntN(min(k.most, 20))
	case unsigned:
		return c.Uint64()
	case integer:
		return int64(c.IntN(100))
	case number:
		return k.most - c.Float64()*(k.most-k.least)/2
	case boolean:
		return c.IntN(2) == 0
	case duration:
		return writtenDuration(k.least + 1 + sim.Time(c.IntN(int(k.most/1000))))
	case size:
		return writtenSize(1 + c.IntN(5000))
	case nothing:
		return nil
	case listOf:
		items := make([]any, 1+c.IntN(3))
		for i := range items {
			items[i] = c.value(k.item)
		}
		return items
	case named:
		return map[string]any{"x": c.value(k.item), "y.z": c.value(k.item)}
	case either:
		return c.value(k[c.IntN(len(k))])
	case percentiles:
		return map[string]any{"p1": "1ms", "p50": "2500us", "p99.9": writtenDuration(sim.Time(3e6 + c.IntN(1e9)))}
	case ref:
		return c.named(k.to)
	}
	panic("a kind without values")
}

// named is a value of what several keys take.
func (c *chance) named(to string) any {
	switch to {
	case "distribution":
		d := &distributions[c.IntN(len(distributions))]
		switch {
		case c.IntN(3) == 0:
			return c.value(request(0))
		case d.takes != nil:
			return map[string]any{d.name: c.value(d.takes)}
		}
		return map[string]any{d.name: c.table(&d.form)}
	case "attribute":
		g := &generators[c.IntN(len(generators))]
		switch form := c.IntN(8); {
		case form == 0:
			return c.value(listOf{item: ref{"attribute"}})
		case form == 1:
			return map[string]any{mapName: c.value(named{ref{"attribute"}})}
		case form < 5:
			return []any{"text", "5", 5, 5.5, 5.0, false, ""}[c.IntN(7)]
		case g.takes != nil:
			return map[string]any{g.name: c.value(g.takes)}
		}
		return map[string]any{g.name: c.table(&g.form)}
	case "number":
		if c.IntN(2) == 0 {
			return c.Float64()
		}
		w := &numberWays[c.IntN(len(numberWays))]
		return map[string]any{w.name: c.table(&w.form)}
	case "runtime":
		all := runtimeForms()
		f := &all[c.IntN(len(all))]
		t := c.table(&f.form)
		t[modelKeyName] = f.name
		return t
	case "arrivals":
		p := &processes[c.IntN(len(processes))]
		if p.name == "replay" {
			p = &processes[0] // which needs no file
		}
		t := c.table(&p.form)
		t[processKeyName] = p.name
		return t
	case "steps":
		return c.steps()
	}
	return c.table(c.forms[to])
}

// steps are some that belong together: what is locked is unlocked, and what is spawned is joined.
func (c *chance) steps() (steps []any) {
	c.depth++
	defer func() { c.depth-- }()
	kinds := stepKinds()
	for range 1 + c.IntN(4) {
		k := &kinds[c.IntN(len(kinds))]
		inner, nests := k.takes.(ref)
		nests = nests && inner.to != "distribution" && inner.to != "channel"
		switch {
		case k.name == "unlock", k.name == "call", k.name == "run_on", nests && c.depth > 3:
			steps = append(steps, "yield")
		case k.name == "lock":
			name := c.value(k.takes)
			steps = append(steps, map[string]any{"lock": name}, map[string]any{"compute": c.named("distribution")}, map[string]any{"unlock": name})
		case k.name == "channel":
			steps = append(steps, map[string]any{"channel": map[string]any{"send": "jobs", "capacity": 3}}, map[string]any{"channel": map[string]any{"receive": "jobs"}})
		default:
			steps = append(steps, map[string]any{k.name: c.value(k.takes)})
		}
	}
	return append(steps, "join")
}

// TestRandomServices: what Decode takes comes back when it is written, and the schema takes it too.
func TestRandomServices(t *testing.T) {
	schema := compiled(t)
	taken := 0
	for seed := range uint64(500) {
		c := newChance(seed)
		s := c.table(&serviceForm, "workload", "runtimes")
		s["arrivals"] = c.named("arrivals")
		s["operations"] = c.value(listOf{item: ref{"operation"}})
		text, err := yaml.Marshal([]any{s})
		require.NoError(t, err)
		services, err := fleet(t, string(text))
		if err != nil {
			continue // its keys exclude each other
		}
		taken++
		requireRoundTrip(t, services)
		bytes, err := json.Marshal([]any{s})
		require.NoError(t, err)
		tree, err := jsonschema.UnmarshalJSON(strings.NewReader(string(bytes)))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(tree), string(text))
	}
	assert.Greater(t, taken, 80)
	t.Logf("%d of 500 services are taken", taken)
}
