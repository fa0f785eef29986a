// SPDX-License-Identifier: Apache-2.0

package deploy

import (
	"bytes"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dockerfile reads a Dockerfile with BuildKit's parser and linter and returns its stages.
func dockerfile(t *testing.T, name string) []instructions.Stage {
	t.Helper()
	ast, err := parser.Parse(bytes.NewReader(readFile(t, name)))
	require.NoError(t, err)
	assert.Empty(t, ast.Warnings)
	stages, _, err := instructions.Parse(ast.AST, linter.New(&linter.Config{
		Warn: func(rule, _, _, message string, _ []parser.Range) { t.Errorf("%s: %s", rule, message) },
	}))
	require.NoError(t, err)
	return stages
}

func TestImage(t *testing.T) {
	stages := dockerfile(t, "Dockerfile")
	require.Len(t, stages, 2)
	assert.Regexp(t, `^alpine:\d+\.\d+@sha256:[0-9a-f]{64}$`, stages[0].BaseName)
	assert.Equal(t, "scratch", stages[1].BaseName)

	env, copies := map[string]string{}, map[string]*instructions.CopyCommand{}
	var user, volume string
	var ports, entrypoint, arguments []string
	for _, command := range stages[1].Commands {
		switch c := command.(type) {
		case *instructions.EnvCommand:
			for _, kv := range c.Env {
				env[kv.Key] = kv.Value
			}
		case *instructions.CopyCommand:
			copies[c.DestPath] = c
		case *instructions.UserCommand:
			user = c.User
		case *instructions.VolumeCommand:
			volume = c.Volumes[0]
		case *instructions.ExposeCommand:
			ports = c.Ports
		case *instructions.EntrypointCommand:
			entrypoint = c.CmdLine
		case *instructions.CmdCommand:
			arguments = c.CmdLine
		}
	}
	assert.Equal(t, "10001:10001", user)
	assert.Equal(t, user, copies[volume].Chown, "the queue's directory is writable")
	for platform, want := range map[string]string{"": "dist/otelcol-runtimelab", "arm64": "linux/arm64/otelcol-runtimelab"} {
		assert.Equal(t, []string{want}, sources(t, copies[entrypoint[0]], platform))
	}
	assert.Equal(t, "0755", copies[entrypoint[0]].Chmod)
	for platform, want := range map[string]string{"": "bin/pipelinetest", "arm64": "linux/arm64/pipelinetest"} {
		assert.Equal(t, []string{want}, sources(t, copies["/pipelinetest"], platform), "the judge of a load in a cluster")
	}
	assert.Equal(t, []string{"config/sidecar.yaml"}, copies[arguments[1]].SourcePaths)

	// What is open is the image's decision, and one variable's.
	assert.Equal(t, map[string]string{"SIDECAR_LISTEN_HOST": "0.0.0.0"}, env)
	config := parseConfig(t, sidecarConfig(t))
	endpoints := []string{
		config.Receivers.OTLP.Protocols["grpc"].Endpoint,
		config.Receivers.OTLP.Protocols["http"].Endpoint,
		config.Extensions.HealthCheck.Endpoint,
	}
	var want []string
	for _, port := range ports {
		want = append(want, "${env:SIDECAR_LISTEN_HOST:-localhost}:"+port)
	}
	assert.ElementsMatch(t, want, endpoints)
	validate(t, sidecarConfig(t), "SIDECAR_LISTEN_HOST=0.0.0.0")
	validate(t, sidecarConfig(t))
}

// sources are the paths that a COPY reads: in the image of `make build`, or in a release's for a platform.
func sources(t *testing.T, c *instructions.CopyCommand, platform string) []string {
	t.Helper()
	environment := shell.EnvsFromSlice(nil)
	if platform != "" {
		environment = shell.EnvsFromSlice([]string{"FOLDER=linux", "TARGETARCH=" + platform})
	}
	var paths []string
	for _, source := range c.SourcePaths {
		path, _, err := shell.NewLex('\\').ProcessWord(source, environment)
		require.NoError(t, err)
		paths = append(paths, path)
	}
	return paths
}

// TestBuildContext: the build sees the files that the Dockerfile copies, and nothing else of the repository.
func TestBuildContext(t *testing.T) {
	for _, name := range []string{"Dockerfile", "Dockerfile.gateway"} {
		want := []string{"*"}
		for _, command := range dockerfile(t, name)[1].Commands {
			if c, ok := command.(*instructions.CopyCommand); ok && c.From == "" {
				for _, source := range sources(t, c, "") {
					want = append(want, "!"+source)
				}
			}
		}
		var got []string
		for line := range strings.Lines(string(readFile(t, name+".dockerignore"))) {
			if !strings.HasPrefix(line, "#") {
				got = append(got, strings.TrimSpace(line))
			}
		}
		assert.ElementsMatch(t, want, got, name)
	}
}
