// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"slices"
	"strconv"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// Which runtimes there are, and what each can be told, package models says: nothing here knows one by its name.

const modelKeyName = "model"

// runtimeForms are all runtimes, made once for a tree.
func (r *reading) runtimeForms() []runtimeForm {
	if r.runtimes == nil {
		r.runtimes = runtimeForms()
	}
	return r.runtimes
}

func runtimeForms() (forms []runtimeForm) {
	for _, m := range models.All() {
		f := form{name: m.Name, means: "Settings of the runtime " + m.Name + "."}
		initial := m.Config()
		for i := range m.Keys {
			f.keys = append(f.keys, keyOf(&m.Keys[i], &initial))
		}
		forms = append(forms, runtimeForm{f, m})
	}
	return forms
}

// keyOf is a setting of a model as a key of YAML.
func keyOf(k *models.Key, initial *models.Config) key {
	of := key{name: k.Name, means: k.Doc}
	switch k.Kind {
	case models.Whole:
		of.takes = whole{k.Most}
		if n := *k.Int(initial); n > 0 {
			of.initial = strconv.Itoa(n)
		}
	case models.Bool:
		of.takes, of.initial = boolean{}, "false"
	case models.Text:
		of.takes, of.initial = text{}, *k.Text(initial)
	case models.Choice:
		of.takes, of.initial = text{k.Choices}, *k.Text(initial)
	}
	return of
}

// readRuntime reads a runtime of a process with an available parallelism; 0: nothing limits it.
func readRuntime(v value, parallelism int) workload.RuntimeSpec {
	t, ok := v.anyTable()
	if !ok {
		return workload.RuntimeSpec{}
	}
	forms := v.in.runtimeForms()
	var names []string
	all := []string{modelKeyName}
	for i := range forms {
		names = append(names, forms[i].name)
		for _, key := range forms[i].names() {
			if !slices.Contains(all, key) {
				all = append(all, key)
			}
		}
	}
	i := -1
	if model := t.child(modelKeyName); t.has(modelKeyName) {
		i = model.choice(names)
	} else {
		model.fail("missing; want " + oneOf(names))
	}
	if i < 0 { // without the model there is no judging the rest
		t.allow(all)
		return workload.RuntimeSpec{}
	}
	t.form = &forms[i].form
	t.allowOf("runtime "+forms[i].name, append([]string{modelKeyName}, forms[i].names()...), all)
	return workload.RuntimeSpec{Config: t.config(forms[i].model, parallelism)}
}

// config reads the settings of a model.
func (t table) config(m *models.Model, parallelism int) models.Config {
	c := m.ConfigWithin(parallelism)
	sound := true
	for i := range m.Keys {
		switch k := &m.Keys[i]; k.Kind {
		case models.Whole:
			t.whole(k.Name, k.Int(&c))
		case models.Bool:
			t.boolean(k.Name, k.Bool(&c))
		case models.Text:
			t.text(k.Name, k.Text(&c))
		case models.Choice:
			if chosen := t.choice(k.Name); chosen >= 0 {
				*k.Text(&c) = k.Choices[chosen]
			} else if t.has(k.Name) {
				sound = false
			}
		}
	}
	if !sound { // without a choice there is no judging what it excludes
		return c
	}
	for _, mistake := range m.Settle(&c, t.has) {
		t.child(mistake.Key).fail(mistake.Message)
	}
	return c
}

// allowOf notes the keys that one of several kinds of a map does not have, others among them that another kind has.
func (t table) allowOf(kind string, keys, all []string) {
	for _, key := range t.keys() {
		switch {
		case slices.Contains(keys, key):
		case slices.Contains(all, key):
			t.child(key).fail(kind + " has no " + key + "; want " + oneOf(keys))
		default:
			t.unknown("key", key, keys)
		}
	}
}
