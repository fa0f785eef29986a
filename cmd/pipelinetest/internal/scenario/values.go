// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"time"

	"github.com/agext/levenshtein"
	"go.yaml.in/yaml/v3"
)

// flow is a node on one line, to be quoted in an error.
func flow(node *yaml.Node) string {
	if node.Kind == yaml.ScalarNode {
		return fmt.Sprintf("%q", node.Value)
	}
	inline := *node
	inline.Style = yaml.FlowStyle
	text, err := yaml.Marshal(&inline)
	if err != nil {
		return "this"
	}
	return strings.TrimSpace(string(text))
}

// decode fills a struct with the keys of a mapping, each by itself, so that an error tells of its key. A key that the struct does not have
// is an error.
func decode(node *yaml.Node, key string, to any) error {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("%s: %s is not allowed; want a mapping of keys", key, flow(node))
	}
	target := reflect.ValueOf(to).Elem()
	fields, names := fieldsOf(target)
	var errs []error
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, at := node.Content[i].Value, node.Content[i].Value
		if key != "" {
			at = key + "." + name
		}
		field, known := fields[name]
		switch {
		case !known:
			errs = append(errs, fmt.Errorf("line %d: %s: there is no such key%s; want one of %s", node.Content[i].Line, at, meant(name, names), strings.Join(names, ", ")))
		case seen[name]:
			errs = append(errs, fmt.Errorf("line %d: %s: the key is there twice", node.Content[i].Line, at))
		default:
			if err := decodeField(node.Content[i+1], field); err != nil {
				errs = append(errs, fmt.Errorf("line %d: %s: %w", node.Content[i].Line, at, err))
			}
		}
		seen[name] = true
	}
	return errors.Join(errs...)
}

// meant asks whether another name was meant, if one is so near that it may have been.
func meant(name string, names []string) string {
	near := nearest(name, names)
	if near == "" || levenshtein.Distance(name, near, nil) > (len(name)+1)/3 {
		return ""
	}
	return " (did you mean " + near + "?)"
}

// fieldsOf are the fields of a struct by their keys, and the keys in order. Embedded structs are inline.
func fieldsOf(target reflect.Value) (fields map[string]reflect.Value, names []string) {
	fields = map[string]reflect.Value{}
	for i := range target.NumField() {
		field := target.Type().Field(i)
		if field.Anonymous {
			inner, innerNames := fieldsOf(target.Field(i))
			maps.Copy(fields, inner)
			names = append(names, innerNames...)
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		fields[name], names = target.Field(i), append(names, name)
	}
	return fields, names
}

// decodeField decodes a value. The library's own words about a wrong type say less than its value.
func decodeField(node *yaml.Node, field reflect.Value) error {
	if field.Type() == reflect.TypeFor[yaml.Node]() {
		field.Set(reflect.ValueOf(*node))
		return nil
	}
	err := node.Decode(field.Addr().Interface())
	if _, wrong := errors.AsType[*yaml.TypeError](err); wrong {
		return fmt.Errorf("%s is not allowed; want %s", flow(node), typeName(field.Type()))
	}
	return err
}

func typeName(t reflect.Type) string {
	if t == reflect.TypeFor[time.Duration]() {
		return "a duration such as 20s or 1m30s"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	default:
		return "text"
	}
}
