// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"time"

	"go.opentelemetry.io/collector/confmap"
)

// Deadline is load_verify's expect.deadline, as far as the verifier's configuration tells; 0: none.
func (s *Scenario) Deadline() (deadline time.Duration) {
	r := s.look(&s.Verifier)
	if r == nil {
		return 0
	}
	var config struct {
		Exporters map[string]struct {
			Expect struct {
				Deadline time.Duration `mapstructure:"deadline"`
			} `mapstructure:"expect"`
		} `mapstructure:"exporters"`
	}
	if r.Unmarshal(&config, confmap.WithIgnoreUnused()) != nil {
		return 0
	}
	for id, exporter := range config.Exporters {
		if IsAuditor(id) {
			deadline = max(deadline, exporter.Expect.Deadline)
		}
	}
	return deadline
}
