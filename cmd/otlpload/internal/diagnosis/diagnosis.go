// SPDX-License-Identifier: Apache-2.0

// Package diagnosis says what an exporter's error means for whoever wrote the command line.
//
//	exporter's error --+-- answer of the backend: its code decides          (answer.go)
//	                   +-- anything else: the connection; its text decides  (connection.go)
//	                              |
//	                   plaintext, and the text leaves it open: does the backend speak TLS?          (look.go)
//
// The errors of a connection come from gRPC, net/http, crypto/tls and the operating system. Most have no type that reaches this far, so
// their texts are what there is to tell them by. The words of an answer are the backend's own and may quote an error of another
// connection, for instance that of a gateway to its backend. So they decide nothing.
package diagnosis

import (
	"net"
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
	// PerhapsTLS: a backend that speaks TLS treats plaintext so, but others may, too. SpeaksTLS finds out.
	PerhapsTLS bool
	// Unreached: the attempt did not get to the backend, so that nothing of it has arrived.
	Unreached bool
}

// String is a line for the console.
func (d Diagnosis) String() string {
	if d.Detail == "" {
		return d.Meaning
	}
	return d.Meaning + " (" + d.Detail + ")"
}

// Of is what an error of an exporter to a target means.
func Of(err error, to plan.Target) Diagnosis {
	text := err.Error()
	d, answered := ofAnswer(text, to)
	if !answered {
		d = ofConnection(text, to)
	}
	d.Meaning = strings.ReplaceAll(d.Meaning, "%A", to.Address)
	d.PerhapsTLS = d.PerhapsTLS && to.Plaintext
	return d
}

// WantsTLS is the diagnosis of plaintext to a backend that speaks TLS.
func WantsTLS(to plan.Target) Diagnosis {
	return Diagnosis{Meaning: to.Address + " speaks TLS: leave --insecure out, or write https:// in place of http://", Hopeless: true}
}

// NotNow is the diagnosis of a backend that was there when an error said that it could not be reached. Perhaps it is a gateway that hands on
// the error of its own connection word by word; perhaps it has come back meanwhile.
func NotNow(d Diagnosis, to plan.Target) Diagnosis {
	return Diagnosis{Meaning: strings.ReplaceAll(notNow, "%A", to.Address), Detail: d.Detail}
}

// otherProtocol is a hint at the other protocol, if the port is the usual one of that. It is a guess, and worded as one.
func otherProtocol(to plan.Target) string {
	_, port, _ := net.SplitHostPort(to.Address)
	switch {
	case to.Protocol == plan.GRPC && port == plan.DefaultPort(plan.HTTP):
		return "; " + port + " is the usual port of OTLP/HTTP: perhaps --protocol http is meant"
	case to.Protocol == plan.HTTP && port == plan.DefaultPort(plan.GRPC):
		return "; " + port + " is the usual port of OTLP/gRPC: perhaps --protocol grpc is meant"
	}
	return ""
}
