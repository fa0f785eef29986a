// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// contents stamps what the items of a fleet have. A nil one stamps nothing. Like the requests' pdata it belongs to the goroutine that
// delivers.
type contents struct {
	resources map[*process]stampedResource
	keys      stamp.Keys
	buffer    []byte
}

// stampedResource is a process's resource with its stamp.
type stampedResource struct {
	resource pcommon.Resource
	id       uint32
}

// within is where items are: the ids of the stamps of their resource and scope.
type within struct {
	of              *contents
	resource, scope uint32
}

// resource copies a process's resource, with a stamp.
func (c *contents) resource(p *process, to pcommon.Resource) within {
	if c == nil {
		p.identity.resource.CopyTo(to)
		return within{}
	}
	stamped, known := c.resources[p]
	if !known {
		c.buffer = stamp.Resource(c.buffer[:0], p.identity.resource, semconv.SchemaURL, &c.keys)
		stamped = stampedResource{pcommon.NewResource(), stamp.ID(c.buffer)}
		p.identity.resource.CopyTo(stamped.resource)
		stamp.PutContent(stamped.resource.Attributes(), c.buffer)
		c.resources[p] = stamped
	}
	stamped.resource.CopyTo(to)
	return within{of: c, resource: stamped.id}
}

// scoped stamps a scope, which is complete.
func (w within) scoped(scope pcommon.InstrumentationScope, schema string) within {
	if w.of != nil {
		c := w.of
		c.buffer = stamp.Scope(c.buffer[:0], scope, schema, &c.keys)
		w.scope = stamp.ID(c.buffer)
		stamp.PutContent(scope.Attributes(), c.buffer)
	}
	return w
}

// span stamps a span, which is complete. So do the next two with what else is sent.
func (w within) span(span ptrace.Span, of stamp.Owner) {
	if w.of != nil {
		fields := stamp.SpanContent(span)
		w.item(Traces, span.Attributes(), &fields, of)
	}
}

func (w within) record(r plog.LogRecord, of stamp.Owner) {
	if w.of != nil {
		fields := stamp.RecordContent(r)
		w.item(Logs, r.Attributes(), &fields, of)
	}
}

func (w within) number(m pmetric.Metric, p pmetric.NumberDataPoint, of stamp.Owner) {
	if w.of != nil {
		fields := stamp.NumberContent(m, p)
		w.item(Metrics, p.Attributes(), &fields, of)
	}
}

func (w within) histogram(m pmetric.Metric, p pmetric.HistogramDataPoint, of stamp.Owner) {
	if w.of != nil {
		fields := stamp.HistogramContent(m, p)
		w.item(Metrics, p.Attributes(), &fields, of)
	}
}

func (w within) exponential(m pmetric.Metric, p pmetric.ExponentialHistogramDataPoint, of stamp.Owner) {
	if w.of != nil {
		fields := stamp.ExponentialContent(m, p)
		w.item(Metrics, p.Attributes(), &fields, of)
	}
}

// item runs once for each item.
func (w within) item(s Signal, attributes pcommon.Map, fields *stamp.Fields, of stamp.Owner) {
	c := w.of
	c.buffer = stamp.AppendContent(c.buffer[:0], of, w.resource, w.scope, fields, stamp.FieldCount(s), attributes, &c.keys)
	stamp.PutContent(attributes, c.buffer)
}

// attributes is how many attributes a content stamp has.
func (w within) attributes() int {
	if w.of == nil {
		return 0
	}
	return 1
}

// keysSent are the keys of all that was stamped.
func (c *contents) keysSent() []string {
	if c == nil {
		return nil
	}
	return c.keys.Names()
}
