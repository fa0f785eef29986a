// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/confmap"
)

// folder stands for the empty folder that a part has for itself.
const folder = "/given.invalid"

// checkStorages finds a system that keeps its data where it does when it is not tested. What a test leaves there would be sent to the real
// backend when the system starts again, and what lies there would come into the test, and be lost.
func (s *Scenario) checkStorages() error {
	var errs []error
	for i := range s.Systems {
		r := s.look(&s.Systems[i])
		if r == nil {
			continue
		}
		var config struct {
			Extensions map[string]struct {
				Directory string `mapstructure:"directory"`
			} `mapstructure:"extensions"`
			Service struct {
				Extensions []string `mapstructure:"extensions"`
			} `mapstructure:"service"`
		}
		if r.Unmarshal(&config, confmap.WithIgnoreUnused()) != nil {
			continue // the Collector will tell
		}
		for _, id := range slices.Sorted(maps.Keys(config.Extensions)) {
			kind, _, _ := strings.Cut(id, "/")
			if kind != "file_storage" || !slices.Contains(config.Service.Extensions, id) {
				continue
			}
			if directory := config.Extensions[id].Directory; !strings.Contains(directory, folder) {
				errs = append(errs, fmt.Errorf("%s: extension %s keeps its data in %q, as it does outside of the test; want a folder of the test, "+
					"in the configuration that says what is different in the test: extensions: {%s: {directory: \"${env:%s}\"}}",
					s.Systems[i].Name, id, directory, id, EnvDir))
			}
		}
	}
	return errors.Join(errs...)
}
