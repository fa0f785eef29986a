// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"net/url"
	"strings"

	"go.opentelemetry.io/collector/confmap"
)

// Unread says that a part's configuration could not be looked at before the test, and what was not checked because of that. Nothing: it was, or there is none
// that anybody here knows of, because the part is a command.
func (s *Scenario) Unread(p *Part) string {
	locations := make([]string, 0, len(p.Config))
	for _, config := range p.Config {
		locations = append(locations, config.Location)
	}
	unchecked := "whether it can be reached, where it sends, and whether it sends elsewhere, too"
	if len(p.Config) == 0 {
		locations, unchecked = configsOf(p.Command), "whether it sends elsewhere, too"
	}
	if len(locations) == 0 || s.look(p) != nil {
		return ""
	}
	var remote []string
	for _, location := range locations {
		if scheme, _, _ := strings.Cut(location, ":"); uri.MatchString(location) && scheme != "yaml" && scheme != "env" && scheme != "file" {
			remote = append(remote, withoutSecrets(location))
		}
	}
	why := "refers to something that cannot be read from here"
	if len(remote) > 0 {
		why = "lies at " + strings.Join(remote, ", ") + " and is not read before the test"
	}
	return p.Name + ": " + unchecked + ": its configuration " + why
}

// withoutSecrets is a location without what lets its reader in.
func withoutSecrets(location string) string {
	u, err := url.Parse(location)
	if err != nil {
		scheme, _, _ := strings.Cut(location, ":")
		return scheme + ":..."
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// configsOf are the locations of the configurations that a command is given, as a Collector is.
func configsOf(command []string) (locations []string) {
	for i, argument := range command {
		location, is := strings.CutPrefix(argument, "--config=")
		if !is && i > 0 && command[i-1] == "--config" {
			location, is = argument, true
		}
		if is {
			locations = append(locations, location)
		}
	}
	return locations
}

// QueueUnits are what the queue of each exporter of a part counts, by the exporter's id, as far as its configuration tells.
func (s *Scenario) QueueUnits(p *Part) map[string]string {
	r := s.look(p)
	if r == nil {
		return nil
	}
	var config struct {
		Exporters map[string]struct {
			Queue struct {
				Sizer string `mapstructure:"sizer"`
			} `mapstructure:"sending_queue"`
		} `mapstructure:"exporters"`
	}
	if r.Unmarshal(&config, confmap.WithIgnoreUnused()) != nil {
		return nil
	}
	units := map[string]string{}
	for id, exporter := range config.Exporters {
		if units[id] = exporter.Queue.Sizer; units[id] == "" {
			units[id] = "requests"
		}
	}
	return units
}
