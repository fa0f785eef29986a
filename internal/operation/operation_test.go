// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// An operation is called so that one knows which requests are meant, and so that all of them have the same name.
func TestAppendName(t *testing.T) {
	for _, tt := range []struct {
		name       string
		attributes map[string]any
		want       string
	}{
		{"POST /login", nil, "POST /login"},
		{"POST /login", map[string]any{"http.route": "/login"}, "POST /login"},
		{"request", map[string]any{"uri": "/login?password=1234", "method": "POST"}, "request /login"},
		{"request", map[string]any{"url.path": "/users/7", "http.route": "/users/{id}"}, "request /users/{id}"},
		{"request", map[string]any{"url.path": "/users/7"}, "request /users/{id}"},
		{"GET /users/{id}", map[string]any{"url.path": "/users/7"}, "GET /users/{id}"},
		{"request", map[string]any{"http.route": "", "http.target": "/a"}, "request /a"},
		{"request", map[string]any{"uri": []any{"/login"}}, "request"},
		{"request", map[string]any{"uri": "?"}, "request"},
		{"", map[string]any{"uri": "/a"}, " /a"},
		{"", nil, ""},
	} {
		span := ptrace.NewSpan()
		span.SetName(tt.name)
		require.NoError(t, span.Attributes().FromRaw(tt.attributes))
		assert.Equal(t, "before "+tt.want, string(AppendName([]byte("before "), span)))
	}
}

func TestAppendPath(t *testing.T) {
	for uri, want := range map[string]string{
		"":                                       "",
		"/":                                      "/",
		"/orders":                                "/orders",
		"/orders/":                               "/orders/",
		"/orders/42":                             "/orders/{id}",
		"/orders/42/items/7":                     "/orders/{id}/items/{id}",
		"/orders/42?token=secret":                "/orders/{id}",
		"/orders#42":                             "/orders",
		"http://shop:8080/orders/42":             "/orders/{id}",
		"http://shop:8080":                       "/",
		"/v1/orders":                             "/v1/orders",
		"/2026-11-27":                            "/2026-11-27",
		"/deadbeef":                              "/deadbeef",
		"/facade":                                "/facade",
		"/0123456789abcdef":                      "/{id}",
		"/0123456789abcdeg":                      "/0123456789abcdeg",
		"/abcdefabcdefabcdef":                    "/abcdefabcdefabcdef", // no digit: a word
		"/f47ac10b-58cc-4372-a567-0e02":          "/f47ac10b-58cc-4372-a567-0e02",
		"/f47ac10b-58cc-4372-a567-0e02b2c3d479":  "/{id}",
		"/F47AC10B-58CC-4372-A567-0E02B2C3D479/": "/{id}/",
	} {
		assert.Equal(t, want, string(AppendPath(nil, uri)), uri)
	}
}

func FuzzAppendPath(f *testing.F) {
	f.Add("http://shop:8080/orders/42?x=1")
	f.Add("/" + strings.Repeat("1/", 200))
	f.Fuzz(func(t *testing.T, uri string) {
		path := AppendPath(nil, uri)
		assert.NotContains(t, string(path), "?")
		assert.NotContains(t, string(path), "#")
		assert.LessOrEqual(t, len(path), 3*256, "one digit makes four characters, with a slash between two")
		if utf8.ValidString(uri) {
			assert.True(t, utf8.Valid(path))
		}
	})
}

func TestNamesTakeNoMemory(t *testing.T) {
	span := ptrace.NewSpan()
	span.SetName("request")
	span.Attributes().PutStr("uri", "/orders/42?token=secret")
	b := make([]byte, 0, 100)
	assert.Zero(t, testing.AllocsPerRun(100, func() { b = AppendName(b[:0], span) }))
	assert.True(t, HoldsPath("uri"))
	assert.False(t, HoldsPath("http.route"))
}
