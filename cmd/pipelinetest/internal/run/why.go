// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// arrivedBefore is why a fault disturbs no telemetry that does something all the same.
const arrivedBefore = "all that was sent had arrived before it began"

// why says why no telemetry suffered from a fault.
func (c *course) why(i int, met *proxy.Met) string {
	f := &c.Faults[i]
	switch {
	case f.FullDisk != "" && met.Idle == 0:
		return f.FullDisk + " has written nothing to its disk"
	case f.Reload != "" && c.met[i].other && c.met[i].taken != nil && *c.met[i].taken == 0 && c.member(f.Reload).account.Times > c.met[i].times:
		return "nothing came to " + f.Reload + " while it had the other configuration; a sender that was cut off may take a second to come back"
	case f.Reload != "" && met.Came > 0 && met.Idle == 0 && c.member(f.Reload).alive():
		return f.Reload + " has not begun anew, by its own telemetry: it does not read its configuration again when told to (SIGHUP)"
	case f.Unlisted != "" && met.Came > 0 && met.Idle == 0:
		return f.Unlisted + " has never got anything, or went on to get items until the fault ended: nobody has looked its name up again"
	case (f.Kill != "" || f.Stop != "" || f.Reload != "" || f.Unlisted != "") && met.Idle == 0:
		return f.Part() + " was not running"
	case c.met[i].unused() && c.met[i].before < c.result.Report.Arrived():
		return "nothing has ever come to " + c.met[i].subject.Name + ", by its own telemetry"
	case f.Part() != "":
		return arrivedBefore
	}
	l := c.link(f.Link)
	if other := c.before(i); other != "" && met.Came == 0 {
		return "no request got as far: " + other + ", which began before it on the same link, let none through"
	}
	if f.Disturbance.OfRequests() {
		return l.whyNoRequest(&f.Disturbance, met)
	}
	counts := l.counts()
	switch {
	case counts.Connections+counts.ConnectionsRefused == 0:
		return nobody(l)
	case met.Idle+met.Unsure > 0 && c.met[i].before > 0 && c.met[i].before == c.result.Report.Arrived() && c.complete():
		return arrivedBefore
	case met.Idle > 0:
		return fmt.Sprintf("it met %d connections, and no request was under way on any, and none has come since", met.Idle)
	case met.Came == 0 && met.Unit == "bytes":
		return "no request or answer was under way while it was in force"
	case met.Came == 0:
		return fmt.Sprintf("no %s came while it was in force", met.Unit)
	case f.Disturbance.Bandwidth > 0:
		return fmt.Sprintf("%d bytes came, and none had to wait: %s a second is more than the link needs", met.Came, f.Disturbance.Bandwidth)
	case f.Disturbance.Reset > 0:
		return fmt.Sprintf("%d connections were there, and none for as long as %v while it was in force", met.Came, f.Disturbance.Reset)
	}
	return fmt.Sprintf("%s came, and nothing happened to any", met)
}

// before is another fault of requests of the same link, which began before a fault, and whose effect that does not see: requests are refused or
// dropped there. None: there is none in force all the time.
func (c *course) before(i int) string {
	f, r := &c.Faults[i], &c.result.Faults[i]
	for j := range c.Faults {
		other, had := &c.Faults[j], &c.result.Faults[j]
		if j == i || other.Link != f.Link || !other.Disturbance.Stops() || other.Disturbance.Every != nil || other.Disturbance.Share != nil || !f.Disturbance.OfRequests() ||
			had.Began == nil || *had.Began > *r.Began || had.Met == nil || had.Met.Suffered == 0 {
			continue
		}
		if had.Ended == nil || r.Ended != nil && *had.Ended >= *r.Ended {
			return had.Fault
		}
	}
	return ""
}

// whyUnknown says why nobody knows whether telemetry suffered.
func (c *course) whyUnknown(i int, met *proxy.Met) string {
	e := c.met[i]
	switch {
	case e.reloads && met.Unsure > 0:
		return "whether " + e.subject.Name + " has read its configuration again is not known: it shows no telemetry that would tell"
	case e.unlisted != nil:
		return "whether anything still came to " + e.subject.Name + " is not known: it shows no telemetry that would tell"
	case e.before != c.result.Report.Arrived():
		return "the load had ended, and the last of it arrived at about the time when the fault began"
	case met.Unsure > 0 && len(e.ways) > 0 && c.link(c.Faults[i].Link).isOpaque():
		return "the link carries what cannot be read here, such as TLS, nothing has arrived since, and something is missing"
	}
	return "nothing has arrived since it began, and something is missing"
}

// isOpaque tells whether anything was said on the link that nobody here could read: neither HTTP/2 nor HTTP/1, or inside TLS that went by as it was.
func (l *link) isOpaque() bool {
	grpc, http := l.heard()
	all := grpc.Plus(http)
	return !l.readsTLS && all.TLS > 0 || all.Other > 0
}

func nobody(l *link) string { return "nobody has ever sent anything over " + l.String() }

// whyNoRequest says why a fault of requests met none, by what the link carried instead.
func (l *link) whyNoRequest(f *proxy.Fault, met *proxy.Met) string {
	grpc, http := l.heard()
	const meets = "; grpc meets requests of OTLP/gRPC, http those of OTLP/HTTP, otlp both, and down, reset, delay and bandwidth meet all"
	all := grpc.Plus(http)
	var requests uint64
	for protocol, p := range map[proxy.Protocol]*proxy.Proxy{proxy.GRPC: l.grpc, proxy.HTTP: l.http} {
		if f.Meets(protocol) {
			requests += p.Counts().Requests
		}
	}
	switch {
	case met.Came > 0 && (f.Every != nil || f.Share != nil):
		return fmt.Sprintf("%d requests came, and it was the turn of none", met.Came)
	case met.Came > 0:
		return fmt.Sprintf("%d requests came, and none could suffer: the target refused them, or there was nothing in them that could be read", met.Came)
	case requests > 0:
		return fmt.Sprintf("no request came while it was in force, of %d that the link carried in all", requests)
	case all.TLSFailed > 0:
		return fmt.Sprintf("the link carries TLS, and whoever sends there does not take the certificate of the proxy (%s); want it to trust the authority in %s",
			all.TLSError, scenario.EnvCA)
	case f.GRPC != "" && http != proxy.Heard{}:
		return "the link carries OTLP/HTTP" + meets
	case f.HTTP != 0 && grpc != proxy.Heard{}:
		return "the link carries OTLP/gRPC" + meets
	case all != proxy.Heard{}:
		return "what the link carries is no OTLP that can be read" + meets
	}
	return nobody(l)
}
