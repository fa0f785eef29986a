// SPDX-License-Identifier: Apache-2.0

package release

import (
	"bytes"
	"go/build"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	// root is the repository's.
	root = "../.."
	// modulePath is that of the repository's main module.
	modulePath = "github.com/runtimelab/otelcol-runtimelab"
	// collector is the name of the program in dist/, a module of its own.
	collector = "otelcol-runtimelab"
)

func readFile(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	require.NoError(t, err)
	return string(text)
}

// programs are the names of the folders of cmd/ that hold a program.
func programs(t *testing.T) []string {
	t.Helper()
	folders, err := os.ReadDir(filepath.Join(root, "cmd"))
	require.NoError(t, err)
	var names []string
	for _, folder := range folders {
		path, err := filepath.Abs(filepath.Join(root, "cmd", folder.Name()))
		require.NoError(t, err)
		if p, err := build.ImportDir(path, 0); err == nil && p.IsCommand() {
			names = append(names, folder.Name())
		}
	}
	require.NotEmpty(t, names)
	return names
}

// output runs a program that must succeed and returns what it prints to stdout.
func output(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s %s\n%s%s", name, strings.Join(args, " "), out, &stderr)
	return string(out)
}
