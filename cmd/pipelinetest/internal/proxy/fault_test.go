// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"google.golang.org/grpc/codes"
)

func TestFaultsAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]Fault{
		"down: true":                                  {Down: true},
		"reset: 1s":                                   {Reset: time.Second},
		"delay: 200ms":                                {Delay: 200 * time.Millisecond},
		"delay: 200ms, jitter: 50ms":                  {Delay: 200 * time.Millisecond, Jitter: 50 * time.Millisecond},
		"bandwidth: 64KiB":                            {Bandwidth: 64 << 10},
		"bandwidth: 3MiB":                             {Bandwidth: 3 << 20},
		"bandwidth: 1GiB":                             {Bandwidth: 1 << 30},
		"bandwidth: 1000B":                            {Bandwidth: 1000},
		"grpc: unavailable":                           {GRPC: "unavailable"},
		"grpc: resource_exhausted, share: 0.3":        {GRPC: "resource_exhausted", Share: new(0.3)},
		"http: 503":                                   {HTTP: 503},
		"http: 429, retry_after: 2s, every: 3":        {HTTP: 429, RetryAfter: &RetryAfter{Delay: 2 * time.Second}, Every: new(3)},
		"grpc: resource_exhausted, retry_after: none": {GRPC: "resource_exhausted", RetryAfter: &RetryAfter{None: true}},
		"grpc: unavailable, retry_after: 50ms":        {GRPC: "unavailable", RetryAfter: &RetryAfter{Delay: 50 * time.Millisecond}},
		`otlp: partial_success, rejected: 2, message: "too old"`: {OTLP: "partial_success", Rejected: new(2), Message: "too old"},
		"otlp: drop, every: 10":                                  {OTLP: "drop", Every: new(10)},
		"otlp: duplicate":                                        {OTLP: "duplicate"},
		"otlp: reorder, every: 1":                                {OTLP: "reorder", Every: new(1)},
		"otlp: corrupt, share: 1":                                {OTLP: "corrupt", Share: new(1.0)},
		"otlp: lose_response":                                    {OTLP: "lose_response"},
		"delay: 200ms, jitter: 200ms":                            {Delay: 200 * time.Millisecond, Jitter: 200 * time.Millisecond},
		"grpc: deadline_exceeded, share: 0.0000001":              {GRPC: "deadline_exceeded", Share: new(0.0000001)},
	} {
		t.Run(text, func(t *testing.T) {
			var fault Fault
			require.NoError(t, yaml.Unmarshal([]byte("{"+text+"}"), &fault))
			assert.Equal(t, want, fault)
			require.NoError(t, fault.Validate())
			assert.Equal(t, strings.ReplaceAll(text, "0.0000001", "1e-07"), fault.String())
			again, err := yaml.Marshal(fault)
			require.NoError(t, err)
			var back Fault
			require.NoError(t, yaml.Unmarshal(again, &back), string(again))
			assert.Equal(t, fault, back)
		})
	}
}

func TestBandwidthAlone(t *testing.T) {
	var fault Fault
	require.NoError(t, yaml.Unmarshal([]byte("bandwidth: 1024"), &fault))
	assert.Equal(t, "bandwidth: 1KiB", fault.String())
}

// TestFaultOfAScenario reads a fault as part of another mapping.
func TestFaultOfAScenario(t *testing.T) {
	var entry struct {
		At    time.Duration
		Link  string
		Fault `yaml:",inline"`
	}
	decoder := yaml.NewDecoder(strings.NewReader("{at: 5s, link: gateway->verifier, bandwidth: 64KiB}"))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&entry))
	assert.Equal(t, 5*time.Second, entry.At)
	assert.Equal(t, Fault{Bandwidth: 64 << 10}, entry.Fault)
}

func TestWrongFaults(t *testing.T) {
	const kinds = "; want exactly one of down: true, reset: 1s, delay: 200ms, bandwidth: 64KiB, grpc: unavailable, http: 503, otlp: drop (or values like these)"
	const statuses = "; want cancelled, unknown, invalid_argument, deadline_exceeded, not_found, already_exists, permission_denied, " +
		"resource_exhausted, failed_precondition, aborted, out_of_range, unimplemented, internal, unavailable, data_loss, unauthenticated"
	for _, c := range []struct {
		fault Fault
		want  []string
	}{
		{Fault{}, []string{"fault kinds: none" + kinds}},
		{Fault{Down: true, OTLP: "drop"}, []string{"fault kinds: down, otlp" + kinds}},
		{Fault{Jitter: time.Second}, []string{"fault kinds: none" + kinds, "jitter: 1s is not allowed; want it beside delay only"}},
		{Fault{Reset: -time.Second}, []string{"reset: -1s is not allowed; want more than 0s"}},
		{Fault{Delay: -time.Second}, []string{"delay: -1s is not allowed; want more than 0s"}},
		{Fault{Delay: time.Second, Jitter: 2 * time.Second}, []string{"jitter: 2s is not allowed; want 0s up to the delay, 1s"}},
		{Fault{Delay: time.Second, Jitter: -1}, []string{"jitter: -1ns is not allowed; want 0s up to the delay, 1s"}},
		{Fault{Bandwidth: -1}, []string{"bandwidth: -1 is not allowed; want 1B or more"}},
		{Fault{GRPC: "Unavailable"}, []string{`grpc: "Unavailable" is not allowed` + statuses}},
		{Fault{GRPC: "ok"}, []string{`grpc: "ok" is not allowed` + statuses}},
		{Fault{OTLP: "lose"}, []string{`otlp: "lose" is not allowed; want drop, duplicate, reorder, corrupt, lose_response, partial_success`}},
		{Fault{HTTP: 200}, []string{"http: 200 is not allowed; want a status of 400 to 599"}},
		{Fault{HTTP: 503, RetryAfter: &RetryAfter{Delay: time.Millisecond}}, []string{"retry_after: 1ms is not allowed; want whole seconds: that is what HTTP's Retry-After has"}},
		{Fault{GRPC: "unavailable", RetryAfter: &RetryAfter{Delay: -1}}, []string{"retry_after: -1ns is not allowed; want 0s or more, or none"}},
		{Fault{OTLP: "drop", RetryAfter: &RetryAfter{None: true}}, []string{"retry_after: none is not allowed; want it beside grpc or http only"}},
		{Fault{OTLP: "drop", Message: "x"}, []string{`message: "x" is not allowed; want it beside grpc, http or otlp: partial_success only`}},
		{Fault{OTLP: "drop", Rejected: new(1)}, []string{"rejected: 1 is not allowed; want it beside otlp: partial_success only"}},
		{Fault{OTLP: "partial_success", Rejected: new(0)}, []string{"rejected: 0 is not allowed; want 1 or more"}},
		{Fault{OTLP: "drop", Share: new(0.0)}, []string{"share: 0 is not allowed; want more than 0, at most 1"}},
		{Fault{OTLP: "drop", Share: new(1.5)}, []string{"share: 1.5 is not allowed; want more than 0, at most 1"}},
		{Fault{OTLP: "drop", Share: new(math.NaN())}, []string{"share: NaN is not allowed; want more than 0, at most 1"}},
		{Fault{OTLP: "drop", Every: new(0)}, []string{"every: 0 is not allowed; want 1 or more"}},
		{Fault{GRPC: "unknown", Every: new(2), Share: new(0.5)}, []string{"every: 2 is not allowed; want either share or every"}},
		{
			Fault{Down: true, Every: new(2), Share: new(0.5)},
			[]string{"share: 0.5 is not allowed; want it beside grpc, http or otlp only", "every: 2 is not allowed; want it beside grpc, http or otlp only"},
		},
	} {
		t.Run(c.fault.String(), func(t *testing.T) {
			assert.EqualError(t, c.fault.Validate(), strings.Join(c.want, "\n"))
		})
	}
}

func TestWrongBytes(t *testing.T) {
	for _, text := range []string{"0", "-1KiB", "KiB", "true"} {
		var fault Fault
		assert.EqualError(t, yaml.Unmarshal([]byte("bandwidth: "+text), &fault),
			`"`+text+`" is not allowed; want 1B or more, such as 64KiB or 4MiB`)
	}
	assert.Equal(t, "0B", Bytes(0).String())
}

// TestStatusNames holds the table against gRPC's own names, which are the same in upper case.
func TestStatusNames(t *testing.T) {
	for code, name := range statusNames {
		if codes.Code(code) == codes.OK {
			assert.Empty(t, name)
			continue
		}
		var parsed codes.Code
		require.NoError(t, parsed.UnmarshalJSON([]byte(`"`+strings.ToUpper(name)+`"`)))
		assert.Equal(t, codes.Code(code), parsed)
	}
	assert.Len(t, statusNames, int(codes.Unauthenticated)+1)
}
