// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"embed"
	"os"
	"slices"
	"strings"
)

// Builtin is the word that stands in a list of configurations for the one that is built in.
const Builtin = "builtin"

//go:embed builtin/*.yaml
var builtin embed.FS

// overHTTP is the configuration by which the built-in generator sends over OTLP/HTTP.
const overHTTP = GeneratorName + "-http"

// BuiltinConfig is the configuration that generators, or the verifier, have unless told otherwise.
func BuiltinConfig(name string) string {
	text, err := builtin.ReadFile("builtin/" + name + ".yaml")
	if err != nil {
		panic(err) // the names are constants
	}
	return string(text)
}

// Follows tells whether a generator is the one that is built in, and sends as that one does: it can then be told to send over OTLP/HTTP. One
// whose exporters somebody has set is left as it is.
func (p *Part) Follows() bool { return p.Builtin() && !p.mentions("exporters") }

// MayDrop tells whether a generator may have been told to drop what is refused.
func (p *Part) MayDrop() bool { return p.mentions("on_backpressure") }

// mentions tells whether a generator is not the one that is built in, or what is set in that one may have a word in it.
func (p *Part) mentions(word string) bool {
	at := p.builtinAt()
	return at < 0 || slices.ContainsFunc(p.Config[at+1:], func(c Config) bool {
		if c.isLoad() {
			return false // it says how much is sent, not what nor whereto
		}
		text := c.Text + c.Location
		if c.Location != "" && !uri.MatchString(c.Location) {
			content, err := os.ReadFile(c.Location)
			if err != nil {
				return true // who starts the part will tell
			}
			text = string(content)
		} else if c.Location != "" && !strings.HasPrefix(c.Location, "yaml:") {
			return true // it cannot be read from here
		}
		return strings.Contains(text, word) || strings.Contains(text, "${")
	})
}

// builtinAt is where the built-in generator is among the configurations; -1: nowhere.
func (p *Part) builtinAt() int {
	return slices.Index(p.Config, Config{Text: BuiltinConfig(GeneratorName)})
}

// Builtin tells whether a generator is the one that is built in, with or without changes.
func (p *Part) Builtin() bool { return p.builtinAt() >= 0 }

// OverHTTP makes a generator that follows send over OTLP/HTTP.
func (p *Part) OverHTTP() {
	p.Config = slices.Insert(slices.Clone(p.Config), p.builtinAt()+1, Config{Text: BuiltinConfig(overHTTP)})
}
