// SPDX-License-Identifier: Apache-2.0

package run

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/part"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/refusals"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
)

// endOfRun is what synthetic_load logs when its run has ended.
const endOfRun = "The run ended"

// member is a part in a test.
type member struct {
	scenario.Part
	generates, tested   bool
	grpc, http, metrics string            // host:port
	report              string            // path of load_verify's report
	elsewhere           []string          // it sends to, beside other parts
	units               map[string]string // of its exporters' queues
	unplayed            []string          // signals, by a generator
	reload              string            // path of what a fault adds to its configuration
	naming              *naming           // of the runs that a generator sends
	spec                part.Spec
	process             *part.Process // nil: not started yet
	onlyHTTP            bool          // it takes OTLP/HTTP, and not OTLP/gRPC
	follows             bool          // it sends over OTLP/HTTP because the next part takes nothing else
	up                  bool          // it is to be running
	forced              bool          // it was told to end, did not, and was killed
	readToEnd           bool          // its telemetry was read when nobody sent to it any more
	ended               bool          // it has said that its run has ended
	told                bool          // and that has been passed on
	endedAt             time.Time     // when that was seen
	account             telemetry.Account
	refusals            refusals.Log // that its log tells of
	readAt              time.Time    // when the account was read last
	asked               bool         // for its telemetry, and has not answered yet
}

// launch starts the part, for the first time or again.
func (m *member) launch() error {
	m.account.Restarted()
	m.account.Anew = m.account.Anew || m.process != nil
	m.forced, m.readToEnd = false, false
	m.ended, m.told = false, false
	base, err := m.naming.next()
	if err != nil {
		return err
	}
	process, err := part.Start(m.naming.named(m.spec, base))
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
		m.ended = !m.up || m.process.Said() || !m.alive() && m.process.Ending() == part.EndedWell
	}
	return m.ended
}

// holds tells whether the part held something at the last reading, in a queue or to be tried again.
func (m *member) holds() bool {
	return slices.ContainsFunc(m.account.Components(), func(component telemetry.Component) bool { return component.Queued+component.InFlight > 0 })
}

// failed is how much the part could not send, or gave up, by the last reading.
func (m *member) failed() (sum uint64) {
	for _, component := range m.account.Components() {
		sum += component.SendFailed + component.EnqueueFailed + component.GivenUp
	}
	return sum
}

// components are what the part's components say, with the units of their queues.
func (m *member) components() []telemetry.Component {
	list := m.account.Components()
	for i := range list {
		if list[i].Kind == telemetry.Exporter {
			list[i].QueueUnit = m.units[list[i].ID]
		}
	}
	return list
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

// grpcPatience is how long a part that takes OTLP/HTTP already may still begin to take OTLP/gRPC. Who is wrong about that sends over OTLP/HTTP.
const grpcPatience = time.Second

// awaitListening waits until a part takes connections.
func (c *course) awaitListening(ctx context.Context, m *member) error {
	patience, hint := time.NewTimer(startPatience), time.NewTimer(hintPatience)
	defer patience.Stop()
	defer hint.Stop()
	begun := time.Now()
	var overHTTP time.Time // when it was found to take OTLP/HTTP
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		if answers(ctx, m.grpc) {
			return nil
		}
		if overHTTP.IsZero() && answers(ctx, m.http) {
			overHTTP = time.Now()
		}
		if !overHTTP.IsZero() && time.Since(overHTTP) >= grpcPatience {
			m.onlyHTTP = true
			return nil
		}
		select {
		case <-ctx.Done():
			return broken{errors.Join(context.Cause(ctx), silent(m, time.Since(begun)))}
		case <-m.process.Exited():
			if err := c.lookForDead(); err != nil {
				return broken{err} // nothing has been tested yet
			}
			return broken{silent(m, time.Since(begun))} // it has ended well, without ever listening
		case <-patience.C:
			return broken{silent(m, startPatience)}
		case <-hint.C:
			c.Say("%s does not listen yet at %s (%s) or %s (%s)%s", m.Name, m.grpc, scenario.EnvListen, m.http, scenario.EnvListenHTTP, elsewhere(m, "; "))
		case <-again.C:
		}
	}
}

// answers tells whether somebody takes connections at an address.
func answers(ctx context.Context, address string) bool {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	return err == nil && connection.Close() == nil
}

// readyAt says where a part takes connections.
func (m *member) readyAt() string {
	if m.onlyHTTP {
		return m.http + ", for OTLP/HTTP only"
	}
	return m.grpc
}

// silent is what is wrong with a part that does not listen where it should.
func silent(m *member, after time.Duration) error {
	return fmt.Errorf("%s listens neither at %s (%s)\nnor at %s (%s), after %v%s\nits last words:\n  %s",
		m.Name, m.grpc, scenario.EnvListen, m.http, scenario.EnvListenHTTP, after.Round(time.Second), elsewhere(m, "\n"), lastWords(m.process))
}

// elsewhere says where a part listens instead, if that can be seen. Its own telemetry is not meant.
func elsewhere(m *member, before string) string {
	addresses := slices.DeleteFunc(m.process.Listens(), func(address string) bool { return address == m.metrics })
	if len(addresses) == 0 {
		return ""
	}
	return before + "it listens at " + strings.Join(addresses, ", ")
}
