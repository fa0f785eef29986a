// SPDX-License-Identifier: Apache-2.0

package run

import (
	"context"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/part"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
)

// reading is what a part has said of itself when it was asked. Parts are asked in the background: one that does not answer, or never
// stops answering, keeps nobody from being killed in time.
type reading struct {
	of       *member
	process  *part.Process // that was asked; another may run by now
	askedAt  time.Time
	families map[string]*dto.MetricFamily
	err      error
}

// ask asks all parts that run for their telemetry, but for those that have not answered the last question yet.
func (c *course) ask(ctx context.Context) {
	for _, m := range c.members {
		if !m.up || m.asked {
			continue
		}
		m.asked = true
		process, now := m.process, time.Now()
		c.asking.Go(func() {
			families, err := telemetry.Scrape(ctx, c.client, m.metrics)
			c.answers <- reading{of: m, process: process, askedAt: now, families: families, err: err}
		})
	}
}

// take takes an answer. That a part cannot be read is no error: it may be down, or have no telemetry.
func (c *course) take(r *reading) {
	r.of.asked = false
	if r.err == nil && r.of.process == r.process && r.of.up {
		r.of.account.Set(r.families)
		c.takeLateness(telemetry.LatenessOf(r.families))
		r.of.readAt = r.askedAt
	}
}

// takeAll waits for the answers that are still to come.
func (c *course) takeAll() {
	for _, m := range c.members {
		for m.asked {
			r := <-c.answers
			c.take(&r)
		}
	}
	c.asking.Wait()
}

// scrape asks one part, and waits for the answer. It tells whether there was one.
func (c *course) scrape(ctx context.Context, m *member) (read bool) {
	for m.asked {
		r := <-c.answers
		c.take(&r)
	}
	now := time.Now()
	families, err := telemetry.Scrape(ctx, c.client, m.metrics)
	if err != nil {
		return false
	}
	m.readAt = now
	m.account.Set(families)
	c.takeLateness(telemetry.LatenessOf(families))
	return true
}
