// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
)

// checkReach finds a fault that can meet nothing, because of what the configurations say.
func (s *Scenario) checkReach(f *Fault) error {
	from, to := s.part(f.Link.From), s.part(f.Link.To)
	if from == nil || to == nil {
		return nil // that has been told
	}
	w := s.ways(from)
	grpc, http := w.sends(to.Name, s.Next(from.Name) == to.Name)
	if w.follows {
		listensGRPC, listensHTTP := s.ways(to).listens()
		grpc, http = grpc && listensGRPC, http && listensHTTP
	}
	requests := f.Disturbance.OfRequests()
	switch {
	case !requests && (grpc || http), requests && (grpc && f.Disturbance.Meets(proxy.GRPC) || http && f.Disturbance.Meets(proxy.HTTP)):
		return nil
	case !grpc && !http:
		names := []string{EnvTo(to.Name), EnvToHTTP(to.Name)}
		if s.Next(from.Name) == to.Name {
			names = append(names, EnvToNext(), EnvToNextHTTP())
		}
		return fmt.Errorf("link: %s is not allowed: nothing is sent there, the configuration of %s refers to none of %s; want a link that is used",
			f.Link, f.Link.From, strings.Join(names, ", "))
	}
	sent, meets, want := "HTTP", "grpc meets requests of OTLP/gRPC", "http: 503"
	if grpc {
		sent, meets, want = "gRPC", "http meets requests of OTLP/HTTP", "grpc: unavailable"
	}
	return fmt.Errorf("link: %s is not allowed for %s: %s sends there over OTLP/%s only, and %s; want a fault such as %s, or otlp, which meets both",
		f.Link, f.Disturbance, f.Link.From, sent, meets, want)
}
