// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A test neither leaves data where the system keeps its own, nor takes any from there.
func TestStorages(t *testing.T) {
	const system = `systems: [{name: gateway, config: [{
  receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}},
  exporters: {otlp_grpc: {endpoint: "${env:PIPELINETEST_TO_NEXT}", sending_queue: {storage: file_storage/queue}}},
  extensions: {file_storage/queue: %s, health_check: {}},
  service: {extensions: [%s], pipelines: {traces: {receivers: [otlp], exporters: [otlp_grpc]}}}}]}]
`
	for _, tt := range []struct{ storage, used, want string }{
		{`{directory: /var/lib/gateway}`, "file_storage/queue", `gateway: extension file_storage/queue keeps its data in "/var/lib/gateway"`},
		{`{}`, "file_storage/queue", `in ""`},
		{`{directory: /var/lib/gateway}`, "health_check", ""},
		{`{directory: "${env:PIPELINETEST_DIR}"}`, "file_storage/queue", ""},
		{`{directory: "${env:PIPELINETEST_DIR}/queue"}`, "file_storage/queue", ""},
	} {
		_, err := parse(fmt.Appendf(nil, system, tt.storage, tt.used), "x", t.TempDir())
		if tt.want == "" {
			require.NoError(t, err, tt.storage)
		} else {
			assert.ErrorContains(t, err, tt.want)
		}
	}
}
