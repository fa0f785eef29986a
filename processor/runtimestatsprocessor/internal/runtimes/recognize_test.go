package runtimes

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFromThread(t *testing.T) {
	for name, want := range map[string]string{
		"tokio-rt-worker":      "tokio",
		"tokio-runtime-worker": "tokio",
		"tokio-runtime-w":      "tokio",
		"async-std/runtime":    "async_std",
		"async-std/runti":      "async_std",
		"smol-1":               "smol",
		"smol-16":              "smol",
		"smol-":                "",
		"smol-x":               "",
		"smol-1x":              "",
		"main":                 "",
		"otlp-worker":          "",
		"tokio":                "",
		"tokio-rt-worker-1":    "",
		"":                     "",
	} {
		assert.Equal(t, want, FromThread(name), "thread.name %q", name)
	}
}

func TestFromCrate(t *testing.T) {
	for crate, want := range map[string]string{
		"tokio":     "tokio",
		"async-std": "async_std",
		"smol":      "smol",
		"ideal":     "ideal",
		"nodejs":    "",
		"go":        "",
		"":          "",
	} {
		assert.Equal(t, want, FromCrate(crate), "process.runtime.name %q", crate)
	}
}
