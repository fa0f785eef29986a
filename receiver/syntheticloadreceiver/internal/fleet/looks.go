// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"net/http"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// look is what the spans of one name carry of their own, by how they end.
type look [endings][]workload.Attribute

// How a span ends: by an outcome of the scheduler, failed although it was not cut short, or before it began.
const (
	failed     = scheduler.Cancelled + 1 + iota
	overloaded // the process had too many requests in flight
	endings
)

// cutShort are the status message and error.type of spans that a timeout or a cancellation ended; the first message is that of
// Tokio's Elapsed.
var cutShort = map[scheduler.Outcome]struct{ message, errorType string }{
	scheduler.TimedOut:  {"deadline has elapsed", semconv.ErrorTypeTimeout},
	scheduler.Cancelled: {"cancelled", semconv.ErrorTypeCancelled},
}

// newLooks makes the looks of a service's spans, by label.
func newLooks(spans []workload.Span) []look {
	looks := make([]look, len(spans))
	for i := range spans {
		s, l := &spans[i], &looks[i]
		l[scheduler.Completed] = s.Attributes
		if s.Errors != nil {
			l[failed] = workload.Merge(s.Attributes, s.Errors.Carried())
		}
		l[overloaded] = workload.Merge(s.Attributes, turnedAway(s.Attributes))
		for outcome, why := range cutShort {
			// Nothing was sent or received that has a status code.
			l[outcome] = slices.DeleteFunc(
				workload.Merge(s.Attributes, []workload.Attribute{{Key: semconv.ErrorType, Value: why.errorType}}),
				func(a workload.Attribute) bool { return a.IsResponse() })
		}
	}
	return looks
}

// turnedAway are the attributes of an error for want of room: Service Unavailable (RFC 9110, 15.6.4) where the operation has an
// HTTP status.
func turnedAway(attributes []workload.Attribute) []workload.Attribute {
	for _, a := range attributes {
		if a.Key == semconv.HTTPStatusCode {
			return []workload.Attribute{{Key: semconv.ErrorType, Value: "503"}, {Key: a.Key, Value: int64(http.StatusServiceUnavailable)}}
		}
	}
	return []workload.Attribute{{Key: semconv.ErrorType, Value: "overloaded"}}
}

// ended are the attributes of a span, and its status if that is error.
func (l *look) ended(s *workload.Span, o scheduler.Outcome, d workload.Draws) (attributes []workload.Attribute, isError bool, message string) {
	switch {
	case o == overloaded:
		return l[o], true, "overloaded"
	case o != scheduler.Completed:
		return l[o], true, cutShort[o].message
	case s.Errors != nil && s.Errors.Fails(d):
		return l[failed], true, s.Errors.Message
	default:
		return l[scheduler.Completed], false, ""
	}
}
