// SPDX-License-Identifier: Apache-2.0

// Package diagnosis says what an exporter's error means for whoever wrote the command line. The errors come from gRPC, net/http, crypto/tls
// and the operating system; most have no type that reaches this far, so that their texts are what there is to tell them by.
package diagnosis

import (
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/plan"
)

// Diagnosis of an error.
type Diagnosis struct {
	// Meaning in a sentence. Errors of the same cause have the same.
	Meaning string
	// Detail is the error's own text, as far as it says more.
	Detail string
	// Hopeless: the two sides do not fit, and will not until one of them is set otherwise. What may pass by itself is not hopeless.
	Hopeless bool
}

// String is a line for the console.
func (d Diagnosis) String() string {
	if d.Detail == "" {
		return d.Meaning
	}
	return d.Meaning + " (" + d.Detail + ")"
}

// cause is what texts in an error say. %A stands for the backend's address.
type cause struct {
	texts    []string
	meaning  string
	hopeless bool
}

var causes = []cause{
	{
		texts:   []string{"first record does not look like a TLS handshake", "server gave HTTP response to HTTPS client"},
		meaning: "%A does not speak TLS: add --insecure if plaintext is meant", hopeless: true,
	},
	{
		texts:   []string{"certificate signed by unknown authority", "certificate is not trusted"},
		meaning: "the certificate of %A is of an authority that nobody here knows: name its certificate with --ca-cert", hopeless: true,
	},
	{
		texts:   []string{"failed to verify certificate"},
		meaning: "the certificate of %A does not hold", hopeless: true,
	},
	{
		texts:   []string{"certificate required", "bad certificate", "unknown certificate authority"},
		meaning: "%A wants a certificate of this client: give one that it knows with --client-cert and --client-key", hopeless: true,
	},
	{
		texts:   []string{"HTTP request to an HTTPS server"},
		meaning: "%A speaks TLS: leave --insecure out", hopeless: true,
	},
	{
		texts:   []string{"Status Code 400"}, // what a Go server answers to plaintext where it wants TLS, among other things
		meaning: "%A finds the requests malformed: if it speaks TLS, leave --insecure out",
	},
	{
		texts:   []string{"malformed HTTP response"},
		meaning: "%A does not speak HTTP: it may want --protocol grpc",
	},
	{
		texts:   []string{"missing HTTP content-type", "unexpected content-type", "http2: frame too large", "server does not negotiate", "missing selected ALPN property"},
		meaning: "%A does not speak gRPC: it may want --protocol http",
	},
	{
		texts:   []string{"error reading server preface"},
		meaning: "%A does not answer in gRPC: it may want TLS (without --insecure), or --protocol http",
	},
	{
		texts:   []string{"connection refused", "actively refused it"},
		meaning: "nobody listens at %A",
	},
	{
		texts:   []string{"no such host", "name resolver error", "produced zero addresses"},
		meaning: "the name in %A is not known",
	},
	{
		texts:   []string{"Unauthenticated", "Status Code 401", "PermissionDenied", "Status Code 403"},
		meaning: "%A wants other credentials: give them with --header",
	},
	{
		texts:   []string{"Unimplemented", "Status Code 404"},
		meaning: "%A does not take this signal",
	},
	{
		texts:   []string{"DeadlineExceeded", "deadline exceeded", "Client.Timeout", "i/o timeout"},
		meaning: "%A does not answer in time",
	},
	{
		texts:   []string{"ResourceExhausted", "Status Code 429", "Status Code 503"},
		meaning: "%A has too much to do",
	},
}

// Of is what an error of an exporter to a target means.
func Of(err error, to plan.Target) Diagnosis {
	text := err.Error()
	for _, c := range causes {
		for _, t := range c.texts {
			if strings.Contains(text, t) {
				return Diagnosis{Meaning: strings.ReplaceAll(c.meaning, "%A", to.Address), Detail: t, Hopeless: c.hopeless}
			}
		}
	}
	return Diagnosis{Meaning: to.Address + " does not take the telemetry", Detail: text}
}
