// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"strconv"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Span is what all spans of one label have in common.
type Span struct {
	Name       string
	Kind       Kind
	Attributes []Attribute // sorted by key
	Errors     *Errors     // nil: none
	Links      *Links      // nil: none
}

// Event is something noted inside a span.
type Event struct {
	Name       string
	Attributes []Attribute // sorted by key
}

// Kind is the kind of a span, as OpenTelemetry defines it.
type Kind uint8

// The kinds of spans.
const (
	Server Kind = iota
	Client
	Internal
	Producer
	Consumer
)

var kindNames = [...]string{"server", "client", "internal", "producer", "consumer"}

// Kinds are all of them.
func Kinds() []Kind { return []Kind{Server, Client, Internal, Producer, Consumer} }

// String is the kind's name.
func (k Kind) String() string { return kindNames[k] }

// Links says what a span links to when it ends, as a consumer links to the producers of its batch: the spans of one name that ended
// last before it, or that none of its kind has taken.
type Links struct {
	// Service whose spans they are, of any of its instances; empty: they are of the same process.
	Service string
	Name    string // of a span of that service
	Count   int    // 1 to MostLinks; fewer if not so many have ended
	// Queue: each of them is linked to once by the spans of this label, on all instances if they are another service's; the oldest first.
	Queue bool
}

// MostLinks is how many links OpenTelemetry's SDKs keep of a span by default.
const MostLinks = 128

// Errors says how many of the spans of one label fail, and what a failed one carries. It is drawn for each span by itself: what the task
// does is the same, and the span around does not fail with it.
type Errors struct {
	Rate    float64 // share of the spans, 0 to 1
	Message string  // of the status; may be empty
	// Attributes are in place of those of the span that have the same key, and beside its others; sorted by key.
	Attributes []Attribute
}

// drawErrors is the stream that decides; no attribute has an empty key.
var drawErrors = drawOf("")

// Fails draws whether a span fails.
func (e *Errors) Fails(d Draws) bool {
	r := drawErrors.from(d)
	return r.Float64() < e.Rate
}

// Carried are the attributes that a failed span carries: Attributes, and error.type if it is not among them. By default it is the status
// code among them, as the conventions for HTTP, RPC and databases ask for, else the general fallback of the conventions.
func (e *Errors) Carried() []Attribute {
	return Merge([]Attribute{{semconv.ErrorType, e.defaultType()}}, e.Attributes)
}

// responseStatus ends the keys of the status codes that HTTP, RPC and database conventions know.
const responseStatus = ".response.status_code"

// IsResponse reports whether an attribute tells of a response, which a request that was given up never got.
func (a *Attribute) IsResponse() bool { return strings.HasSuffix(a.Key, responseStatus) }

// defaultType is the status code among the attributes, as the conventions for HTTP, RPC and databases ask for, else their
// general fallback.
func (e *Errors) defaultType() any {
	for i := range e.Attributes {
		if a := &e.Attributes[i]; a.IsResponse() {
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
