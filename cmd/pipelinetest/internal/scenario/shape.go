// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/confmap"

	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// Shape is what the configurations of a part come to, as far as somebody must know who runs them elsewhere.
type Shape struct {
	// Variables of the test that it refers to, in order.
	Variables []string
	// Loads are its receivers that generate, in order.
	Loads []Generating
	// Auditors are its exporters in pipelines that report what arrives, in order.
	Auditors []string
	// Extensions are those of service.extensions.
	Extensions []string
}

// Generating is a receiver that generates.
type Generating struct {
	ID       string
	Duration time.Duration // 0: it does not end
	Verify   bool
	RunID    string // none: another one at each start
	Sharded  bool   // it is said which shard it is
	Shards   int    // how many it can be divided into at most; 0: its services have a mistake, which the Collector will tell
}

// Refers tells whether the part refers to a variable.
func (s *Shape) Refers(variable string) bool { return slices.Contains(s.Variables, variable) }

// Shape says what the configurations of a part come to; not known: they cannot be read from here, or have a mistake that the Collector will tell.
func (s *Scenario) Shape(p *Part) (shape Shape, known bool) {
	r := s.resolve(p)
	if r == nil {
		return shape, false
	}
	var config struct {
		Receivers map[string]struct {
			Duration time.Duration  `mapstructure:"duration"`
			Verify   bool           `mapstructure:"verify"`
			RunID    string         `mapstructure:"run_id"`
			Shard    map[string]any `mapstructure:"shard"`
			Services any            `mapstructure:"services"`
		} `mapstructure:"receivers"`
		Service struct {
			Extensions []string `mapstructure:"extensions"`
		} `mapstructure:"service"`
	}
	if r.Unmarshal(&config, confmap.WithIgnoreUnused()) != nil {
		return shape, false
	}
	shape = Shape{Variables: slices.Sorted(maps.Keys(r.used)), Auditors: r.auditors(), Extensions: config.Service.Extensions}
	for _, id := range slices.Sorted(maps.Keys(config.Receivers)) {
		if kind, _, _ := strings.Cut(id, "/"); kind != generates {
			continue
		}
		c := config.Receivers[id]
		if c.RunID == ownRun { // the one that it is given
			c.RunID = ""
		}
		shape.Loads = append(shape.Loads, Generating{
			ID: id, Duration: c.Duration, Verify: c.Verify, RunID: c.RunID, Sharded: c.Shard != nil, Shards: shards(c.Services),
		})
	}
	return shape, true
}

// shards counts the processes of services. Each is of one shard.
func shards(services any) (n int) {
	decoded, _ := spec.Decode(services)
	for _, runtime := range workload.Runtimes(decoded) {
		n += runtime.Instances
	}
	return n
}

// Read is the text of a configuration. Elsewhere: it lies where nobody looks before it is run.
func (c Config) Read() (text string, elsewhere bool, err error) {
	if c.Location == "" {
		return c.Text, false, nil
	}
	if uri.MatchString(c.Location) {
		text, inline := strings.CutPrefix(c.Location, "yaml:")
		return text, !inline, nil
	}
	content, err := os.ReadFile(c.Location)
	return string(content), false, err
}
