// SPDX-License-Identifier: Apache-2.0

// Package mutants shows that each rule of a model has a test that fails without it. A package lists its rules, each with the
// text that makes it and the text that removes it:
//
//	mutants.Check(t, []mutants.Rule{
//		{"1.5 three LIFO polls", "worker.go", "maxLIFOPolls = 3", "maxLIFOPolls = 4", "TestThreeLIFOPollsInATick"},
//	})
//
// An ordinary run checks the list itself: the text stands once in the file, the tests exist. With -mutants each rule is
// removed in turn, in a copy, and one of its tests must fail.
//
// The tests of packages tokio, asyncexecutor, blocking and host have such tables; make mutants removes the rules.
package mutants

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Rule is a rule of the specification as name, file, old, new, tests: replacing old by new in the file removes it, and then one of the
// tests (a|b) fails. The word endless behind the tests says that the model without the rule goes in circles: its simulation does
// not end.
type Rule [5]string

type rule struct {
	name, file, old, new, tests string
	endless                     bool
}

// timeout is what the tests of a rule may take.
const timeout = "20s"

var enabled = flag.Bool("mutants", false, "remove each rule of the table and see its test fail")

// Check checks a table of the package under test.
func Check(t *testing.T, rules []Rule) {
	t.Helper()
	tests := testsOf(t)
	names := map[string]bool{}
	for _, f := range rules {
		r := rule{name: f[0], file: f[1], old: f[2], new: f[3]}
		r.tests, r.endless = strings.CutSuffix(f[4], " endless")
		if names[r.name] {
			t.Errorf("%s: twice", r.name)
		}
		names[r.name] = true
		text := read(t, r.file)
		if n := strings.Count(text, r.old); n != 1 {
			t.Errorf("%s: %d occurrences of %q in %s; want 1", r.name, n, r.old, r.file)
		}
		for test := range strings.SplitSeq(r.tests, "|") {
			if !strings.Contains(tests, "\nfunc "+test+"(") {
				t.Errorf("%s: there is no %s", r.name, test)
			}
		}
		if *enabled {
			t.Run(r.name, func(t *testing.T) { r.remove(t, text) })
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file) //nolint:gosec // G304: a source file of the package
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// testsOf is the text of the package's tests.
func testsOf(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range files {
		text.WriteString(read(t, f))
	}
	return text.String()
}

var timedOut = regexp.MustCompile(`panic: test timed out`)

var uncompiled = regexp.MustCompile(`build failed|setup failed`)

// remove runs the rule's tests against the package without it.
func (r *rule) remove(t *testing.T, text string) {
	t.Helper()
	source, err := filepath.Abs(r.file)
	if err != nil {
		t.Fatal(err)
	}
	mutant := filepath.Join(t.TempDir(), "mutant.go")
	write(t, mutant, []byte(strings.Replace(text, r.old, r.new, 1)))
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {source: mutant}})
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "overlay.json")
	write(t, config, overlay)
	out, err := exec.CommandContext(t.Context(), "go", "test", "-vet=off", "-timeout="+timeout, "-overlay="+config, //nolint:gosec // G204: the table's own tests
		"-run=^("+r.tests+")$", ".").CombinedOutput()
	switch {
	case err == nil:
		t.Error("survives: nothing failed")
	case uncompiled.Match(out):
		t.Errorf("the mutant does not compile: %s", out)
	case timedOut.Match(out) && !r.endless:
		t.Error("its tests took more than " + timeout + ": they neither failed nor passed")
	}
}

func write(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
