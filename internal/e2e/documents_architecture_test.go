// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// inCode finds what stands between backticks.
var inCode = regexp.MustCompile("`([^`]+)`")

// TestWhereItIsDecided: in the last table of docs/architecture.md each file exists, and one of a row's files defines each of its
// functions. Three rows were wrong once, because functions had moved.
func TestWhereItIsDecided(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "## Where is it decided that ...?")
	require.True(t, found)
	folder, rows := "", 0
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 3 || strings.HasPrefix(strings.TrimSpace(cells[0]), "---") || strings.TrimSpace(cells[0]) == "question" {
			continue
		}
		if strings.HasPrefix(strings.TrimSpace(cells[0]), "**") {
			folder = "" // "the repository"
			if named := inCode.FindStringSubmatch(cells[1]); named != nil {
				folder = named[1]
			}
			continue
		}
		rows++
		var code strings.Builder
		for _, file := range inCode.FindAllStringSubmatch(cells[1], -1) {
			path := filepath.Join(root, folder, file[1])
			if strings.HasPrefix(file[1], "/") {
				path = filepath.Join(root, file[1])
			}
			code.WriteString(codeAt(t, path))
		}
		for _, function := range inCode.FindAllStringSubmatch(cells[2], -1) {
			name := regexp.QuoteMeta(function[1])
			defined := regexp.MustCompile(`(?m)^(func (\([^)]*\) )?` + name + `[(\[]|type ` + name + `\b|var ` + name + `\b|\t?` + name + `\s+(struct|interface|func|=|\())`)
			assert.Regexp(t, defined, code.String(), strings.TrimSpace(line))
		}
	}
	assert.Greater(t, rows, 40)
}

// codeAt is the text of a file, or of all Go files of a folder.
func codeAt(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Stat(path)
	if !assert.NoError(t, err) {
		return ""
	}
	files := []string{path}
	if info.IsDir() {
		files, err = filepath.Glob(filepath.Join(path, "*.go"))
		require.NoError(t, err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		all.Write(text)
	}
	return all.String()
}
