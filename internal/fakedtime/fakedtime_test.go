// SPDX-License-Identifier: Apache-2.0

// Package fakedtime holds a guard: tests do not look at the clock. A test that compares times, or that sleeps long enough, fails on a
// machine that is busy with something else. Time in tests is faked by testing/synctest; a bound on work is a number of calls, bytes or
// allocations; a wait for another process polls, with minutes of patience.
package fakedtime

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ofTheClock are the functions whose use makes a test depend on how fast the machine is. time.Now is not among them: a timestamp alone
// decides nothing.
var ofTheClock = map[string]bool{
	"time.Since": true, "time.Until": true, "time.Sleep": true, "time.After": true, "time.AfterFunc": true,
	"time.NewTimer": true, "time.NewTicker": true, "time.Tick": true,
	"context.WithTimeout": true, "context.WithDeadline": true,
}

// exceptions are folders and files whose tests may use them without fake time, and why.
var exceptions = map[string]string{
	"internal/e2e/delivery_test.go":                                    "a load is played for a while; how much of it comes does not matter",
	"internal/e2e/interrupt_test.go":                                   "the moment of the interruption is what is varied; nothing is compared with it",
	"receiver/processthreadsreceiver/internal/watch/own_linux_test.go": "its threads compute now and then, so that whoever reads gets a CPU; nothing is compared with the time",

	"internal/prometheus":             "Prometheus and sidecars are asked every second, for minutes, until they answer; no time is compared",
	"cmd/pipelinetest/copies_test.go": "its agent waits as the one that it stands for does; nothing is compared with the time",
	"cmd/pipelinetest/internal/proxy": "the faults are those of real connections, which fake time does not reach; a delay is at least as long as it should be",
}

// TestNoTestLooksAtTheClock looks at every test file of the repository. A file that imports testing/synctest fakes its time. A benchmark
// measures time and judges nothing.
func TestNoTestLooksAtTheClock(t *testing.T) {
	const root = "../.."
	looked, excepted := 0, map[string]bool{}
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		looked++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, use := range clockUses(t, path, text) {
			file := filepath.ToSlash(filepath.Join(folder, filepath.Base(path)))
			if exceptions[folder] == "" && exceptions[file] == "" {
				t.Errorf("%s. Fake the time with testing/synctest, count work, or wait with require.Eventually for minutes", use)
			}
			excepted[folder], excepted[file] = true, true
		}
		return nil
	}))
	assert.Greater(t, looked, 100)
	for folder := range exceptions {
		assert.True(t, excepted[folder], "%s no longer needs its exception", folder)
	}
}

// clockUses finds the uses in one file.
func clockUses(t *testing.T, path string, text []byte) (uses []string) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, parser.SkipObjectResolution)
	require.NoError(t, err)
	for _, imported := range file.Imports {
		if imported.Path.Value == strconv.Quote("testing/synctest") {
			return nil
		}
	}
	for _, declaration := range file.Decls {
		if function, ok := declaration.(*ast.FuncDecl); ok && strings.HasPrefix(function.Name.Name, "Benchmark") {
			continue
		}
		ast.Inspect(declaration, func(node ast.Node) bool {
			if selector, ok := node.(*ast.SelectorExpr); ok {
				if of, ok := selector.X.(*ast.Ident); ok && ofTheClock[of.Name+"."+selector.Sel.Name] {
					uses = append(uses, files.Position(selector.Pos()).String()+": "+of.Name+"."+selector.Sel.Name)
				}
			}
			return true
		})
	}
	return uses
}

func TestClockUses(t *testing.T) {
	const body = "\nfunc TestA(t *testing.T) { begun := time.Now(); time.Sleep(1); if time.Since(begun) > 2 { t.Fail() } }\nfunc BenchmarkA(b *testing.B) { time.Sleep(1) }\n"
	assert.Equal(t, []string{"a_test.go:3:49: time.Sleep", "a_test.go:3:67: time.Since"},
		clockUses(t, "a_test.go", []byte("package a\nimport \"time\""+body)))
	assert.Empty(t, clockUses(t, "a_test.go", []byte("package a\nimport \"testing/synctest\""+body)))
}
