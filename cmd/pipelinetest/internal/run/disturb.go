package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// link is a way between two parts that has faults: a proxy for OTLP/gRPC, and one for OTLP/HTTP.
type link struct {
	scenario.Link
	grpc, http *proxy.Proxy
	restore    map[int]func() // ends a fault, by its index
}

func (l *link) close() error { return errors.Join(l.grpc.Close(), l.http.Close()) }

// counts are those of requests over OTLP/gRPC, and of the connections of both ways.
func (l *link) counts() proxy.Counts {
	counts, http := l.grpc.Counts(), l.http.Counts()
	counts.Connections += http.Connections
	counts.ConnectionsRefused += http.ConnectionsRefused
	counts.ConnectionsCut += http.ConnectionsCut
	counts.ConnectionsReset += http.ConnectionsReset
	return counts
}

// disturb puts a fault in force on both ways. Requests are told apart only in gRPC.
func (l *link) disturb(i int, f proxy.Fault) error {
	restore, err := l.grpc.Disturb(f)
	if err != nil {
		return err
	}
	l.restore[i] = restore
	if f.OfRequests() {
		return nil
	}
	restoreHTTP, err := l.http.Disturb(f)
	if err != nil {
		return err
	}
	l.restore[i] = func() {
		restore()
		restoreHTTP()
	}
	return nil
}

func (c *course) link(of scenario.Link) *link {
	for _, l := range c.links {
		if l.Link == of {
			return l
		}
	}
	return nil
}

// disturb lets the next event happen. What it does to a part is part of the test; that it cannot be done is not.
func (c *course) disturb(ctx context.Context) error {
	e := c.events[0]
	c.events = c.events[1:]
	f := &c.Faults[e.fault]
	c.quiet = time.Now()
	seconds := time.Since(c.began).Seconds()
	act := c.begin
	if e.ends {
		act = c.end
		c.Say("fault ends: %s", f)
		c.result.Faults[e.fault].Ended = &seconds
	} else {
		c.Say("fault begins: %s", f)
		c.result.Faults[e.fault].Began = &seconds
	}
	if err := act(ctx, e.fault, f); err != nil {
		return broken{fmt.Errorf("fault %s: %w", f, err)}
	}
	return nil
}

func (c *course) begin(ctx context.Context, i int, f *scenario.Fault) error {
	switch {
	case f.Kill != "":
		m := c.member(f.Kill)
		c.scrape(ctx, m)
		m.up = false
		m.process.Kill()
		return nil
	case f.Stop != "":
		m := c.member(f.Stop)
		c.stopMember(ctx, m)
		return nil
	case f.FullDisk != "":
		return c.member(f.FullDisk).process.FillDisk()
	}
	return c.link(f.Link).disturb(i, f.Disturbance)
}

func (c *course) end(_ context.Context, i int, f *scenario.Fault) error {
	switch {
	case f.Kill != "":
		return c.member(f.Kill).launch()
	case f.Stop != "":
		return c.member(f.Stop).launch()
	case f.FullDisk != "":
		return c.member(f.FullDisk).process.EmptyDisk()
	}
	c.link(f.Link).restore[i]()
	return nil
}
