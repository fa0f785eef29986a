// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rotelVersion is of an agent in Rust that takes and sends OTLP, and has nothing of the Collector. Its binary is in a package of Python's registry.
const rotelVersion = "0.0.1a15"

// rotel installs that agent. Where it cannot be had, the test says so, and is left out.
func rotel(t *testing.T) (path string) {
	t.Helper()
	dir := t.TempDir()
	install := exec.Command("python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--target", dir, "rotel=="+rotelVersion)
	if out, err := install.CombinedOutput(); err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		t.Skipf("left out: an agent that is no Collector: python3 cannot install rotel %s: %v: %s", rotelVersion, err, lines[len(lines)-1])
	}
	path = filepath.Join(dir, "rotel", "rotel-agent")
	require.NoError(t, os.Chmod(path, 0o700))
	if out, err := exec.Command(path, "--version").CombinedOutput(); err != nil {
		t.Skipf("left out: an agent that is no Collector: rotel %s does not run here: %v: %s", rotelVersion, err, strings.TrimSpace(string(out)))
	}
	return path
}

// TestAgent: a load test of an agent that is no Collector, over what it listens for.
func TestAgent(t *testing.T) {
	t.Parallel()
	agent := rotel(t)
	common := ` --exporter otlp --pid-file ${PIPELINETEST_DIR}/pid --log-file ${PIPELINETEST_DIR}/log`
	for name, tc := range map[string]struct{ command, says string }{
		"gRPC": {
			agent + ` start --otlp-grpc-endpoint ${PIPELINETEST_LISTEN} --otlp-http-endpoint ${PIPELINETEST_LISTEN_HTTP}` +
				` --otlp-exporter-endpoint http://${PIPELINETEST_TO_NEXT}` + common, "rotel is ready at 127.0.0.1:",
		},
		"HTTP": { // it listens for gRPC, too, but not where it is to
			agent + ` start --otlp-grpc-endpoint 127.0.0.1:0 --otlp-http-endpoint ${PIPELINETEST_LISTEN_HTTP}` +
				` --otlp-exporter-protocol http --otlp-exporter-endpoint http://${PIPELINETEST_TO_NEXT_HTTP}` + common,
			"generator sends over OTLP/HTTP: rotel listens for nothing else",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr, doc, _ := load(t, "--rate", "300", "--duration", "3s", "--system", "rotel="+tc.command)
			wantKept(t, code, &doc)
			assert.Contains(t, stderr, tc.says)
			part := doc.Tests[0].Load.Parts[1]
			assert.Equal(t, []any{"rotel", true, false}, []any{part.Name, part.Known, part.Told})
			assert.Positive(t, part.CPU)
			assert.Positive(t, part.RSSPeak)
			assert.Contains(t, stdout, "rotel: no telemetry of it could be read; its CPU an item is by what arrived at the verifier")
		})
	}
}

// TestSpeaksSomethingElse: a part that listens where OTLP/gRPC is to be taken, and speaks something else, is found at once.
func TestSpeaksSomethingElse(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("left out: python3 stands for a part that speaks HTTP/1")
	}
	server := writeFile(t, `
import http.server, os
host, port = os.environ["PIPELINETEST_LISTEN"].split(":")
http.server.ThreadingHTTPServer((host, int(port)), http.server.BaseHTTPRequestHandler).serve_forever()
`)
	code, stdout, _, _ := pipelinetest(t, "--system", "agent="+python+" "+server+" ${PIPELINETEST_TO_NEXT}")
	assert.Equal(t, 2, code)
	assert.Regexp(t, `agent speaks HTTP/1 at 127\.0\.0\.1:\d+ \(PIPELINETEST_LISTEN\), where OTLP/gRPC is to be taken\n +want it to listen for OTLP/HTTP at the address in PIPELINETEST_LISTEN_HTTP`, stdout)
}
