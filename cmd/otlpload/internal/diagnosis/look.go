// SPDX-License-Identifier: Apache-2.0

package diagnosis

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"
)

// lookTime is how long a look at a backend may take.
const lookTime = 5 * time.Second

// SpeaksTLS looks whether a backend speaks TLS, by a connection on which nothing but the handshake is sent. Unless it is known, the look
// showed neither.
func SpeaksTLS(ctx context.Context, address string) (yes, known bool) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	dialer := tls.Dialer{Config: &tls.Config{
		InsecureSkipVerify: true, //nolint:gosec // G402: nothing is sent, so that it does not matter to whom
		NextProtos:         []string{"h2", "http/1.1"},
	}}
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err == nil {
		_ = connection.Close() // nothing was sent
		return true, true
	}
	if _, alert := errors.AsType[tls.AlertError](err); alert {
		return true, true
	}
	if refused, ok := errors.AsType[*net.OpError](err); ok && refused.Op == "remote error" { // how crypto/tls reports an alert of the other side
		return true, true
	}
	_, plaintext := errors.AsType[tls.RecordHeaderError](err)
	return false, plaintext
}

// Listens looks whether somebody listens at an address.
func Listens(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	_ = connection.Close() // nothing was sent
	return true
}
