// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The file in which runtime_stats keeps its windows is damaged while the Collector is down. Whatever was done to it, the second start
// at the latest works, and the one after it has windows again.
func TestDamagedWindows(t *testing.T) {
	const ready = "Everything is ready"
	for name, tt := range map[string]struct {
		damage func([]byte) []byte
		told   string // by the start after it
		heals  bool   // without help, but that start ends
	}{
		"zeroed":      {func(b []byte) []byte { return make([]byte, len(b)) }, "invalid database", false},
		"text":        {func(b []byte) []byte { return bytes.Repeat([]byte("once upon a time\n"), len(b)/16) }, "invalid database", false},
		"cut":         {func(b []byte) []byte { return b[:3*4096/2] }, "file size too small", false},
		"overwritten": {func(b []byte) []byte { return append(b[:2*4096:2*4096], bytes.Repeat([]byte{0x5a}, len(b)-2*4096)...) }, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			config := writeFile(t, fmt.Sprintf(`
extensions: {file_storage: {directory: %s}}
receivers: {otlp: {protocols: {http: {endpoint: "localhost:0"}}}}
processors: {runtime_stats: {storage: file_storage}}
exporters: {nop: }
service:
  extensions: [file_storage]
  pipelines: {traces: {receivers: [otlp], processors: [runtime_stats], exporters: [nop]}}
`, directory))
			end := func(c *collector) {
				require.NoError(t, c.cmd.Process.Kill())
				<-c.exited
			}
			// keep runs the Collector until its end, when it stores its windows. Just after it is ready it may not yet listen to signals.
			keep := func() {
				var err error
				for range 20 {
					c := start(t, config)
					c.waitFor(t, ready)
					if err = c.interrupt(t); err == nil {
						return
					}
				}
				require.NoError(t, err)
			}
			keep()
			file := filepath.Join(directory, "processor_runtime_stats_")
			good, err := os.ReadFile(file)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(file, tt.damage(good), 0o600))

			damaged := start(t, config)
			if tt.heals {
				<-damaged.exited // bbolt panics in a goroutine of its own
				after := start(t, config)
				after.waitFor(t, "they seem to be damaged. Leaving them, and starting without")
				after.waitFor(t, ready)
				end(after)
			} else {
				damaged.waitFor(t, "Cannot read the stored windows; starting without.*"+tt.told)
				damaged.waitFor(t, ready)
				end(damaged)
				require.NoError(t, os.Remove(file)) // as the advice says
			}
			keep()
			start(t, config).waitFor(t, "Windows restored")
		})
	}
}
