// Package mutants shows that each rule of a model has a test that fails without it. A package lists its rules, each with the
// text that makes it and the text that removes it:
//
//	mutants.Check(t, []mutants.Rule{
//		{"1.5 three LIFO polls", "worker.go", "maxLIFOPolls = 3", "maxLIFOPolls = 4", "TestThreeLIFOPollsInATick"},
//	})
//
// An ordinary run checks the list itself: the text stands once in the file, the tests exist. With -mutants each rule is
// removed in turn, in a copy, and one of its tests must fail.
package mutants

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Rule is a rule of the specification as name, file, old, new, tests: replacing old by new in the file removes it, and then one of the
// tests (a|b) fails.
type Rule [5]string

type rule struct{ name, file, old, new, tests string }

var enabled = flag.Bool("mutants", false, "remove each rule of the table and see its test fail")

// Check checks a table of the package under test.
func Check(t *testing.T, rules []Rule) {
	t.Helper()
	tests := testsOf(t)
	names := map[string]bool{}
	for _, f := range rules {
		r := rule{f[0], f[1], f[2], f[3], f[4]}
		assert.False(t, names[r.name], "%s: twice", r.name)
		names[r.name] = true
		text, err := os.ReadFile(r.file)
		require.NoError(t, err, r.name)
		assert.Equal(t, 1, strings.Count(string(text), r.old), "%s: occurrences of %q in %s", r.name, r.old, r.file)
		for test := range strings.SplitSeq(r.tests, "|") {
			assert.Contains(t, tests, "\nfunc "+test+"(", r.name)
		}
		if *enabled {
			t.Run(r.name, func(t *testing.T) { r.remove(t, string(text)) })
		}
	}
}

// testsOf is the text of the package's tests.
func testsOf(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	var text []byte
	for _, f := range files {
		content, err := os.ReadFile(f) //nolint:gosec // G304: the package's own
		require.NoError(t, err)
		text = append(text, content...)
	}
	return string(text)
}

// remove runs the rule's tests against the package without it.
func (r *rule) remove(t *testing.T, text string) {
	t.Helper()
	source, err := filepath.Abs(r.file)
	require.NoError(t, err)
	mutant := filepath.Join(t.TempDir(), filepath.Base(r.file))
	require.NoError(t, os.WriteFile(mutant, []byte(strings.Replace(text, r.old, r.new, 1)), 0o600))
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {source: mutant}})
	require.NoError(t, err)
	config := filepath.Join(t.TempDir(), "overlay.json")
	require.NoError(t, os.WriteFile(config, overlay, 0o600))
	out, err := exec.CommandContext(t.Context(), "go", "test", "-vet=off", "-timeout=20s", "-overlay="+config, //nolint:gosec // G204: the table's own tests
		"-run=^("+r.tests+")$", ".").CombinedOutput()
	require.Error(t, err, "nothing failed")
	require.NotRegexp(t, `build failed|setup failed`, string(out), "the mutant does not compile")
}
