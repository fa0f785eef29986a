// SPDX-License-Identifier: Apache-2.0

package content

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Resource enters a resource: what follows of a signal is in it.
func (c *Checker) Resource(s audit.Signal, r pcommon.Resource, schema string) {
	c.signal = s
	fields := stamp.ResourceContent(schema)
	c.enter(&c.resource, audit.OnResource, r.Attributes(), resourceFields, &fields)
	if c.clean != nil {
		found := c.scanAttributes(nil, audit.OnResource, r.Attributes())
		c.resource.scanned = c.scanField(found, "resource.schema_url", schema)
	}
}

// Scope enters a scope of the resource.
func (c *Checker) Scope(s pcommon.InstrumentationScope, schema string) {
	fields := stamp.ScopeContent(s, schema)
	c.enter(&c.scope, audit.OnScope, s.Attributes(), scopeFields, &fields)
	if c.clean != nil {
		found := c.scanAttributes(nil, audit.OnScope, s.Attributes())
		found = c.scanField(found, "scope.name", s.Name())
		found = c.scanField(found, "scope.version", s.Version())
		c.scope.scanned = c.scanField(found, "scope.schema_url", schema)
	}
}

func (c *Checker) enter(p *place, at audit.Place, attributes pcommon.Map, names []string, fields *stamp.Fields) {
	*p = place{}
	raw := stampOf(attributes)
	sent, ok := stamp.ReadContent(raw, stamp.Owner{}, len(names))
	if !ok {
		return
	}
	p.id = stamp.ID(raw)
	c.fields(&p.findings, &sent, 0, names, 0, fields)
	c.attributes(&p.findings, &sent, at, attributes)
	if sent.Pairs() > 0 {
		p.had |= 1 << len(names)
	}
}

// Parts of an item's place that are wrong as a whole.
var (
	resourcePart  = audit.Part{Place: audit.Field, Key: stamp.Key("resource")}
	scopePart     = audit.Part{Place: audit.Field, Key: stamp.Key("scope")}
	resourceStamp = audit.Part{Place: audit.OnResource, Key: stamp.Key(semconv.StampContent)}
	scopeStamp    = audit.Part{Place: audit.OnScope, Key: stamp.Key(semconv.StampContent)}
)

// Item holds an item against its stamp, in the resource and scope that were entered. fields are asked for if there is a stamp. excused: what
// the checksum covers is as it was, but for fields that are said to change.
func (c *Checker) Item(raw []byte, of stamp.Owner, attributes pcommon.Map, fields func() stamp.Fields) (result audit.Content, excused bool) {
	sent, ok := stamp.ReadContent(raw, of, stamp.FieldCount(c.signal))
	if !ok {
		return audit.Content{}, false
	}
	var f findings
	arrived := fields()
	c.fields(&f, &sent, stamp.Core+1, stamp.FieldNames[c.signal], stamp.InChecksum[c.signal], &arrived)
	c.attributes(&f, &sent, audit.OnItem, attributes)
	c.within(&f, &c.resource, sent.Resource(), resourcePart, resourceStamp, "resource")
	c.within(&f, &c.scope, sent.Scope(), scopePart, scopeStamp, "scope")
	f.had |= c.resource.had<<audit.HadOfResource | c.scope.had<<audit.HadOfScope
	excused = sent.Field(stamp.Core) == arrived[stamp.Core] && f.differs && !f.unexcused
	return audit.Content{Read: true, Had: f.had, Met: f.met, Faults: f.faults}, excused
}

// within adds what was found of the place that an item is in, if it is the one that the item was sent in.
func (c *Checker) within(f *findings, p *place, id uint32, whole, stamped audit.Part, name string) {
	switch p.id {
	case id:
		f.met |= p.met
		f.faults = append(f.faults, p.faults...)
	case 0:
		f.add(audit.Removed, stamped, semconv.StampContent)
	default:
		f.add(audit.Changed, whole, name)
	}
}

// stampOf finds a content stamp among attributes.
func stampOf(attributes pcommon.Map) []byte {
	v, found := attributes.Get(semconv.StampContent)
	if !found || v.Type() != pcommon.ValueTypeBytes {
		return nil
	}
	return v.Bytes().AsRaw()
}
