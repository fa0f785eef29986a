// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"strconv"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Errors says how many of the spans of one name fail, and what a failed one carries. It is drawn for each span by itself: what the
// task does is the same, and the span around does not fail with it.
type Errors struct {
	Rate    float64 // share of the spans, 0 to 1
	Message string  // of the status; may be empty
	// Attributes are in place of those of the span that have the same key, and beside its others; sorted by key. error.type is
	// among them.
	Attributes []Attribute
}

// drawErrors is the stream that decides; no attribute has an empty key.
var drawErrors = drawOf("")

// Fails draws whether a span fails.
func (e *Errors) Fails(d Draws) bool {
	r := drawErrors.from(d)
	return r.Float64() < e.Rate
}

func parseErrors(v value) *Errors {
	e := &Errors{}
	t, ok := v.table([]string{"rate", "message", "attributes"})
	if !ok {
		return e
	}
	if rate, ok := t.required("rate", "the share of failed spans, from 0 to 1"); ok {
		e.Rate = rate.ranged(0, 1)
	}
	if t.has("message") {
		e.Message = t.child("message").text()
	}
	if t.has("attributes") {
		attributes := t.child("attributes")
		e.Attributes = parseAttributes(attributes)
		attributes.checkErrorType(e.Attributes)
	}
	e.Attributes = Merge([]Attribute{{semconv.ErrorType, defaultErrorType(e.Attributes)}}, e.Attributes)
	return e
}

// checkErrorType notes an error.type that is no text: 502 instead of "502".
func (v value) checkErrorType(attributes []Attribute) {
	for _, a := range attributes {
		switch a.Value.(type) {
		case nil, string, Texts:
		default:
			if a.Key == semconv.ErrorType {
				t, _ := v.anyTable()
				t.child(a.Key).refuse("text: put it in quotes")
			}
		}
	}
}

// responseStatus ends the keys of the status codes that HTTP, RPC and database conventions know.
const responseStatus = ".response.status_code"

// IsResponse reports whether an attribute tells of a response, which a request that was given up never got.
func (a *Attribute) IsResponse() bool { return strings.HasSuffix(a.Key, responseStatus) }

// defaultErrorType is the status code among the attributes, as the conventions for HTTP, RPC and databases ask for, else their
// general fallback.
func defaultErrorType(attributes []Attribute) any {
	for i := range attributes {
		if a := &attributes[i]; a.IsResponse() {
			switch code := a.Value.(type) {
			case int64:
				return strconv.FormatInt(code, 10)
			case string:
				return code
			}
		}
	}
	return semconv.ErrorTypeOther
}
