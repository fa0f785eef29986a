// SPDX-License-Identifier: Apache-2.0

package program

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"golang.org/x/mod/module"
)

// What a release's linker writes, by -ldflags "-X github.com/runtimelab/otelcol-runtimelab/internal/program.version=v1.2.3 -X ...commit=...".
// Only the linker writes them. They are empty in every other build: Go itself notes there what it knows.
var version, commit string

// build is what is known of how a program was built.
type build struct {
	version, commit, goVersion string
}

// read prefers what the linker wrote to what Go noted. What neither says is unknown.
func read(info *debug.BuildInfo, ok bool) build {
	if !ok { // not built with modules
		info = &debug.BuildInfo{}
	}
	return build{
		version:   cmp.Or(version, info.Main.Version, "unknown"),
		commit:    cmp.Or(commit, noted(info), "unknown"),
		goVersion: runtime.Version(),
	}
}

// noted is the commit as Go noted it: in a build from a Git checkout, or in the version of a module that has no tag.
func noted(info *debug.BuildInfo) string {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if revision := settings["vcs.revision"]; revision != "" {
		if settings["vcs.modified"] == "true" {
			return revision + " with changes"
		}
		return revision
	}
	revision, err := module.PseudoVersionRev(info.Main.Version)
	if err != nil {
		return "" // a tag, or no version: it names no commit
	}
	return revision
}

// describe is the version on a line, with what a report of a fault needs.
func describe(b build) string {
	return fmt.Sprintf("%s, commit %s, %s %s/%s", b.version, b.commit, b.goVersion, runtime.GOOS, runtime.GOARCH)
}
