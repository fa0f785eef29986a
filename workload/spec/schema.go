// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// object is a JSON object.
type object = map[string]any

// Schema is the JSON Schema (draft 2020-12) of the value of `services:`, made of the same tables that Decode reads by, and the schemas that
// it refers to, which belong under "$defs" of the document that it becomes part of. What a schema cannot say, such as that a channel has
// one capacity, Decode alone tells.
func Schema() (services map[string]any, defs map[string]any) {
	defs = object{
		"reference": object{
			"description": "A reference to an environment variable or another source of configuration.",
			"type":        "string", "pattern": `\$\{`,
		},
		"duration": object{
			"description": "A number with a unit, such as 80us or 1h30m.",
			"type":        "string", "pattern": `^([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)(([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))*$|^0$|\$\{`,
		},
		"workload":     schemaOf(text{Presets()}),
		"distribution": distributionSchema(),
		"attribute":    attributeSchema(),
		"number":       numberSchema(),
		"arrivals":     arrivalsSchema(),
		"runtime":      runtimeSchema(),
		"steps":        stepsSchema(),
	}
	for _, f := range []*form{
		&operationForm, &hostForm, &quotaForm, &connectionsForm, &exportForm, &lateForm, &clockForm, &resourceForm, &stageForm, &errorsForm, &linksForm, &spanForm, &eventForm, &spawnForm, &timeoutForm, &repeatForm,
		&callForm, &runOnForm, &channelForm, &metricForm, &logForm,
	} {
		defs[f.name] = f.schema()
	}
	service := serviceForm.schema()
	service["required"] = []string{"runtime"} // the name may be the key of a map
	service["oneOf"] = []any{object{"required": []string{"workload"}}, object{"required": []string{"operations"}}}
	defs[serviceForm.name] = service
	one := object{"$ref": "#/$defs/" + serviceForm.name}
	return object{
		"description": "The fleet: a list of services, or a map from their names to services.",
		"anyOf": []any{
			object{"type": "array", "minItems": 1, "items": object{"allOf": []any{one}, "required": []string{"name"}}},
			object{"type": "object", "minProperties": 1, "additionalProperties": object{"allOf": []any{one}, "not": object{"required": []string{"name"}}}},
		},
	}, defs
}

// schema of a form.
func (f *form) schema() object {
	properties := object{}
	var required []string
	for i := range f.keys {
		k := &f.keys[i]
		properties[k.name] = k.schema()
		if k.missing != "" {
			required = append(required, k.name)
		}
	}
	s := object{"description": f.means, "type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

// schema of a key: what it takes, and what it means.
func (k *key) schema() object {
	s := object{"allOf": []any{schemaOf(k.takes)}}
	lines := []string{k.means}
	if takes := words(k.takes); takes != "" {
		lines = append(lines, "Takes "+takes+".")
	}
	if k.initial != "" {
		lines = append(lines, "Default: "+k.initial+".")
	}
	s["description"] = strings.Join(lines, " ")
	return s
}

// schemaOf is what a value of a kind is. Whatever is no text may also stand in an environment variable.
func schemaOf(k kind) object {
	orReference := func(s object) object { return object{"anyOf": []any{s, object{"$ref": "#/$defs/reference"}}} }
	switch k := k.(type) {
	case text:
		if k.oneOf != nil {
			return orReference(object{"enum": k.oneOf})
		}
		return object{"type": "string", "minLength": 1}
	case whole:
		return orReference(object{"type": "integer", "minimum": 1, "maximum": k.most})
	case unsigned:
		return orReference(object{"type": "integer", "minimum": 0})
	case integer:
		return orReference(object{"type": "integer"})
	case number:
		least := "minimum"
		if k.above {
			least = "exclusiveMinimum"
		}
		return orReference(object{"type": "number", least: k.least, "maximum": k.most})
	case boolean:
		return orReference(object{"type": "boolean"})
	case duration:
		return object{"$ref": "#/$defs/duration"}
	case size:
		return object{"type": "string", "pattern": `^[0-9]+ ?(B|KiB|MiB)$|\$\{`}
	case nothing:
		return object{"type": "null"}
	case ref:
		return object{"$ref": "#/$defs/" + k.to}
	case listOf:
		s := object{"type": "array", "minItems": 1, "items": schemaOf(k.item)}
		if k.most > 0 {
			s["maxItems"] = k.most
		}
		return s
	case named:
		return object{"type": "object", "additionalProperties": schemaOf(k.item)}
	case percentiles:
		return object{
			"type": "object", "minProperties": 2, "additionalProperties": false,
			"patternProperties": object{`^p[0-9.]+$`: object{"$ref": "#/$defs/duration"}},
		}
	case either:
		return anyOf(k...)
	}
	panic("a kind without a schema")
}

func anyOf(kinds ...kind) object {
	var all []any
	for _, k := range kinds {
		all = append(all, schemaOf(k))
	}
	return object{"anyOf": all}
}

// oneKey is a map with a single key of some.
func oneKey(properties object) object {
	return object{"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false, "properties": properties}
}

func distributionSchema() object {
	properties := object{}
	for i := range distributions {
		d := &distributions[i]
		s := object{"description": d.means}
		if d.takes != nil {
			s["allOf"] = []any{schemaOf(d.takes)}
		} else {
			s = d.schema()
		}
		properties[d.name] = s
	}
	return object{
		"description": "A duration, or a distribution from which one is drawn each time.",
		"anyOf":       []any{schemaOf(request(0)), oneKey(properties)},
	}
}

func numberSchema() object {
	properties := object{}
	for i := range numberWays {
		properties[numberWays[i].name] = numberWays[i].schema()
	}
	return object{
		"description": "A number, or a distribution from which one is drawn each time.",
		"anyOf":       []any{schemaOf(anyNumber), oneKey(properties)},
	}
}

func attributeSchema() object {
	properties := object{}
	for i := range generators {
		g := &generators[i]
		var ways []any
		if g.takes != nil {
			ways = append(ways, schemaOf(g.takes))
		}
		if len(g.keys) > 0 {
			ways = append(ways, g.schema())
		}
		properties[g.name] = object{"description": g.means, "anyOf": ways}
	}
	one := ref{"attribute"}
	properties[mapName] = object{"description": "A map of values by their keys.", "allOf": []any{schemaOf(named{one})}}
	return object{
		"description": "The value of an attribute: the same in each span, or drawn for each; or a list of values.",
		"anyOf": []any{
			object{"type": []string{"string", "number", "boolean"}},
			object{"type": "array", "items": schemaOf(one), "maxItems": workload.MostElements},
			oneKey(properties),
		},
	}
}

// variants are maps of which one key says what the others are.
func variants(means, by string, forms []*form) object {
	var ways []any
	for _, f := range forms {
		s := f.schema()
		s["properties"].(object)[by] = object{"const": f.name}
		required, _ := s["required"].([]string)
		s["required"] = append([]string{by}, required...)
		ways = append(ways, s)
	}
	return object{"description": means, "type": "object", "required": []string{by}, "anyOf": ways}
}

func arrivalsSchema() object {
	var forms []*form
	for i := range processes {
		forms = append(forms, &processes[i].form)
	}
	return variants("When requests arrive at an instance.", processKeyName, forms)
}

func runtimeSchema() object {
	var forms []*form
	all := runtimeForms()
	for i := range all {
		forms = append(forms, &all[i].form)
	}
	return variants("What a service runs on.", modelKeyName, forms)
}

func stepsSchema() object {
	var plain []string
	properties := object{}
	for _, k := range stepKinds() {
		if k.takes == (nothing{}) {
			plain = append(plain, k.name)
		}
		properties[k.name] = object{"description": k.means, "allOf": []any{schemaOf(k.takes)}}
	}
	return object{
		"description": "What a task does, one after the other.",
		"type":        "array", "minItems": 1, "maxItems": mostSteps,
		"items": object{"anyOf": []any{object{"enum": plain}, oneKey(properties)}},
	}
}
