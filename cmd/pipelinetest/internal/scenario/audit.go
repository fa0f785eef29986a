// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/confmap"
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
	r := s.resolve(&s.Verifier)
	if r == nil {
		return nil
	}
	if ids := r.auditors(); len(ids) > 1 {
		return TwoAudits(ids)
	}
	return nil
}

// auditors are the exporters named load_verify in the pipelines of a Collector. None: the configuration does not say.
func (r *resolved) auditors() []string {
	var service struct {
		Service struct {
			Pipelines map[string]struct {
				Exporters []string `mapstructure:"exporters"`
			} `mapstructure:"pipelines"`
		} `mapstructure:"service"`
	}
	if err := r.Unmarshal(&service, confmap.WithIgnoreUnused()); err != nil {
		return nil // the Collector will tell
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
