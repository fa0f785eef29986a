// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/workload"
)

var update = flag.Bool("update", false, "write the files in testdata")

// TestMistakes: each names its flag and its value, and says what is allowed.
func TestMistakes(t *testing.T) {
	for _, tc := range []struct {
		name string
		set  func(*Request)
		want string
	}{
		{"protocol", func(r *Request) { r.Protocol = "udp" }, `--protocol: "udp" is not allowed; want grpc or http`},
		{"protocol mistyped", func(r *Request) { r.Protocol = "htpp" }, `--protocol: "htpp" is not allowed (did you mean http?); want grpc or http`},
		{"duration", func(r *Request) { r.Duration = -1 }, "--duration: -1ns is not allowed; want a duration such as 30s"},
		{"signal", func(r *Request) { r.SignalNames = []string{"traces", "spans"} }, `--signals: "spans" is not allowed; want one or more of traces, metrics, logs`},
		{"signal mistyped", func(r *Request) { r.SignalNames = []string{"trace"} }, `--signals: "trace" is not allowed (did you mean traces?); want one or more`},
		{"no signal", func(r *Request) { r.SignalNames = nil }, `--signals: "" is not allowed; want one or more`},
		{"preset", func(r *Request) { r.Preset = "api_getaway" }, `--preset: "api_getaway" is not allowed (did you mean api_gateway?); want one of`},
		{"runtime", func(r *Request) { r.Runtime = "tokyo" }, `--runtime: "tokyo" is not allowed (did you mean tokio?); want one of tokio, async_std, smol`},
		{"preset on a runtime that cannot play it", func(r *Request) { r.Preset, r.Runtime = "block_in_place_burst", "smol" }, "--preset block_in_place_burst, --runtime smol: "},
		{"rate", func(r *Request) { r.Rate = 0 }, "--rate: 0 is not allowed; want a number of more than 0"},
		{"instances", func(r *Request) { r.Instances = 1001 }, "--instances: 1001 is not allowed; want 1 to 1000"},
		{"scheme", func(r *Request) { r.Endpoint = "ftp://there" }, `--endpoint: "ftp://there" is not allowed; want the scheme http or https`},
		{"no host", func(r *Request) { r.Endpoint = ":4317" }, `--endpoint: ":4317" is not allowed; want host:port`},
		{"port", func(r *Request) { r.Endpoint = "there:70000" }, `--endpoint: "there:70000" is not allowed; want a port`},
		{"port 0", func(r *Request) { r.Endpoint = "there:0" }, `--endpoint: "there:0" is not allowed; want a port`},
		{"path with gRPC", func(r *Request) { r.Endpoint = "there:4317/otlp" }, "want no path with --protocol grpc"},
		{"path of a signal with gRPC", func(r *Request) { r.Endpoint = "http://there:4318/v1/traces" }, `--endpoint: "http://there:4318/v1/traces" is not allowed; want --protocol http with it`},
		{"path of another signal", func(r *Request) { r.Endpoint, r.Protocol = "http://there:4318/v1/logs", HTTP }, `--endpoint: "http://there:4318/v1/logs" is not allowed; want --signals logs with it, or a URL without /v1/logs`},
		{"https in plaintext", func(r *Request) { r.Endpoint, r.Insecure = "https://there", true }, "want http:// with --insecure"},
		{"header", func(r *Request) { r.Header = []string{"a=b", "secret"} }, `--header: number 2 has no "="; want NAME=VALUE`},
		{"header's name", func(r *Request) { r.Header = []string{"a b=c"} }, `--header: the name "a b" is not allowed`},
		{"header's value", func(r *Request) { r.Header = []string{"a=b\nc"} }, "--header: the value of a is not allowed"},
		{"header twice", func(r *Request) { r.Header = []string{"a=b", "A=c"} }, "--header: A is there twice"},
		{"certificate in plaintext", func(r *Request) { r.Insecure, r.CACert = true, "ca.pem" }, `--ca-cert: "ca.pem" is not allowed with plaintext`},
		{"no such file", func(r *Request) { r.CACert = "nope.pem" }, "--ca-cert: open nope.pem: "},
		{"no certificate", func(r *Request) { r.CACert = "plan.go" }, "--ca-cert: plan.go: there is no certificate in it"},
		{"certificate without key", func(r *Request) { r.ClientCert = "a.pem" }, "--client-cert: goes with --client-key"},
		{"key without certificate", func(r *Request) { r.ClientKey = "a.pem" }, "--client-key: goes with --client-cert"},
		{"no certificate of a client", func(r *Request) { r.ClientCert, r.ClientKey = "plan.go", "plan.go" }, "--client-cert, --client-key: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := Default()
			tc.set(&r)
			_, err := r.Check()
			require.ErrorContains(t, err, tc.want)
			assert.NotContains(t, err.Error(), "\n", "one mistake")
			assert.NotContains(t, err.Error(), "secret")
		})
	}
}

// TestAllMistakes: they are told at once.
func TestAllMistakes(t *testing.T) {
	r := Default()
	r.Preset, r.Rate, r.SignalNames, r.Header, r.Duration = "x", -1, []string{"y"}, []string{"z"}, -1
	_, err := r.Check()
	require.Error(t, err)
	assert.Len(t, strings.Split(err.Error(), "\n"), 5)
}

func TestTargets(t *testing.T) {
	for _, tc := range []struct {
		endpoint, protocol string
		insecure           bool
		want               Target
	}{
		{"", GRPC, false, Target{"localhost:4317", "localhost:4317", GRPC, false}},
		{"", HTTP, true, Target{"http://localhost:4318", "localhost:4318", HTTP, true}},
		{"there", GRPC, true, Target{"there:4317", "there:4317", GRPC, true}},
		{"there:1", HTTP, false, Target{"https://there:1", "there:1", HTTP, false}},
		{"http://there:1", GRPC, false, Target{"there:1", "there:1", GRPC, true}},
		{"https://there/otlp/", HTTP, false, Target{"https://there:443/otlp", "there:443", HTTP, false}},
		{"http://there:4318/v1/traces", HTTP, false, Target{"http://there:4318", "there:4318", HTTP, true}},
		{"https://there/otlp/v1/metrics/", HTTP, false, Target{"https://there:443/otlp", "there:443", HTTP, false}},
		{"there:1/v1/traces", HTTP, true, Target{"http://there:1", "there:1", HTTP, true}},
		{"http://there/", HTTP, true, Target{"http://there:80", "there:80", HTTP, true}},
		{"http://there", HTTP, true, Target{"http://there:80", "there:80", HTTP, true}},
		{"https://there", GRPC, false, Target{"there:443", "there:443", GRPC, false}},
		{"[::1]:4317", GRPC, true, Target{"[::1]:4317", "[::1]:4317", GRPC, true}},
		{"::1", GRPC, true, Target{}},
	} {
		got, err := parseTarget(tc.endpoint, tc.protocol, tc.insecure, []Signal{Traces, Metrics})
		if tc.want == (Target{}) {
			require.Error(t, err, tc.endpoint)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, tc.want, got, tc.endpoint)
	}
}

// TestPresets: each can be played on a runtime that has what it needs.
func TestPresets(t *testing.T) {
	for _, preset := range workload.Presets() {
		r := Default()
		r.Preset = preset
		p, err := r.Check()
		require.NoError(t, err)
		assert.Equal(t, strings.ReplaceAll(preset, "_", "-"), p.Service)
	}
}

// TestCollector: the YAML of a plan, in testdata.
func TestCollector(t *testing.T) {
	for name, set := range map[string]func(*Request){
		"default": func(r *Request) { r.Insecure = true },
		"everything": func(r *Request) {
			*r = Request{
				Endpoint: "https://otlp.example.com/otlp", Protocol: HTTP, Header: []string{`authorization=Bearer $x: "y" # z`, "x-empty="},
				Preset: "lock_convoy", Runtime: "smol", Service: "checkout: $1", Rate: 1e6, Instances: 3, Duration: 90 * time.Second,
				SignalNames: []string{"logs", "metrics", "traces"}, Seed: 1<<64 - 1, Verify: true, RunID: "0123",
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := Default()
			set(&r)
			p, err := r.Check()
			require.NoError(t, err)
			got, err := p.Collector()
			require.NoError(t, err)
			file := filepath.Join("testdata", name+".yaml")
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(want), got)
		})
	}
}
