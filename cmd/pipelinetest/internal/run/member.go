package run

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/part"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
)

// endOfRun is what synthetic_load logs when its run has ended.
const endOfRun = "The run ended"

// member is a part in a test.
type member struct {
	scenario.Part
	generates, tested   bool
	grpc, http, metrics string // host:port
	report              string // path of load_verify's report
	spec                part.Spec
	process             *part.Process // nil: not started yet
	up                  bool          // it is to be running
	ended               bool          // it has said that its run has ended
	told                bool          // and that has been passed on
	account             telemetry.Account
}

// launch starts the part, for the first time or again.
func (m *member) launch() error {
	m.account.Restarted()
	m.ended, m.told = false, false
	process, err := part.Start(m.spec)
	if err != nil {
		return err
	}
	m.process, m.up = process, true
	return nil
}

func (m *member) alive() bool {
	select {
	case <-m.process.Exited():
		return false
	default:
		return true
	}
}

// hasEnded tells whether a generator has sent all: it has said so, or has ended well. One that is down and does not come back has, too.
func (m *member) hasEnded() bool {
	if !m.ended {
		m.ended = !m.up || m.process.Said(endOfRun) || !m.alive() && m.process.Ending() == part.EndedWell
	}
	return m.ended
}

func (c *course) verifier() *member { return c.members[len(c.members)-1] }

func (c *course) member(name string) *member {
	for _, m := range c.members {
		if m.Name == name {
			return m
		}
	}
	panic("no part " + name) // names have been checked
}

// awaitListening waits until a part takes connections.
func (c *course) awaitListening(ctx context.Context, m *member) error {
	deadline := time.NewTimer(startPatience)
	defer deadline.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		for _, address := range []string{m.grpc, m.http} {
			if connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address); err == nil {
				return connection.Close()
			}
		}
		select {
		case <-ctx.Done():
			return errInterrupted
		case <-m.process.Exited():
			return c.lookForDead()
		case <-deadline.C:
			return broken{fmt.Errorf("%s listens neither at %s (%s) nor at %s (%s), after %v; its last words:\n  %s",
				m.Name, m.grpc, scenario.EnvListen, m.http, scenario.EnvListenHTTP, startPatience, strings.Join(m.process.Tail(lastLines), "\n  "))}
		case <-again.C:
		}
	}
}

// scrape reads a part's telemetry. That it cannot be read is no error: it may be down, or have none.
func (c *course) scrape(ctx context.Context, m *member) {
	if families, err := telemetry.Scrape(ctx, c.client, m.metrics); err == nil {
		m.account.Set(families)
	}
}

func (c *course) scrapeAll(ctx context.Context) {
	for _, m := range c.members {
		if m.up {
			c.scrape(ctx, m)
		}
	}
}
