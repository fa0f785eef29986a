package fleet

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// look is what the spans of one name carry of their own, by how they end.
type look [endings][]workload.Attribute

// How a span ends: by an outcome of the scheduler, or failed although it was not cut short.
const (
	failed = scheduler.Cancelled + 1 + iota
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
			l[failed] = workload.Merge(s.Attributes, s.Errors.Attributes)
		}
		for outcome, why := range cutShort {
			// Nothing was sent or received that has a status code.
			l[outcome] = slices.DeleteFunc(
				workload.Merge(s.Attributes, []workload.Attribute{{Key: semconv.ErrorType, Value: why.errorType}}),
				func(a workload.Attribute) bool { return a.IsResponse() })
		}
	}
	return looks
}

// ended are the attributes of a span, and its status if that is error.
func (l *look) ended(s *workload.Span, o scheduler.Outcome, d workload.Draws) (attributes []workload.Attribute, isError bool, message string) {
	switch {
	case o != scheduler.Completed:
		return l[o], true, cutShort[o].message
	case s.Errors != nil && s.Errors.Fails(d):
		return l[failed], true, s.Errors.Message
	default:
		return l[scheduler.Completed], false, ""
	}
}

// setValue sets the value of an attribute: runs once for each.
func setValue(v pcommon.Value, value any, d workload.Draws) {
	switch x := value.(type) {
	case string:
		v.SetStr(x)
	case int64:
		v.SetInt(x)
	case float64:
		v.SetDouble(x)
	case bool:
		v.SetBool(x)
	case workload.Texts:
		v.SetStr(x.Text(d))
	case workload.Integers:
		v.SetInt(x.Integer(d))
	}
}
