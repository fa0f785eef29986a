// SPDX-License-Identifier: Apache-2.0

package run

import (
	"context"
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// follow makes the built-in generator send over OTLP/HTTP if the next part, which is ready by then, takes nothing else.
func (c *course) follow(ctx context.Context, m *member) error {
	if !m.generates || !m.Follows() {
		return nil
	}
	next := c.member(c.Next(m.Name))
	if err := c.checkSpeaks(ctx, m, next); err != nil || !next.onlyHTTP {
		return err
	}
	m.OverHTTP()
	m.follows = true
	c.Say("%s sends over OTLP/HTTP: %s listens for nothing else", m.Name, next.Name)
	return c.prepareMember(m) //nolint:contextcheck // what it resolves are texts, files and the environment, which nobody waits for
}

// misunderstood notes who may have sent over OTLP/gRPC to a part that takes OTLP/HTTP only, if nothing has arrived.
func (c *course) misunderstood() (notes []string) {
	if c.result.Report != nil && c.result.Report.Arrived() > 0 {
		return nil
	}
	for _, m := range c.members {
		if m.Name == scenario.VerifierName || m.follows {
			continue
		}
		if next := c.member(c.Next(m.Name)); next.onlyHTTP {
			notes = append(notes, fmt.Sprintf("%s listens for OTLP/HTTP only, at %s; want %s to send there, to the address in %s",
				next.Name, scenario.EnvListenHTTP, m.Name, scenario.EnvToNextHTTP()))
		}
	}
	return notes
}
