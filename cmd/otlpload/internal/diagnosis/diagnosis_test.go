// SPDX-License-Identifier: Apache-2.0

package diagnosis

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/plan"
)

// TestOf: what real errors mean. Those that a test of package load can provoke are there.
func TestOf(t *testing.T) {
	to := plan.Target{Address: "there:4317"}
	for text, want := range map[string]string{
		"rpc error: code = Unauthenticated desc = no token":                                  "other credentials: give them with --header",
		"request to http://there responded with HTTP Status Code 403":                        "other credentials: give them with --header",
		"rpc error: code = Unimplemented desc = unknown service":                             "does not take this signal",
		"request to http://there/v1/traces responded with HTTP Status Code 404":              "does not take this signal",
		"rpc error: code = DeadlineExceeded desc = context deadline exceeded":                "does not answer in time",
		"Post \"http://there\": dial tcp: lookup there: no such host":                        "the name in there:4317 is not known",
		"rpc error: code = ResourceExhausted desc = too many":                                "has too much to do",
		"tls: failed to verify certificate: x509: certificate has expired or is not yet va":  "does not hold",
		"tls: failed to verify certificate: x509: certificate signed by unknown authority (": "--ca-cert",
	} {
		assert.Contains(t, Of(errors.New(text), to).Meaning, want, text)
	}
}

// TestUnknown: an error that nobody foresaw is shown as it is.
func TestUnknown(t *testing.T) {
	d := Of(errors.New("odd"), plan.Target{Address: "there:4317"})
	assert.Equal(t, "there:4317 does not take the telemetry (odd)", d.String())
	assert.False(t, d.Hopeless)
}
