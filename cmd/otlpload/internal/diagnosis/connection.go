// SPDX-License-Identifier: Apache-2.0

package diagnosis

import (
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/plan"
)

// cause is what texts in the error of a connection say. %A stands for the backend's address.
type cause struct {
	texts      []string
	meaning    string
	protocol   string // "": either
	encrypted  bool   // only a connection with TLS has such an error
	hopeless   bool
	perhapsTLS bool
	unreached  bool
	open       bool // whether the protocol is the right one
}

// causes are in the order in which they are looked for: what says more comes first.
var causes = []cause{
	{
		texts:   []string{"first record does not look like a TLS handshake", "server gave HTTP response to HTTPS client"},
		meaning: "%A does not speak TLS: add --insecure, or write http:// in place of https://", encrypted: true, hopeless: true, open: true,
	},
	{
		texts:   []string{"certificate signed by unknown authority", "certificate is not trusted"},
		meaning: "the certificate of %A is of an authority that nobody here knows: name its certificate with --ca-cert", encrypted: true, hopeless: true,
	},
	{
		texts:   []string{"failed to verify certificate"},
		meaning: "the certificate of %A does not hold", encrypted: true, hopeless: true,
	},
	{
		texts:   []string{"certificate required", "bad certificate", "unknown certificate authority"},
		meaning: "%A wants a certificate of this client: give one that it knows with --client-cert and --client-key", encrypted: true, hopeless: true,
	},
	{
		texts:   []string{`malformed HTTP response "\x15\x03`}, // an alert of TLS
		meaning: "%A speaks TLS: leave --insecure out, or write https:// in place of http://", protocol: plan.HTTP, hopeless: true,
	},
	{
		texts:   []string{`malformed HTTP response "\x00\x00`}, // the settings of HTTP/2, which only a gRPC server sends unasked
		meaning: "%A speaks gRPC: it wants --protocol grpc", protocol: plan.HTTP, hopeless: true,
	},
	{
		texts:   []string{"malformed HTTP response"},
		meaning: "%A does not speak HTTP: it may want --protocol grpc", protocol: plan.HTTP,
	},
	{
		texts:   []string{"the frame header looked like an HTTP/1.1 header", "server does not negotiate", "missing selected ALPN property", "no application protocol"},
		meaning: "%A does not speak HTTP/2, which gRPC needs: it may want --protocol http", protocol: plan.GRPC, hopeless: true,
	},
	{
		texts:   []string{"missing HTTP content-type"},
		meaning: "%A does not speak gRPC: it may want --protocol http", protocol: plan.GRPC, hopeless: true,
	},
	{
		texts:   []string{"http2: frame too large"}, // the first bytes are of something else, which may be an alert of TLS
		meaning: "%A does not speak HTTP/2, which gRPC needs: it may want --protocol http", protocol: plan.GRPC, hopeless: true, perhapsTLS: true,
	},
	{
		texts:   []string{"error reading server preface"},
		meaning: "%A does not answer in gRPC", protocol: plan.GRPC, perhapsTLS: true, open: true,
	},
	{
		texts:   []string{"connection refused", "actively refused it"},
		meaning: "nobody listens at %A: start the backend, or name another address with --endpoint", unreached: true,
	},
	{
		texts:   []string{"no such host", "name resolver error", "produced zero addresses"},
		meaning: "the name in %A is not known: correct it in --endpoint", unreached: true,
	},
	{
		texts:   []string{"deadline exceeded", "DeadlineExceeded", "Client.Timeout", "i/o timeout"},
		meaning: "%A does not answer in time", open: true,
	},
	{
		texts:   []string{"EOF", "connection reset", "forcibly closed", "broken pipe"},
		meaning: "%A closes the connection without an answer", perhapsTLS: true, open: true,
	},
}

// ofConnection is what an error means that is no answer of the backend.
func ofConnection(text string, to plan.Target) Diagnosis {
	for _, c := range causes {
		if c.protocol != "" && c.protocol != to.Protocol || c.encrypted && to.Plaintext {
			continue
		}
		for _, t := range c.texts {
			if strings.Contains(text, t) {
				detail, _, _ := strings.Cut(t, ` "`)
				d := Diagnosis{Meaning: c.meaning, Detail: detail, Hopeless: c.hopeless, PerhapsTLS: c.perhapsTLS, Unreached: c.unreached}
				if c.open {
					d.Meaning += otherProtocol(to)
				}
				return d
			}
		}
	}
	return Diagnosis{Meaning: "%A does not take the telemetry" + otherProtocol(to), Detail: text}
}
