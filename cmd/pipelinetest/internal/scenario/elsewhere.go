// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/confmap"
)

// there, behind the name of a variable, stands for an address that a part is given to send to.
const there = ".there.invalid:4317"

// outlet is an exporter of a part.
type outlet struct {
	id        string
	used      bool     // by a pipeline
	given     string   // variable of an address that the part is given, and it sends to
	endpoints []string // others that it names, beyond this machine
}

// outlets are the exporters of a Collector.
func (r *resolved) outlets() (list []outlet) {
	var config struct {
		Exporters map[string]any `mapstructure:"exporters"`
		Service   struct {
			Pipelines map[string]struct {
				Exporters []string `mapstructure:"exporters"`
			} `mapstructure:"pipelines"`
		} `mapstructure:"service"`
	}
	if r.Unmarshal(&config, confmap.WithIgnoreUnused()) != nil {
		return nil // the Collector will tell
	}
	used := map[string]bool{}
	for _, pipeline := range config.Service.Pipelines {
		for _, id := range pipeline.Exporters {
			used[id] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(config.Exporters)) {
		o := outlet{id: id, used: used[id]}
		o.look("", config.Exporters[id])
		slices.Sort(o.endpoints)
		list = append(list, o)
	}
	return list
}

// look looks for addresses in a part of an exporter's configuration.
func (o *outlet) look(key string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for key, value := range value {
			o.look(key, value)
		}
	case []any:
		for _, value := range value {
			o.look(key, value)
		}
	case string:
		if before, _, is := strings.Cut(value, there); is {
			o.given = before[strings.LastIndex(before, EnvPrefix):]
		} else if isAddress(key) && isBeyond(value) {
			o.endpoints = append(o.endpoints, value)
		}
	}
}

// isAddress tells whether exporters have addresses at a key.
func isAddress(key string) bool {
	return slices.Contains([]string{"endpoint", "endpoints", "brokers", "url", "urls", "hosts", "hostnames", "server"}, key) || strings.HasSuffix(key, "_endpoint")
}

// isBeyond tells whether an address, a URL or host:port, is none of this machine's own.
func isBeyond(address string) bool {
	host := address
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		host = u.Host
	} else if strings.HasPrefix(address, "unix:") {
		return false
	}
	if alone, _, err := net.SplitHostPort(host); err == nil {
		host = alone
	}
	host = strings.Trim(host, "[]")
	ip := net.ParseIP(host)
	return host != "" && host != "localhost" && (ip == nil || !ip.IsLoopback() && !ip.IsUnspecified())
}

// Elsewhere is where a system sends what it gets, beside the parts of the test, as far as its configuration tells: exporters with their addresses.
func (s *Scenario) Elsewhere(p *Part) (ways []string) {
	r := s.look(p)
	if r == nil {
		return nil
	}
	for _, o := range r.outlets() {
		if o.used && len(o.endpoints) > 0 {
			ways = append(ways, fmt.Sprintf("exporter %s to %s", o.id, strings.Join(o.endpoints, ", ")))
		}
	}
	return ways
}

// look resolves a part's configurations, also those that a command is given with --config: most of these commands are a Collector.
func (s *Scenario) look(p *Part) *resolved {
	if len(p.Config) > 0 {
		return s.resolve(p)
	}
	as := Part{Name: p.Name}
	for _, location := range configsOf(p.Command) {
		config, err := ConfigAt(location, "", s.Dir)
		if err != nil {
			return nil
		}
		as.Config = append(as.Config, config)
	}
	return s.resolve(&as)
}

// checkOutlets finds a system that has an exporter to the next part, and sends with others alone: most probably to where it sends when it is not
// tested.
func (s *Scenario) checkOutlets() error {
	var errs []error
	for i := range s.Systems {
		p := &s.Systems[i]
		r := s.look(p)
		if r == nil {
			continue
		}
		var idle, busy, override []string
		leads := false
		for _, o := range r.outlets() {
			switch {
			case o.given != "" && o.used:
				leads = true
			case o.given != "":
				idle = append(idle, fmt.Sprintf("exporter %s, which sends to %s", o.id, o.given))
			case o.used && len(o.endpoints) > 0:
				busy = append(busy, fmt.Sprintf("%s to %s", o.id, strings.Join(o.endpoints, ", ")))
				override = append(override, o.id)
			case o.used:
				busy = append(busy, o.id)
			}
		}
		if leads || len(idle) == 0 || len(busy) == 0 {
			continue
		}
		if len(override) == 0 {
			if s.Want.Verdict != Pass { // nothing goes to where it must not, and that nothing arrives may be wanted
				continue
			}
			override = busy
		}
		errs = append(errs, fmt.Errorf("%s: no pipeline uses %s; its pipelines send with %s: override %s",
			p.Name, strings.Join(idle, ", "), strings.Join(busy, "; "), strings.Join(override, ", ")))
	}
	return errors.Join(errs...)
}
