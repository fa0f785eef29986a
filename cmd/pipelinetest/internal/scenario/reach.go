// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"strings"
)

// checkReach finds a fault that can meet nothing, because of what the configurations say.
func (s *Scenario) checkReach(f *Fault) error {
	from, to := s.part(f.Link.From), s.part(f.Link.To)
	if from == nil || to == nil {
		return nil // that has been told
	}
	w := s.ways(from)
	grpc, http := w.sends(to.Name, s.Next(from.Name) == to.Name)
	if listens, _ := s.ways(to).listens(); w.follows && !listens {
		grpc = false
	}
	switch {
	case grpc:
		return nil
	case !http:
		names := []string{EnvTo(to.Name), EnvToHTTP(to.Name)}
		if s.Next(from.Name) == to.Name {
			names = append(names, EnvToNext(), EnvToNextHTTP())
		}
		return fmt.Errorf("link: %s is not allowed: nothing is sent there, the configuration of %s refers to none of %s; want a link that is used",
			f.Link, f.Link.From, strings.Join(names, ", "))
	case f.Disturbance.OfRequests():
		return fmt.Errorf("link: %s is not allowed for %s: %s sends there over OTLP/HTTP only, and grpc and otlp meet requests of OTLP/gRPC; "+
			"want one of down, reset, delay, bandwidth", f.Link, f.Disturbance, f.Link.From)
	}
	return nil
}
