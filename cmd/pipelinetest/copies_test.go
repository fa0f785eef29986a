// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asAgent makes this test binary an agent that confirms what it gets, hands it on over OTLP/HTTP, and tries again after so long.
const asAgent = "RUN_AS_AGENT"

func handOn() error {
	pause, err := time.ParseDuration(os.Getenv(asAgent))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", os.Getenv("PIPELINETEST_LISTEN_HTTP"))
	if err != nil {
		return err
	}
	send := func(path string, header http.Header, body []byte) {
		for {
			request, err := http.NewRequest(http.MethodPost, "http://"+os.Getenv("PIPELINETEST_TO_NEXT_HTTP")+path, bytes.NewReader(body))
			if err != nil {
				panic(err)
			}
			request.Header = header
			answer, err := http.DefaultClient.Do(request)
			if err == nil {
				_, _ = io.Copy(io.Discard, answer.Body)
				_ = answer.Body.Close()
				if answer.StatusCode == http.StatusOK {
					return
				}
			}
			time.Sleep(pause)
		}
	}
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		header := http.Header{"Content-Type": r.Header["Content-Type"], "Content-Encoding": r.Header["Content-Encoding"]}
		w.Header().Set("Content-Type", "application/x-protobuf")
		go send(r.URL.Path, header, body)
	}))
}

// TestLateCopies: an agent that waits five seconds before it sends again what had arrived makes copies, although all had arrived before. A test that nobody
// disturbs does not wait for any.
func TestLateCopies(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	for name, tc := range map[string]struct{ faults, says string }{
		"answers lost": {"[{at: 1s, for: 1s, link: agent->verifier, otlp: lose_response}]", "waiting up to 1"},
		"none":         {"[]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr, doc := pipelinetest(t, writeFile(t, `
generator: {config: [builtin, {receivers: {synthetic_load: {duration: 2s}}}]}
systems: [{name: agent, command: [env, `+asAgent+`=5s, "`+self+`"]}]
settle: 5s
faults: `+tc.faults+"\n"))
			if tc.says == "" {
				assert.Zero(t, code)
				assert.Contains(t, stdout, "copies that come more than ")
				assert.NotContains(t, stderr, "waiting up to")
				return
			}
			assert.Equal(t, 1, code)
			assert.Contains(t, stdout, "max_duplicates, traces: ")
			assert.Contains(t, stderr, tc.says)
			require.Len(t, doc.Tests, 1)
			assert.NotZero(t, doc.Tests[0].Links[0].Counts["responses_lost"])
		})
	}
}
