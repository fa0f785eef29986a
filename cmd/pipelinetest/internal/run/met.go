// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/part"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

// encounter is what a fault has met: a test whose fault met nothing has not tested what it says.
type encounter struct {
	ways []*proxy.Disturbance // of a fault of a link, one for each proxy
	disk *part.Process        // whose disk is full
	of   proxy.Met            // of another fault
}

// process notes whether a part was there to be killed or stopped.
func (e *encounter) process(up bool) {
	e.of = proxy.Met{Unit: "processes", Came: 1}
	if up {
		e.of.Suffered = 1
	}
}

// settle looks at a disk before it is emptied. A disk suffers if there is something of the part's on it: a part that writes nothing
// does not notice that it cannot.
func (e *encounter) settle() {
	if e.disk == nil {
		return
	}
	e.of = proxy.Met{Unit: "disks", Came: 1}
	if e.disk.UsesDisk() {
		e.of.Suffered = 1
	}
	e.disk = nil
}

// met sums up.
func (e *encounter) met() proxy.Met {
	e.settle()
	if len(e.ways) == 0 {
		return e.of
	}
	sum := e.ways[0].Met()
	for _, way := range e.ways[1:] {
		sum = sum.Plus(way.Met())
	}
	return sum
}

// sayMet puts what each fault has met into the result. It is called while the parts and the proxies are there.
func (c *course) sayMet() {
	for i := range c.result.Faults {
		if e := c.met[i]; e != nil {
			met := e.met()
			c.result.Faults[i].Met = &met
		}
	}
}

// metNothing finds the faults that were in force and did nothing.
func (c *course) metNothing() (findings []verdict.Finding) {
	for i := range c.result.Faults {
		r := &c.result.Faults[i]
		if r.Met == nil || r.Met.Suffered > 0 {
			continue
		}
		findings = append(findings, verdict.Finding{
			Expectation: verdict.Faults,
			Message:     fmt.Sprintf("%s%s, did nothing: %s", r.Fault, r.When(), c.why(&c.Faults[i], r.Met)),
		})
	}
	return findings
}

// When is the time in which the fault was in force: `, from 1.0s to 3.0s`. Nothing: it was not.
func (r *FaultResult) When() string {
	switch {
	case r.Began == nil:
		return ""
	case r.Ended == nil:
		return fmt.Sprintf(", from %.1fs on", *r.Began)
	}
	return fmt.Sprintf(", from %.1fs to %.1fs", *r.Began, *r.Ended)
}

// why says why nothing suffered from a fault.
func (c *course) why(f *scenario.Fault, met *proxy.Met) string {
	switch {
	case f.Kill != "":
		return f.Kill + " was not running"
	case f.Stop != "":
		return f.Stop + " was not running"
	case f.FullDisk != "":
		return f.FullDisk + " has written nothing to its disk"
	}
	l := c.link(f.Link)
	if f.Disturbance.OfRequests() {
		return l.whyNoRequest(&f.Disturbance, met)
	}
	counts := l.counts()
	switch {
	case counts.Connections+counts.ConnectionsRefused == 0:
		return nobody(l)
	case met.Came == 0:
		return fmt.Sprintf("no %s came while it was in force", met.Unit)
	case f.Disturbance.Bandwidth > 0:
		return fmt.Sprintf("%d bytes came, and none had to wait: %s a second is more than the link needs", met.Came, f.Disturbance.Bandwidth)
	case f.Disturbance.Reset > 0:
		return fmt.Sprintf("%d connections were there, and none for as long as %v while it was in force", met.Came, f.Disturbance.Reset)
	}
	return fmt.Sprintf("%s came, and nothing happened to any", met)
}

func nobody(l *link) string { return "nobody has ever sent anything over " + l.String() }

// whyNoRequest says why a fault of OTLP/gRPC requests met none, by what the link carried instead.
func (l *link) whyNoRequest(f *proxy.Fault, met *proxy.Met) string {
	grpc, http := l.heard()
	const only = "; grpc and otlp meet requests of OTLP/gRPC without TLS only, down, reset, delay and bandwidth meet all"
	switch {
	case met.Came > 0 && (f.Every != nil || f.Share != nil):
		return fmt.Sprintf("%d requests came, and it was the turn of none", met.Came)
	case met.Came > 0:
		return fmt.Sprintf("%d requests came, and none could suffer: the target refused them, or there was nothing in them", met.Came)
	case l.grpc.Counts().Requests > 0:
		return fmt.Sprintf("no request came while it was in force, of %d that the link carried in all", l.grpc.Counts().Requests)
	case grpc.TLS > 0:
		return "the link carries TLS, in which requests cannot be told apart" + only
	case http != proxy.Heard{}:
		return "the link carries OTLP/HTTP" + only
	case grpc != proxy.Heard{}:
		return "what the link carries is not gRPC" + only
	}
	return nobody(l)
}
