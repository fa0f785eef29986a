// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// mostReplicas is how many a part may have: each is a process, and has an address of its own.
const mostReplicas = 20

// replicated are the parts that one with replicas becomes: NAME-1, NAME-2 and so on. They stand beside each other, not behind.
func (p Part) replicated(n int) (parts []Part) {
	for i := range n {
		one := p
		one.Name, one.Group, one.Replica = fmt.Sprintf("%s-%d", p.Name, i+1), p.Name, i+1
		parts = append(parts, one)
	}
	return parts
}

// Groups are the names of the parts with replicas.
func (s *Scenario) Groups() (names []string) {
	for i := range s.Systems {
		if g := s.Systems[i].Group; g != "" && !slices.Contains(names, g) {
			names = append(names, g)
		}
	}
	return names
}

// Replicas are the parts of a group.
func (s *Scenario) Replicas(group string) (parts []Part) {
	for _, p := range s.Systems {
		if group != "" && p.Group == group {
			parts = append(parts, p)
		}
	}
	return parts
}

// Domain is the name that resolves to all replicas of a group that are listed.
func Domain(group string) string { return group + ".pipelinetest.internal" }

// EnvHost is the variable with that name, EnvPort that with the port where all replicas take OTLP/gRPC, and EnvPortHTTP the one for OTLP/HTTP.
func EnvHost(group string) string { return envHost + upper(group) }

// EnvPort is like [EnvHost].
func EnvPort(group string) string { return envPort + upper(group) }

// EnvPortHTTP is like [EnvHost].
func EnvPortHTTP(group string) string { return EnvPort(group) + envHTTP }

const (
	envHost = "PIPELINETEST_HOST_"
	envPort = "PIPELINETEST_PORT_"
)

func upper(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) }

// Resolves tells whether a part may look up the name of a group; of a command that does not mention it, and names no configuration, nobody knows.
func (s *Scenario) Resolves(p *Part, group string) bool {
	if len(p.Config) == 0 && len(configsOf(p.Command)) == 0 {
		return true
	}
	r := s.look(p)
	return r == nil || r.used[EnvHost(group)] || strings.Contains(strings.Join(p.Command, " "), EnvHost(group))
}

// expandRolls makes of each rolling restart a stop of one replica after the other. One is gone for as long as the fault says, and the next one goes
// when it has been back for as long. Who asks for their name does not find the one that is gone.
func (s *Scenario) expandRolls() error {
	var errs []error
	var all []Fault
	for _, f := range s.Faults {
		if f.Roll == "" {
			all = append(all, f)
			continue
		}
		replicas := s.Replicas(f.Roll)
		switch {
		case len(replicas) == 0:
			errs = append(errs, refused(f.Key+".roll", fmt.Sprintf("%q", f.Roll), "a part with replicas"+listOr(s.Groups())))
			continue
		case f.For == 0:
			errs = append(errs, fmt.Errorf("%s.for: is missing; want how long each replica is gone", f.Key))
			continue
		}
		for i, p := range replicas {
			at := f.At + time.Duration(2*i)*f.For
			all = append(all, Fault{Key: f.Key, At: at, For: f.For, Stop: p.Name})
			if s.anyResolves(f.Roll) {
				all = append(all, Fault{Key: f.Key, At: at, For: f.For, Unlisted: p.Name})
			}
		}
	}
	s.Faults = all
	return errors.Join(errs...)
}

func listOr(names []string) string {
	if len(names) == 0 {
		return "; there is none"
	}
	return ": " + strings.Join(names, ", ")
}

// anyResolves tells whether a part looks up the name of a group for certain.
func (s *Scenario) anyResolves(group string) bool {
	return slices.ContainsFunc(s.Parts(), func(p Part) bool {
		r := s.look(&p)
		return r != nil && r.used[EnvHost(group)]
	})
}

// checkUnlisted finds a fault that takes out of an answer what is not in it, or for which nobody asks.
func (s *Scenario) checkUnlisted(f *Fault) error {
	p := s.part(f.Unlisted)
	if p == nil || p.Group == "" {
		var names []string
		for _, group := range s.Groups() {
			for _, replica := range s.Replicas(group) {
				names = append(names, replica.Name)
			}
		}
		return refused("unlisted", fmt.Sprintf("%q", f.Unlisted), "a replica"+listOr(names))
	}
	if !slices.ContainsFunc(s.Parts(), func(other Part) bool { return other.Group != p.Group && s.Resolves(&other, p.Group) }) {
		return fmt.Errorf("unlisted: %q is not allowed: nobody looks up the name of %s; want a part that uses ${env:%s}", f.Unlisted, p.Group, EnvHost(p.Group))
	}
	return nil
}

// checkReload finds a reload of a part that has nothing to read again.
func (s *Scenario) checkReload(f *Fault) error {
	p := s.part(f.Reload)
	switch {
	case p == nil:
		return refused("reload", fmt.Sprintf("%q", f.Reload), "one of "+strings.Join(s.names(), ", "))
	case f.With != "" && len(p.Config) == 0:
		return fmt.Errorf("config: %s is a command, whose configuration is its own; want a part with config", f.Reload)
	}
	return nil
}
