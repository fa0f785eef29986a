// SPDX-License-Identifier: Apache-2.0

package run

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// protocol is what somebody speaks who takes connections.
type protocol string

// The protocols that can be told apart by the first answer. Of one who says nothing nobody knows.
const (
	speaksUnknown protocol = ""
	speaksHTTP2   protocol = "HTTP/2"
	speaksHTTP1   protocol = "HTTP/1"
	speaksTLS     protocol = "TLS"
)

// answerPatience is how long somebody may take to answer the first words.
const answerPatience = 2 * time.Second

// firstWords are those of a client of HTTP/2 (RFC 9113, 3.4), with settings that change nothing.
const firstWords = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\x00\x00\x00\x04\x00\x00\x00\x00\x00"

// request is one of HTTP/1 that asks for nothing that matters.
const request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

// speaks tells what is spoken at an address: what comes back to a client of HTTP/2 without TLS; and if that is nothing of HTTP, whether TLS is spoken, or
// HTTP/1 by somebody who does not know how to say that.
func speaks(ctx context.Context, address string) protocol {
	answer, silent := firstAnswer(ctx, address, firstWords)
	const settings = 0x04 // the type of a frame (RFC 9113, 6.5)
	switch {
	case silent:
		return speaksUnknown // it may be busy, and have read nothing
	case bytes.HasPrefix(answer, []byte("HTTP/")):
		return speaksHTTP1
	case len(answer) == answerSize && answer[3] == settings:
		return speaksHTTP2
	case answersTLS(ctx, address):
		return speaksTLS
	}
	if answer, _ := firstAnswer(ctx, address, request); bytes.HasPrefix(answer, []byte("HTTP/1")) {
		return speaksHTTP1
	}
	return speaksUnknown
}

// answerSize is as much of an answer as is looked at.
const answerSize = 6

// firstAnswer is the beginning of what comes back to some words. silent: nothing did, and the connection was not closed either.
func firstAnswer(ctx context.Context, address, words string) (answer []byte, silent bool) {
	connection, err := (&net.Dialer{Timeout: answerPatience}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, true
	}
	defer func() { _ = connection.Close() }()                  // nothing was said on it
	_ = connection.SetDeadline(time.Now().Add(answerPatience)) // of a connection of TCP
	if _, err := io.WriteString(connection, words); err != nil {
		return nil, false
	}
	answer = make([]byte, answerSize)
	n, err := io.ReadFull(connection, answer)
	timeout, is := errors.AsType[net.Error](err)
	return answer[:n], is && timeout.Timeout()
}

// answersTLS tells whether somebody answers the first words of TLS in kind, be it by refusing them.
func answersTLS(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // G402: nothing is sent there
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err == nil {
		_ = connection.Close()
		return true
	}
	_, refused := errors.AsType[tls.AlertError](err)
	return refused || strings.Contains(err.Error(), "remote error: tls:")
}

// checkSpeaks finds a part that speaks something else than what is to be taken where it listens: the built-in generator could send nothing there.
func (c *course) checkSpeaks(ctx context.Context, m, next *member) error {
	address, variable, exporter := next.grpc, scenario.EnvListen, "otlp_grpc"
	if next.onlyHTTP {
		address, variable, exporter = next.http, scenario.EnvListenHTTP, "otlp_http"
	}
	switch spoken := speaks(ctx, address); {
	case spoken == speaksHTTP1 && !next.onlyHTTP:
		return broken{fmt.Errorf("%s speaks HTTP/1 at %s (%s), where OTLP/gRPC is to be taken\nwant it to listen for OTLP/HTTP at the address in %s: "+
			"%s sends there over OTLP/HTTP if nobody listens at the other", next.Name, address, variable, scenario.EnvListenHTTP, m.Name)}
	case spoken == speaksTLS:
		return broken{fmt.Errorf("%s speaks TLS at %s (%s), and %s does not\nwant no TLS in the test (tls: null in the receiver), or a generator that knows the certificate:\n"+
			"--generator builtin --generator 'yaml:exporters::%s::tls: {insecure: false, ca_file: ca.pem}'", next.Name, address, variable, m.Name, exporter)}
	}
	return nil
}
