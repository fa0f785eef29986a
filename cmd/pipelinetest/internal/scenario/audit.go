// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
)

// auditor is the exporter whose report is read.
const auditor = "load_verify"

// IsAuditor tells whether an exporter of this id writes a report of what arrives.
func IsAuditor(id string) bool {
	kind, _, _ := strings.Cut(id, "/")
	return kind == auditor
}

// TwoAudits is why a verifier with several auditors cannot be judged.
func TwoAudits(ids []string) error {
	return fmt.Errorf("verifier: there are %s in its pipelines, and the report of one is read: what the others find would be ignored; want one load_verify",
		strings.Join(ids, " and "))
}

// checkAudits finds more than one auditor in the pipelines of the verifier. A verifier that is a command tells by its telemetry.
func (s *Scenario) checkAudits() error {
	if ids := s.Verifier.auditors(); len(ids) > 1 {
		return TwoAudits(ids)
	}
	return nil
}

// auditors are the exporters named load_verify in the pipelines of a Collector, as its configurations together say. None: they do not say, or
// cannot be read here.
func (p *Part) auditors() []string {
	var uris []string
	for _, config := range p.Config {
		switch text, yaml := strings.CutPrefix(config.Location, "yaml:"); {
		case yaml:
			uris = append(uris, "yaml:"+text)
		case config.Location == "":
			uris = append(uris, "yaml:"+config.Text)
		case uri.MatchString(config.Location):
			return nil
		default:
			content, err := os.ReadFile(config.Location)
			if err != nil {
				return nil // who starts the part will tell
			}
			uris = append(uris, "yaml:"+string(content))
		}
	}
	if len(uris) == 0 {
		return nil
	}
	resolver, err := confmap.NewResolver(confmap.ResolverSettings{
		URIs: uris, DefaultScheme: "env",
		ProviderFactories: []confmap.ProviderFactory{envprovider.NewFactory(), yamlprovider.NewFactory()},
	})
	if err != nil {
		return nil
	}
	config, err := resolver.Resolve(context.Background()) // it reads nothing but texts and the environment
	if err != nil {
		return nil // the Collector will tell
	}
	var service struct {
		Service struct {
			Pipelines map[string]struct {
				Exporters []string `mapstructure:"exporters"`
			} `mapstructure:"pipelines"`
		} `mapstructure:"service"`
	}
	if err := config.Unmarshal(&service, confmap.WithIgnoreUnused()); err != nil {
		return nil
	}
	ids := map[string]bool{}
	for _, pipeline := range service.Service.Pipelines {
		for _, id := range pipeline.Exporters {
			if IsAuditor(id) {
				ids[id] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(ids))
}
