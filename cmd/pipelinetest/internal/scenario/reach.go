// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// mention is a reference to an address, in a configuration.
var mention = regexp.MustCompile(envTo + `[A-Z0-9_]+`)

// mentions are the addresses that a part's configurations refer to. known: there is nothing else by which the part could find its way; a
// command, or a configuration that lies elsewhere, has ways of its own.
func (p *Part) mentions() (addresses map[string]bool, known bool) {
	if len(p.Config) == 0 {
		return nil, false
	}
	addresses = map[string]bool{}
	for _, config := range p.Config {
		text := config.Text + config.Location
		if config.Location != "" && !uri.MatchString(config.Location) {
			content, err := os.ReadFile(config.Location)
			if err != nil {
				return nil, false // who starts the part will tell
			}
			text = string(content)
		} else if config.Location != "" && !strings.HasPrefix(config.Location, "yaml:") {
			return nil, false
		}
		if strings.Contains(text, "${file:") || strings.Contains(text, "${http") {
			return nil, false
		}
		for _, address := range mention.FindAllString(text, -1) {
			addresses[address] = true
		}
	}
	return addresses, true
}

// checkReach finds a fault that can meet nothing, because of what the configurations of the sender say.
func (s *Scenario) checkReach(f *Fault) error {
	from := s.part(f.Link.From)
	if from == nil {
		return nil // that has been told
	}
	addresses, known := from.mentions()
	if !known {
		return nil
	}
	grpc, http := []string{EnvTo(f.Link.To)}, []string{EnvToHTTP(f.Link.To)}
	if s.Next(f.Link.From) == f.Link.To {
		grpc, http = append(grpc, EnvToNext()), append(http, EnvToNextHTTP())
	}
	mentioned := func(names []string) bool {
		for _, name := range names {
			if addresses[name] {
				return true
			}
		}
		return false
	}
	switch {
	case mentioned(grpc):
		return nil
	case !mentioned(http):
		return fmt.Errorf("link: %s is not allowed: nothing is sent there, the configuration of %s refers to none of %s; want a link that is used",
			f.Link, f.Link.From, strings.Join(append(grpc, http...), ", "))
	case f.Disturbance.OfRequests():
		return fmt.Errorf("link: %s is not allowed for %s: %s sends there over OTLP/HTTP only, and grpc and otlp meet requests of OTLP/gRPC; "+
			"want one of down, reset, delay, bandwidth", f.Link, f.Disturbance, f.Link.From)
	}
	return nil
}
