// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestUnread: what could not be looked at is told, without what lets its reader in.
func TestUnread(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(file, []byte(production), 0o600))
	including := filepath.Join(t.TempDir(), "including.yaml")
	require.NoError(t, os.WriteFile(including, []byte("receivers: ${https://example.com/r.yaml}\n"), 0o600))
	const all = "p: whether it can be reached, where it sends, and whether it sends elsewhere, too: its configuration "
	for name, tc := range map[string]struct {
		part Part
		want string
	}{
		"a file":   {Part{Config: []Config{{Location: file}, {Location: "yaml:receivers::nop: {}"}}}, ""},
		"built in": {Part{Config: []Config{{Text: BuiltinConfig(VerifierName)}}}, ""},
		"a URL": {
			Part{Config: []Config{{Location: "https://user:secret@example.com/gateway.yaml?token=secret#x"}, {Location: file}}},
			all + "lies at https://example.com/gateway.yaml and is not read before the test",
		},
		"a file that includes a URL": {Part{Config: []Config{{Location: including}}}, all + "refers to something that cannot be read from here"},
		"no file":                    {Part{Config: []Config{{Location: "/none.yaml"}}}, all + "refers to something that cannot be read from here"},
		"a command":                  {Part{Command: []string{"agent", "--listen", "x"}}, ""},
		"a command with a file":      {Part{Command: []string{"otelcol", "--config", file}}, ""},
		"a command with a URL": {
			Part{Command: []string{"otelcol", "--config=https://example.com/a.yaml"}},
			"p: whether it sends elsewhere, too: its configuration lies at https://example.com/a.yaml and is not read before the test",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := New()
			tc.part.Name = "p"
			s.Systems = []Part{tc.part}
			assert.Equal(t, tc.want, s.Unread(&tc.part))
		})
	}
}

// TestQueueUnits: a queue counts requests unless its sizer says otherwise; of what cannot be read that is not known.
func TestQueueUnits(t *testing.T) {
	s := New()
	p := Part{Name: "p", Config: []Config{{Text: `exporters: {a: , b: {sending_queue: {queue_size: 5}}, c/1: {sending_queue: {sizer: items}}, d: {endpoint: x}}`}}}
	s.Systems = []Part{p}
	assert.Equal(t, map[string]string{"a": "requests", "b": "requests", "c/1": "items", "d": "requests"}, s.QueueUnits(&p))
	assert.Nil(t, s.QueueUnits(&Part{Name: "p", Config: []Config{{Location: "https://example.com"}}}))
	assert.Empty(t, s.QueueUnits(&Part{Name: "p", Command: []string{"agent"}}))
}
