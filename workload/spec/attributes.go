// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// generator is one of the ways to say a value that differs from span to span.
type generator struct {
	form

	takes kind // if it is no form, or not only
	read  func(v value, f *form, key string) any
}

var generators = []generator{
	{
		form:  form{name: "cardinality", means: "One of so many texts, each as often.", keys: []key{countKey, prefixKey}},
		takes: whole{workload.MostTexts}, read: readCardinality,
	},
	{
		form: form{name: "zipf", means: "Text number n with a probability proportional to n^-exponent.", keys: []key{
			countKey,
			{name: "exponent", takes: number{0, workload.HighestExponent, true}, missing: number{0, workload.HighestExponent, true}.words(), means: "How much more often the first texts are drawn."},
			prefixKey,
		}}, read: readZipf,
	},
	{form: form{name: "uuid", means: "A random UUID."}, takes: nothing{}, read: readUUID},
	{form: form{name: "payload", means: "Text of that many bytes."}, takes: size{workload.MostPayload}, read: readPayload},
	{form: form{name: "bytes", means: "So many random bytes, as a value of type bytes."}, takes: size{workload.MostPayload}, read: readBytes},
	{
		form: form{name: "uniform", means: "A whole number, each as often.", keys: []key{
			{name: "min", takes: integer{}, missing: "a whole number", means: "The least."},
			{name: "max", takes: integer{}, missing: "a whole number", means: "The highest, min or more."},
		}}, read: readRange,
	},
}

var (
	countKey  = key{name: "count", takes: whole{workload.MostTexts}, missing: "how many texts there are", means: "Number of texts."}
	prefixKey = key{name: "prefix", takes: text{}, initial: "the attribute's key and -", means: "What stands before the number in each text."}
)

var generatorNames = func() (names []string) {
	for i := range generators {
		names = append(names, generators[i].name)
	}
	return names
}()

// sizeUnits are those of a payload.
var sizeUnits = []struct {
	name  string
	bytes int
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"B", 1}}

func readPayload(v value, _ *form, key string) any { return workload.NewPayload(key, v.size()) }

func readBytes(v value, _ *form, key string) any { return workload.NewBytes(key, v.size()) }

// size reads a size: a whole number of B, KiB or MiB.
func (v value) size() int {
	if s, ok := v.raw.(string); ok {
		for _, unit := range sizeUnits {
			digits, ok := strings.CutSuffix(s, unit.name)
			if !ok {
				continue
			}
			n, err := strconv.Atoi(strings.TrimSuffix(digits, " "))
			if err == nil && n >= 1 && n <= workload.MostPayload/unit.bytes {
				return n * unit.bytes
			}
			break
		}
	}
	v.refuse("a size from 1B to 1MiB, such as 2KiB")
	return 0
}

func readUUID(v value, _ *form, key string) any {
	v.nothing()
	return workload.NewUUID(key)
}

func readRange(v value, f *form, key string) any {
	var low, high int64
	t, ok := v.table(f)
	if !ok {
		return nil
	}
	least, hasLeast := t.get("min")
	if hasLeast {
		low = least.integer()
	}
	if most, ok := t.get("max"); ok {
		high = most.integer()
		if hasLeast && high < low {
			most.refuse(fmt.Sprintf("%d or more, like min", low))
		}
	}
	return workload.NewRange(key, low, high)
}

func readCardinality(v value, f *form, key string) any {
	if _, ok := v.raw.(map[string]any); !ok {
		return workload.NewCardinality(key, v.in.numbered(v.in.nesting.key+"-", v.whole(workload.MostTexts)))
	}
	t, ok := v.table(f)
	if !ok {
		return nil
	}
	return workload.NewCardinality(key, t.numbered())
}

func readZipf(v value, f *form, key string) any {
	t, ok := v.table(f)
	if !ok {
		return nil
	}
	exponent := 1.0
	t.number("exponent", &exponent)
	of := t.numbered()
	if of.Count() == 0 || exponent == 0 { // a mistake, which is noted
		return nil
	}
	return workload.NewZipf(key, of, exponent)
}

// numbered reads the texts of an attribute.
func (t table) numbered() workload.Numbered {
	prefix, count := t.in.nesting.key+"-", 0
	t.text("prefix", &prefix)
	t.whole("count", &count)
	return t.in.numbered(prefix, count)
}

// numbered makes texts. Attributes with the same prefix share them: by aliases, a few lines of YAML can hold any number of attributes.
func (r *reading) numbered(prefix string, count int) workload.Numbered {
	of, known := r.texts[prefix]
	if !known {
		of = workload.NewNumbered(prefix, count)
	}
	of = of.Resized(count)
	if r.texts == nil {
		r.texts = map[string]workload.Numbered{}
	}
	r.texts[prefix] = of
	return of
}
