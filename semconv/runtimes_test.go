// SPDX-License-Identifier: Apache-2.0

package semconv

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestRuntimes: what a row names exists, and is told apart from what other rows name.
func TestRuntimes(t *testing.T) {
	names, signs := map[string]bool{}, map[string]string{}
	for _, r := range Runtimes {
		assert.Regexp(t, `^[a-z][a-z0-9_]*$`, r.Name)
		assert.False(t, names[r.Name], "%s is listed twice", r.Name)
		names[r.Name] = true
		assert.NotEmpty(t, r.Crate, r.Name)
		if r.Successor != "" {
			assert.NotNil(t, RuntimeNamed(r.Successor), r.Name)
		}
		assert.Equal(t, r.Baseline, len(r.Threads) == 0, "%s: only a baseline needs no sign", r.Name)
		for _, thread := range r.Threads {
			assert.Empty(t, signs[thread.Name], "a worker of %s and of another", r.Name)
			signs[thread.Name] = r.Name
		}
		for _, framework := range r.Frameworks {
			assert.Empty(t, signs[framework], "a framework of %s and of another", r.Name)
			signs[framework] = r.Name
		}
	}
	assert.Equal(t, []string{"tokio", "async_std", "smol", "ideal"}, RuntimeNames())
	assert.Equal(t, []string{"tokio", "async_std", "smol"}, ServiceRuntimes())
	assert.Equal(t, CrateAsyncStd, RuntimeNamed(RuntimeAsyncStd).Crate)
	assert.Nil(t, RuntimeNamed("glommio"))
}

func TestThreadPattern(t *testing.T) {
	fixed, numbered := ThreadPattern{Name: "tokio-runtime-worker"}, ThreadPattern{Name: "smol-", Numbered: true}
	for thread, want := range map[string][2]bool{
		"tokio-runtime-worker":   {true, false},
		"tokio-runtime-w":        {true, false}, // as Linux keeps it
		"tokio-runtime":          {},
		"tokio-runtime-worker-1": {},
		"smol-1":                 {false, true},
		"smol-16":                {false, true},
		"smol-":                  {},
		"smol-1x":                {},
		"":                       {},
	} {
		assert.Equal(t, want, [2]bool{fixed.Matches(thread), numbered.Matches(thread)}, "thread %q", thread)
	}
	assert.False(t, ThreadPattern{Name: "short"}.Matches("shor"), "Linux keeps all of it")
}
