// SPDX-License-Identifier: Apache-2.0

package semconv

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

// TestKernelMetricDocs compares the tables of what the kernel tells with the registry; -update rewrites them.
func TestKernelMetricDocs(t *testing.T) {
	var b strings.Builder
	b.WriteString("| metric | instrument | unit | points | meaning |\n| --- | --- | --- | --- | --- |\n")
	for _, m := range KernelMetrics {
		points := "one"
		if m.Key != "" {
			points = fmt.Sprintf("`%s` = `%s`", m.Key, strings.Join(m.Values, "`, `"))
		}
		if m.OfGroups {
			points += ", of each `" + ThreadGroupName + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | `%s` | %s | %s |\n", m.Name, m.Instrument, m.Unit, points, m.Meaning)
	}
	for _, file := range []string{"README.md", "../receiver/processthreadsreceiver/README.md"} {
		checkSection(t, file, "kernel metrics", b.String())
	}
}

func TestKernelMetrics(t *testing.T) {
	known := map[string]bool{"": true}
	for _, a := range Attributes {
		known[a.Name] = true
	}
	for _, m := range KernelMetrics {
		assert.Regexp(t, `^(async_runtime|process)(\.[a-z][a-z0-9_]*)+$`, m.Name)
		assert.True(t, known[m.Key], m.Key)
		assert.Equal(t, m.Key != "", len(m.Values) > 1, m.Name)
		assert.True(t, strings.HasSuffix(m.Meaning, "."), m.Name)
		assert.Equal(t, -1, RuntimeOfMetric(m.Name), "it gives no runtime away")
	}
}

func TestThreadGroup(t *testing.T) {
	for name, want := range map[string]string{
		ThreadTokio:             "tokio-rt-worker",
		ThreadTokioOld:          "tokio-runtime-w",
		ThreadRocket:            "rocket-worker-t",
		ThreadAsyncStd:          "async-std/runti",
		"smol-1":                "smol",
		"smol-12":               "smol",
		"blocking-7":            "blocking",
		"actix-server worker 3": "actix-server wo",
		"my-worker-pool-12":     "my-worker-pool",
		"my-worker-poo-123":     "my-worker-poo", // cut in the number
		"rayon3":                "rayon",
		"io_2.4":                "io_2",
		"main":                  "main",
		"":                      "",
		"42":                    "#",
		"-7":                    "#",
		"a\x1b[31m":             "a\uFFFD[31m",
		"line\nfeed":            "line\uFFFDfeed",
		"bad\xff\xfe":           "bad\uFFFD\uFFFD",
		"ééééééééé":             "ééééééé\uFFFD", // cut in a character
		"a\u202eb":              "a\uFFFDb",      // what follows would be shown from right to left
		"\ufeffmain":            "\uFFFDmain",
		"a\u200bb\ue000":        "a\uFFFDb\uFFFD",
		"a\u2028b\u0085":        "a\uFFFDb\uFFFD",
		"数据 é":                  "数据 é",
		ThreadGroupOther:        "_OTHER#", // not the group of those that are too many
		"_OTHER-7":              "_OTHER#",
	} {
		assert.Equal(t, want, ThreadGroup(name), "%q", name)
	}
}

// A program's name of a thread and what the kernel keeps of it are the same group, and the group is text.
func FuzzThreadGroup(f *testing.F) {
	f.Add("tokio-runtime-worker")
	f.Add("blocking-12\xff")
	f.Fuzz(func(t *testing.T, name string) {
		group := ThreadGroup(name)
		assert.Equal(t, group, ThreadGroup(name[:min(len(name), linuxThreadName)]))
		assert.True(t, utf8.ValidString(group))
		assert.Equal(t, name == "", group == "")
		assert.NotEqual(t, ThreadGroupOther, group)
		for _, r := range group {
			assert.False(t, unicode.In(r, unicode.C, unicode.Zl, unicode.Zp))
		}
	})
}
