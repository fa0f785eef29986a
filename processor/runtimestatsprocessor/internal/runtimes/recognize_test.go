// SPDX-License-Identifier: Apache-2.0

package runtimes

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
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

func TestFromModule(t *testing.T) {
	for scope, want := range map[string]string{
		"tokio":                       "tokio",
		"tokio::net":                  "tokio",
		"tokio-postgres":              "tokio",
		"tokioish":                    "",
		"axum":                        "tokio",
		"tonic::transport":            "tokio",
		"actix_web::middleware":       "tokio",
		"async-std":                   "async_std",
		"async_std::task":             "async_std",
		"tide":                        "async_std",
		"smol":                        "smol",
		"smolder":                     "",
		"hyper":                       "", // runs on any
		"io.opentelemetry.tomcat-7.0": "",
		"":                            "",
	} {
		assert.Equal(t, want, FromModule(scope), "scope %q", scope)
	}
}

// What gives the runtime away, from the strongest hint to the weakest.
func TestNames(t *testing.T) {
	rules := []Rule{
		NewRule(map[string]string{"service.name": "orders", "thread.name": "api-worker*"}, "tokio"),
		NewRule(map[string]string{"service.name": "stock", "scope.name": "ingest*"}, "smol"),
		NewRule(map[string]string{"thread.name": "*-exec-*"}, "async_std"),
	}
	type resource map[string]string
	for _, tt := range []struct {
		name     string
		resource resource
		scope    string
		thread   string
		want     string
	}{
		{"nothing", resource{}, "", "", ""},
		{"main alone", resource{}, "", "main", ""},
		{"a rule for threads", resource{"service.name": "orders"}, "", "api-worker-3", "tokio"},
		{"of this service only", resource{"service.name": "other"}, "", "api-worker-3", ""},
		{"a rule before the thread's default name", resource{"service.name": "stock"}, "ingest::http", "tokio-rt-worker", "smol"},
		{"a rule without thread, for a span without one", resource{"service.name": "stock"}, "ingest", "", "smol"},
		{"its scope does not match", resource{"service.name": "stock"}, "export", "tokio-rt-worker", "tokio"},
		{"a rule for any service", resource{}, "", "pool-exec-1", "async_std"},
		{"thread before resource", resource{"process.runtime.name": "smol"}, "", "tokio-rt-worker", "tokio"},
		{"resource before scope", resource{"process.runtime.name": "smol"}, "tokio", "main", "smol"},
		{"the resource's own word", resource{"process.runtime.name": "tokio", "async_runtime.name": "glommio"}, "", "main", "glommio"},
		{"scope", resource{}, "tokio::net", "main", "tokio"},
		{"another language", resource{"process.runtime.name": "nodejs"}, "", "main", ""},
		{"a thread of the blocking crate, which several use", resource{}, "", "blocking-12", ""},
		{"where async-std uses it", resource{"process.runtime.name": "async-std"}, "", "blocking-12", "async_std"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := NewNames(rules, func(name string) (string, bool) {
				value, present := tt.resource[name]
				return value, present
			})
			n = n.InScope(tt.scope)
			for range 2 { // the second answer is the first
				sign, _ := n.Of(tt.thread, "")
				assert.Equal(t, tt.want, sign.Runtime)
			}
		})
	}
}

// TestTableIsRecognised: each sign in the table of runtimes names its runtime, in every spelling.
func TestTableIsRecognised(t *testing.T) {
	for _, r := range semconv.Runtimes {
		assert.Equal(t, r.Name, FromCrate(r.Crate))
		for _, p := range r.Threads {
			name := p.Name
			if p.Numbered {
				name += "12"
			}
			assert.Equal(t, r.Name, FromThread(name))
		}
		for _, framework := range r.Frameworks {
			assert.Equal(t, r.Name, FromModule(framework))
			assert.Equal(t, r.Name, FromModule(module(framework)+"::server"))
		}
	}
	assert.Empty(t, FromModule(semconv.CrateIdeal), "no service runs on a baseline")
}

func TestBlockable(t *testing.T) {
	n := NewNames(nil, func(string) (string, bool) { return "", false })
	for thread, want := range map[string]bool{"": false, "main": false, "tokio-rt-worker": false, "smol-1": false, "blocking-7": true, "blocking-": false} {
		sign, _ := n.Of(thread, "")
		assert.Equal(t, want, sign.Blockable, "thread %q", thread)
	}
}

func TestNamesForgetTheLastThread(t *testing.T) {
	n := NewNames(nil, func(string) (string, bool) { return "", false })
	for _, thread := range []string{"", "smol-1", "", "tokio-rt-worker", "smol-1"} {
		sign, told := n.Of(thread, "")
		assert.Equal(t, FromThread(thread), sign.Runtime, "thread %q", thread)
		assert.False(t, told)
	}
}

func TestPattern(t *testing.T) {
	for _, tt := range []struct {
		pattern string
		yes, no []string
	}{
		{"worker", []string{"worker"}, []string{"", "worker-1", "my-worker"}},
		{"worker*", []string{"worker", "worker-1"}, []string{"", "my-worker"}},
		{"*worker", []string{"worker", "my-worker"}, []string{"", "worker-1"}},
		{"*", []string{"", "anything"}, nil},
		{"a*b*c", []string{"abc", "a-b-c", "abbcc", "abcbc"}, []string{"ac", "acb", "ab", "xabc"}},
		{"a*a", []string{"aa", "aba"}, []string{"a"}},
		{"api/*", []string{"api/1/2"}, []string{"api"}},
		{"", []string{""}, []string{"x"}},
	} {
		r := NewRule(map[string]string{MatchThread: tt.pattern}, "x")
		for _, s := range tt.yes {
			assert.True(t, r.thread.matches(s), "%q in %q", s, tt.pattern)
		}
		for _, s := range tt.no {
			assert.False(t, r.thread.matches(s), "%q in %q", s, tt.pattern)
		}
	}
}
