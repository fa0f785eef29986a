// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/confmap"
	"go.yaml.in/yaml/v3"
)

// Unplayed are the signals that a generator does not play: those that the part which it sends to does not take, and those that a load is without.
func (s *Scenario) Unplayed(p *Part) []string {
	signals := s.lacking(p)
	if s.Load != nil && len(s.Load.Signals) > 0 && s.isGenerator(p.Name) {
		for _, signal := range Signals {
			if !slices.Contains(s.Load.Signals, signal) && !slices.Contains(signals, signal) {
				signals = append(signals, signal)
			}
		}
	}
	return signals
}

// lacking are the signals that the part which a generator sends to has no pipeline for. Only the
// generator that is built in is told so, and only in a test that wants nothing of these signals: a pipeline that was forgotten is not found then,
// so the result names it.
func (s *Scenario) lacking(p *Part) (signals []string) {
	if s.Want.Verdict != Pass || !s.isGenerator(p.Name) || p.mentions("pipelines") {
		return nil
	}
	next := s.part(s.Next(p.Name))
	if next == nil || next.Name == VerifierName {
		return nil
	}
	r := s.look(next)
	if r == nil {
		return nil
	}
	takes := r.takes()
	for _, signal := range Signals {
		wanted := len(s.Want.Signals[signal]) > 0 || s.Want.Where[signal] != ""
		for _, part := range s.Want.Parts {
			wanted = wanted || len(part[signal]) > 0
		}
		if len(takes) > 0 && !takes[signal] && !wanted {
			signals = append(signals, signal)
		}
	}
	return signals
}

// SayUnplayed says which signals are not played because nobody would take them; none: all are.
func (s *Scenario) SayUnplayed(p *Part) string {
	signals := s.lacking(p)
	if len(signals) == 0 {
		return ""
	}
	return fmt.Sprintf("%s has no pipeline that takes %s: none are played", s.Next(p.Name), strings.Join(signals, " or "))
}

// takes are the signals for which a Collector has a pipeline with a receiver at the address that it is given.
func (r *resolved) takes() map[string]bool {
	var config struct {
		Receivers map[string]any `mapstructure:"receivers"`
		Service   struct {
			Pipelines map[string]struct {
				Receivers []string `mapstructure:"receivers"`
			} `mapstructure:"pipelines"`
		} `mapstructure:"service"`
	}
	if r.Unmarshal(&config, confmap.WithIgnoreUnused()) != nil {
		return nil // the Collector will tell
	}
	signals := map[string]bool{}
	for id, pipeline := range config.Service.Pipelines {
		signal, _, _ := strings.Cut(id, "/")
		if slices.ContainsFunc(pipeline.Receivers, func(id string) bool { return hears(config.Receivers[id]) }) {
			signals[signal] = true
		}
	}
	return signals
}

// hears tells whether the address that a part is given stands in the configuration of a receiver.
func hears(config any) bool {
	switch config := config.(type) {
	case map[string]any:
		for _, value := range config {
			if hears(value) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(config, hears)
	case string:
		return strings.Contains(config, given)
	}
	return false
}

// Without is a configuration without the pipelines of some signals, if it is one that is built in for generators.
func (c Config) Without(signals []string) Config {
	if c.Text != BuiltinConfig(GeneratorName) && c.Text != BuiltinConfig(overHTTP) || len(signals) == 0 {
		return c
	}
	var content struct {
		Receivers map[string]any `yaml:"receivers,omitempty"`
		Exporters map[string]any `yaml:"exporters"`
		Service   struct {
			Pipelines map[string]any `yaml:"pipelines"`
		} `yaml:"service"`
	}
	if err := yaml.Unmarshal([]byte(c.Text), &content); err != nil {
		panic(err) // what is built in can be read
	}
	for _, signal := range signals {
		delete(content.Service.Pipelines, signal)
	}
	text, err := yaml.Marshal(&content)
	if err != nil {
		panic(err) // it has been read
	}
	return Config{Text: string(text)}
}
