// SPDX-License-Identifier: Apache-2.0

package diagnosis

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/plan"
)

const unavailable = "rpc error: code = Unavailable desc = "

// TestOf: what real errors mean. Those that a test of package load can provoke are there, too.
func TestOf(t *testing.T) {
	for _, tc := range []struct {
		protocol, text, want string
		hopeless             bool
	}{
		// Answers: the code decides.
		{plan.GRPC, "rpc error: code = Unauthenticated desc = no token", "there:9 wants other credentials: give them with --header (Unauthenticated: no token)", false},
		{plan.HTTP, "request to http://there responded with HTTP Status Code 403", "there:9 wants other credentials: give them with --header (HTTP status 403)", false},
		{plan.GRPC, "rpc error: code = Unimplemented desc = unknown service", "there:9 does not take this signal (Unimplemented: unknown service)", false},
		{plan.HTTP, "request to http://there/v1/traces responded with HTTP Status Code 404", "has nothing at the path of this signal", false},
		{plan.HTTP, "Permanent error: rpc error: code = Unknown desc = error exporting items, request to https://there responded with HTTP Status Code 415, Message=, Details=[]", "--protocol grpc", true},
		{plan.HTTP, "responded with HTTP Status Code 400", "there:9 refuses the telemetry (HTTP status 400)", false},
		{plan.HTTP, "responded with HTTP Status Code 503, Message=later, Details=[]", "there:9 cannot take the telemetry now (HTTP status 503: later)", false},
		{plan.GRPC, "rpc error: code = ResourceExhausted desc = too many", "there:9 has too much to do", false},
		{plan.GRPC, "rpc error: code = Internal desc = odd", "there:9 refuses the telemetry (Internal: odd)", false},
		// What a gateway says of its own backend is not said of the gateway.
		{plan.GRPC, unavailable + unavailable + `connection error: desc = "dial tcp 10.0.0.1:4317: connect: connection refused"`, "there:9 cannot take the telemetry now", false},
		{plan.GRPC, unavailable + "upstream connect error: tls: failed to verify certificate", "there:9 cannot take the telemetry now", false},
		{plan.GRPC, unavailable + "upstream: connection refused", "there:9 cannot take the telemetry now", false},
		{plan.HTTP, "responded with HTTP Status Code 503, Message=dial: connection refused, Details=[]", "there:9 cannot take the telemetry now", false},
		{plan.GRPC, unavailable + "tls: first record does not look like a TLS handshake", "there:9 cannot take the telemetry now", false},
		// gRPC, answered in HTTP: a server without gRPC, or a proxy that is in trouble itself.
		{plan.GRPC, "rpc error: code = Unimplemented desc = unexpected HTTP status code received from server: 404 (Not Found); transport: received unexpected content-type \"text/plain\"", "it may want --protocol http (HTTP status 404)", true},
		{plan.GRPC, "rpc error: code = Unknown desc = unexpected HTTP status code received from server: 200 (OK); transport: received unexpected content-type \"text/html\"", "it may want --protocol http", true},
		{plan.GRPC, unavailable + "unexpected HTTP status code received from server: 503 (Service Unavailable); transport: received unexpected content-type \"text/html\"", "cannot take the telemetry now", false},
		{plan.GRPC, unavailable + "unexpected HTTP status code received from server: 520 (); transport: received unexpected content-type \"text/html\"", "cannot take the telemetry now", false},
		{plan.GRPC, "rpc error: code = PermissionDenied desc = unexpected HTTP status code received from server: 403 (Forbidden); transport: received unexpected content-type \"text/html\"", "other credentials", false},
		// Connections.
		{plan.GRPC, unavailable + `connection error: desc = "transport: Error while dialing: dial tcp [::1]:9: connect: connection refused"`, "nobody listens at there:9", false},
		{plan.HTTP, `Post "http://there": dial tcp: lookup there: no such host`, "the name in there:9 is not known", false},
		{plan.GRPC, "rpc error: code = DeadlineExceeded desc = context deadline exceeded", "does not answer in time", false},
		{plan.HTTP, "tls: failed to verify certificate: x509: certificate has expired or is not yet va", "does not hold", true},
		{plan.HTTP, "tls: failed to verify certificate: x509: certificate signed by unknown authority (", "--ca-cert", true},
		{plan.HTTP, `malformed HTTP response "\x00\x00\x06\x04"`, "--protocol grpc", true},
		{plan.HTTP, `malformed HTTP response "\x15\x03\x01\x00\x02"`, "there:9 speaks TLS: leave --insecure out", true},
		{plan.HTTP, `malformed HTTP response "SSH-2.0"`, "does not speak HTTP", false},
		{plan.GRPC, unavailable + `connection error: desc = "transport: authentication handshake failed: remote error: tls: no application protocol"`, "it may want --protocol http", true},
		{plan.GRPC, unavailable + `connection error: desc = "error reading server preface: http2: failed reading the frame payload: http2: frame too large, note that the frame header looked like an HTTP/1.1 header"`, "--protocol http", true},
		{plan.GRPC, unavailable + `connection error: desc = "error reading server preface: http2: frame too large"`, "there:9 does not speak HTTP/2", true},
		{plan.GRPC, unavailable + `connection error: desc = "error reading server preface: EOF"`, "there:9 does not answer in gRPC (error reading server preface)", false},
		{plan.GRPC, unavailable + "error reading from server: EOF", "closes the connection without an answer", false},
		{plan.HTTP, `Post "http://there": read tcp 1->2: read: connection reset by peer`, "closes the connection without an answer", false},
	} {
		d := Of(errors.New(tc.text), plan.Target{Address: "there:9", Protocol: tc.protocol})
		assert.Contains(t, d.String(), tc.want, tc.text)
		assert.Equal(t, tc.hopeless, d.Hopeless, tc.text)
	}
}

// TestPlaintext: without TLS there is no error of TLS. It is of another connection.
func TestPlaintext(t *testing.T) {
	const text = unavailable + `connection error: desc = "transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority"`
	assert.True(t, Of(errors.New(text), plan.Target{Protocol: plan.GRPC}).Hopeless)
	d := Of(errors.New(text), plan.Target{Protocol: plan.GRPC, Plaintext: true, Address: "there:9"})
	assert.Equal(t, "there:9 does not take the telemetry", d.Meaning)
	assert.False(t, d.Hopeless)
}

// TestOtherProtocol: where an error leaves it open, the other protocol's usual port is a hint.
func TestOtherProtocol(t *testing.T) {
	const preface, refused = unavailable + `connection error: desc = "error reading server preface: EOF"`, unavailable + `connection error: desc = "connection refused"`
	for _, tc := range []struct {
		address, protocol, text string
		hint                    bool
	}{
		{"there:4318", plan.GRPC, preface, true},
		{"there:4317", plan.GRPC, preface, false},
		{"there:4318", plan.GRPC, refused, false}, // nobody listens: the protocol does not matter
		{"there:4318", plan.GRPC, "rpc error: code = Internal desc = odd", false},
		{"there:4317", plan.HTTP, "EOF", true},
		{"there:4318", plan.HTTP, "EOF", false},
		{"there:4318", plan.GRPC, "tls: first record does not look like a TLS handshake", true},
	} {
		d := Of(errors.New(tc.text), plan.Target{Address: tc.address, Protocol: tc.protocol})
		if tc.hint {
			assert.Contains(t, d.Meaning, "perhaps --protocol ", tc.text)
		} else {
			assert.NotContains(t, d.Meaning, "perhaps", tc.text)
		}
	}
}

// TestPerhapsTLS: only plaintext can be what is wrong.
func TestPerhapsTLS(t *testing.T) {
	for _, plaintext := range []bool{true, false} {
		for protocol, text := range map[string]string{plan.HTTP: "responded with HTTP Status Code 400", plan.GRPC: "error reading server preface: EOF"} {
			d := Of(errors.New(text), plan.Target{Protocol: protocol, Plaintext: plaintext})
			assert.Equal(t, plaintext, d.PerhapsTLS, protocol)
			assert.False(t, d.Hopeless)
		}
	}
}

// TestUnknown: an error that nobody foresaw is shown as it is.
func TestUnknown(t *testing.T) {
	d := Of(errors.New("odd"), plan.Target{Address: "there:4317", Protocol: plan.GRPC})
	assert.Equal(t, "there:4317 does not take the telemetry (odd)", d.String())
	assert.False(t, d.Hopeless)
}
