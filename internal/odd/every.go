// SPDX-License-Identifier: Apache-2.0

package odd

import (
	"math"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/xpdata"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

const (
	// LongText is longer than 64 KiB, the longest keyword or column of several backends.
	LongText = 70_000
	// manyEntries are more than the 128 that SDKs allow.
	manyEntries = 200
	// deepNesting is deeper than the 100 messages that protobuf's parsers for C++ and Java follow: a list takes two.
	deepNesting = 64
)

// farFuture is the last moment that 63 bits of nanoseconds have, in 2262.
const farFuture = pcommon.Timestamp(math.MaxInt64)

// noTime is the last moment of OTLP's 64 bits, in 2554. As a signed number it is 1 ns before 1970.
const noTime = pcommon.Timestamp(math.MaxUint64)

const (
	invalidText = "caf\xe9 \xff" // ISO 8859-1
	rawText     = "red \x1b[31m, bell \a, zero \x00, return \r."
)

// everyKinds are the kinds that every signal has. Attributes of the item carry them, or its resource.
func everyKinds() []Kind {
	text := func(key string, value string) func(*xpdata.MapBuilder) {
		return func(b *xpdata.MapBuilder) { b.AppendEmpty(key).SetStr(value) }
	}
	return []Kind{
		{Name: "duplicate_keys", Forbidden: true, Has: "an attribute key twice, with two values", attributes: func(b *xpdata.MapBuilder) {
			b.AppendEmpty("twice").SetStr("first")
			b.AppendEmpty("twice").SetStr("second")
		}},
		{Name: "empty_key", Forbidden: true, Has: "an attribute whose key is empty", attributes: text("", "value")},
		{Name: "empty_value", Has: "an attribute without a value", attributes: func(b *xpdata.MapBuilder) { b.AppendEmpty("empty") }},
		{Name: "invalid_utf8", Forbidden: true, Has: "an attribute that is not UTF-8", attributes: text("latin1", invalidText)},
		{Name: "control_characters", Has: "an attribute with escape sequences and a zero byte", attributes: text("raw", rawText)},
		{Name: "long_attribute", Has: "an attribute of " + strconv.Itoa(LongText) + " bytes", attributes: text("long", strings.Repeat("0123456789", LongText/10))},
		{Name: "long_key", Has: "an attribute whose key has 2000 bytes", attributes: text(strings.Repeat("key.", 500), "value")},
		{Name: "many_attributes", Has: strconv.Itoa(manyEntries) + " attributes", attributes: func(b *xpdata.MapBuilder) {
			for i := range manyEntries {
				b.AppendEmpty("n" + strconv.Itoa(i)).SetInt(int64(i))
			}
		}},
		{Name: "deep_nesting", Has: "lists nested " + strconv.Itoa(deepNesting) + " deep", attributes: func(b *xpdata.MapBuilder) { nest(b.AppendEmpty("deep")) }},
		{Name: "mixed_list", Has: "a list of values of different types", attributes: func(b *xpdata.MapBuilder) {
			list := b.AppendEmpty("mixed").SetEmptySlice()
			list.AppendEmpty().SetStr("1")
			list.AppendEmpty().SetInt(1)
			list.AppendEmpty().SetBool(true)
			list.AppendEmpty()
		}},
		{Name: "nan_attribute", Has: "attributes that JSON cannot say: NaN and infinity", attributes: func(b *xpdata.MapBuilder) {
			b.AppendEmpty("nan").SetDouble(math.NaN())
			b.AppendEmpty("infinite").SetDouble(math.Inf(-1))
		}},
		{Name: "large_integer", Has: "an integer that a double cannot hold", attributes: func(b *xpdata.MapBuilder) { b.AppendEmpty("large").SetInt(math.MaxInt64) }},
		{Name: "value_and_prefix", Has: "the keys a and a.b: a value, and an object in a backend that splits at dots", attributes: func(b *xpdata.MapBuilder) {
			b.AppendEmpty("conflict").SetStr("value")
			b.AppendEmpty("conflict.below").SetStr("value")
		}},
		{Name: "wrong_type", Has: "attributes of semantic conventions with another type", attributes: func(b *xpdata.MapBuilder) {
			b.AppendEmpty(semconv.HTTPStatusCode).SetStr("two hundred")
			b.AppendEmpty("server.port").SetBool(true)
			b.AppendEmpty("http.request.method").SetInt(5)
		}},
		{Name: "empty_service", Has: "a resource whose service.name is empty", resource: func(r pcommon.Resource) { r.Attributes().PutStr(semconv.ServiceName, "") }},
		{Name: "no_resource", Has: "a resource without attributes", resource: func(r pcommon.Resource) { r.Attributes().Clear() }},
	}
}

func nest(v pcommon.Value) {
	for range deepNesting {
		v = v.SetEmptySlice().AppendEmpty()
	}
	v.SetStr("bottom")
}
