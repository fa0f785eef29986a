// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"embed"
)

// Builtin is the word that stands in a list of configurations for the one that is built in.
const Builtin = "builtin"

//go:embed builtin/generator.yaml builtin/verifier.yaml
var builtin embed.FS

// BuiltinConfig is the configuration that generators, or the verifier, have unless told otherwise.
func BuiltinConfig(name string) string {
	text, err := builtin.ReadFile("builtin/" + name + ".yaml")
	if err != nil {
		panic(err) // the names are constants
	}
	return string(text)
}
