// SPDX-License-Identifier: Apache-2.0

package diagnosis

import (
	"regexp"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/plan"
)

// How the exporters and gRPC word an answer.
var (
	httpAnswer = regexp.MustCompile(`responded with HTTP Status Code (\d+)(?:, Message=(.*), Details=)?`)
	grpcAnswer = regexp.MustCompile(`(?s)rpc error: code = (\w+) desc = (.*)`)
	noGRPC     = regexp.MustCompile(`^unexpected HTTP status code received from server: (\d+)`)
)

// ownWords are how errors begin that gRPC makes itself, with the code of an answer.
var ownWords = []string{
	"connection error: ", "name resolver error: ", "dns: ", "last connection error: ", "transport: ", "malformed header: ", "error reading from server: ",
	"write tcp ", "read tcp ", "closing transport ", "the connection is draining", "context deadline exceeded", "received context error while waiting",
	"no children to pick from", "last resolver error: ", "stream terminated by RST_STREAM",
}

// meaning of a code.
type meaning struct {
	text     string
	hopeless bool
}

const (
	unknownClient = "%A wants other credentials: give them with --header"
	tooMuch       = "%A has too much to do"
	notNow        = "%A cannot take the telemetry now"
	late          = "%A does not answer in time"
)

// byCode are the codes of gRPC, and of HTTP, that say more than that a request was refused.
var byCode = map[string]meaning{
	"Unauthenticated": {text: unknownClient}, "401": {text: unknownClient},
	"PermissionDenied": {text: unknownClient}, "403": {text: unknownClient},
	"Unimplemented":     {text: "%A does not take this signal"},
	"404":               {text: "%A has nothing at the path of this signal: correct the path in --endpoint, or send other --signals"},
	"415":               {text: "%A takes no OTLP/HTTP: it may want --protocol grpc", hopeless: true},
	"ResourceExhausted": {text: tooMuch}, "429": {text: tooMuch},
	"Unavailable": {text: notNow}, "502": {text: notNow}, "503": {text: notNow},
	"DeadlineExceeded": {text: late}, "408": {text: late}, "504": {text: late},
}

// ofAnswer is what an answer of the backend means, if the error is one.
func ofAnswer(text string, to plan.Target) (d Diagnosis, answered bool) {
	code, words := "", ""
	if to.Protocol == plan.HTTP {
		match := httpAnswer.FindStringSubmatch(text)
		if match == nil {
			return d, false
		}
		code, words = match[1], match[2]
		d.PerhapsTLS = code == "400" // what many servers answer to plaintext where they want TLS, among other things
		d.Detail = "HTTP status " + code
	} else {
		match := grpcAnswer.FindStringSubmatch(text)
		if match == nil || isOwn(match[2]) {
			return d, false
		}
		code, words = match[1], match[2]
		d.Detail = code
		if status := noGRPC.FindStringSubmatch(words); status != nil {
			return ofHTTP(status[1]), true
		}
	}
	if words != "" {
		d.Detail += ": " + words
	}
	m, known := byCode[code]
	if !known {
		m.text = "%A refuses the telemetry"
	}
	d.Meaning, d.Hopeless = m.text, m.hopeless
	return d, true
}

// ofHTTP is what it means that gRPC was answered by an HTTP server, perhaps a proxy. What the proxy says of itself may pass.
func ofHTTP(status string) Diagnosis {
	d := Diagnosis{Meaning: "%A answers as an HTTP server, not in gRPC: it may want --protocol http", Detail: "HTTP status " + status, Hopeless: true}
	if m, known := byCode[status]; known && !m.hopeless && status != "404" || strings.HasPrefix(status, "5") {
		d.Hopeless = false
		if d.Meaning = m.text; !known {
			d.Meaning = notNow
		}
	}
	return d
}

// isOwn tells an error that gRPC made itself from an answer. A backend that is a gateway may answer with an error of its own connection;
// then there is an error within the error.
func isOwn(words string) bool {
	if strings.Contains(words, "rpc error: ") {
		return false
	}
	for _, own := range ownWords {
		if strings.HasPrefix(words, own) {
			return true
		}
	}
	return false
}
