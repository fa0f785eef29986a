// SPDX-License-Identifier: Apache-2.0

package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// link is a way between two parts that has faults: a proxy for OTLP/gRPC, and one for OTLP/HTTP.
type link struct {
	scenario.Link
	grpc, http *proxy.Proxy
	readsTLS   bool // the proxies end TLS, and begin it again
}

func (l *link) close() error { return errors.Join(l.grpc.Close(), l.http.Close()) }

// counts are those of both ways.
func (l *link) counts() proxy.Counts { return l.grpc.Counts().Plus(l.http.Counts()) }

// heard is what was spoken on either way.
func (l *link) heard() (grpc, http proxy.Heard) { return l.grpc.Heard(), l.http.Heard() }

// result is what became of all that came.
func (l *link) result() LinkResult {
	rejected := l.grpc.RejectedItems()
	for signal, n := range l.http.RejectedItems() {
		if rejected == nil {
			rejected = map[string]uint64{}
		}
		rejected[signal] += n
	}
	return LinkResult{l.String(), l.counts(), l.grpc.Heard().Plus(l.http.Heard()), l.grpc.Answers().Plus(l.http.Answers()), rejected}
}

// disturb puts a fault in force on both ways, or on that whose requests it meets.
func (l *link) disturb(f proxy.Fault) (ways []*proxy.Disturbance, err error) {
	for _, way := range []struct {
		*proxy.Proxy
		protocol proxy.Protocol
	}{{l.grpc, proxy.GRPC}, {l.http, proxy.HTTP}} {
		if f.OfRequests() && !f.Meets(way.protocol) {
			continue
		}
		d, err := way.Disturb(f)
		if err != nil {
			return ways, err
		}
		ways = append(ways, d)
	}
	return ways, nil
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
		c.met[e.fault] = c.encounter(f)
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
		c.interrupts(m)
		c.met[i].process(m.up && m.alive())
		c.scrape(ctx, m)
		c.met[i].held = c.met[i].held || m.holds()
		m.up = false
		m.process.Kill()
		m.account.Cut()
		return nil
	case f.Stop != "":
		m := c.member(f.Stop)
		c.interrupts(m)
		c.met[i].process(m.up && m.alive())
		c.scrape(ctx, m)
		c.met[i].held = c.met[i].held || m.holds()
		c.stopMember(ctx, m)
		m.readToEnd = false // others may send to it until its last moment
		m.account.Cut()
		return nil
	case f.FullDisk != "":
		m := c.member(f.FullDisk)
		c.met[i].disk = m.process
		return m.process.FillDisk()
	case f.Reload != "":
		m := c.member(f.Reload)
		c.interrupts(m)
		c.met[i].process(m.up && m.alive())
		c.scrape(ctx, m)
		c.met[i].held = c.met[i].held || m.holds()
		c.met[i].reloads, c.met[i].times, c.met[i].other = true, m.account.Times, f.With != ""
		return c.reload(m, f.With)
	case f.Unlisted != "":
		c.met[i].process(true)
		c.met[i].unlisted = &unlisting{}
		return c.names.list(f.Unlisted, true)
	}
	ways, err := c.link(f.Link).disturb(f.Disturbance)
	c.met[i].ways = ways
	return err
}

func (c *course) end(ctx context.Context, i int, f *scenario.Fault) error {
	c.met[i].settle()
	switch {
	case f.Kill != "":
		return c.member(f.Kill).launch()
	case f.Stop != "":
		return c.member(f.Stop).launch()
	case f.FullDisk != "":
		return c.member(f.FullDisk).process.EmptyDisk()
	case f.Reload != "":
		m := c.member(f.Reload)
		if c.scrape(ctx, m) {
			c.met[i].taken = new(m.account.Taken())
		}
		return c.reload(m, "")
	case f.Unlisted != "":
		return c.names.list(f.Unlisted, false)
	}
	for _, way := range c.met[i].ways {
		way.End()
	}
	return nil
}

// reload tells a part to read its configuration again, with something added to it.
func (c *course) reload(m *member, with string) error {
	if m.reload != "" {
		if with == "" {
			with = nothingElse
		}
		if err := os.WriteFile(m.reload, []byte(with), 0o600); err != nil {
			return err
		}
	}
	if !m.up || !m.alive() {
		return nil // which is told elsewhere
	}
	if _, err := m.naming.next(); err != nil {
		return err
	}
	return m.process.Reload()
}
