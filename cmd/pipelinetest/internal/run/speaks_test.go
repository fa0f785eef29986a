// SPDX-License-Identifier: Apache-2.0

package run

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
)

// TestSpeaks: what is spoken is told by the first answer; who says nothing is given the benefit of the doubt.
func TestSpeaks(t *testing.T) {
	nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	plain := httptest.NewServer(nothing)
	defer plain.Close()
	secret := httptest.NewTLSServer(nothing)
	defer secret.Close()
	mutual := httptest.NewUnstartedServer(nothing)
	mutual.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS13}
	mutual.StartTLS()
	defer mutual.Close()
	listener, err := net.Listen("tcp", loopback+":0")
	require.NoError(t, err)
	server := grpc.NewServer()
	go func() { _ = server.Serve(listener) }() // until it is stopped
	defer server.Stop()
	closes, err := net.Listen("tcp", loopback+":0")
	require.NoError(t, err)
	go func() {
		for {
			connection, err := closes.Accept()
			if err != nil {
				return
			}
			_ = connection.Close() // without a word
		}
	}()
	defer func() { _ = closes.Close() }()

	assert.Equal(t, speaksHTTP1, speaks(t.Context(), plain.Listener.Addr().String()))
	assert.Equal(t, speaksTLS, speaks(t.Context(), secret.Listener.Addr().String()))
	assert.Equal(t, speaksTLS, speaks(t.Context(), mutual.Listener.Addr().String()))
	assert.Equal(t, speaksHTTP2, speaks(t.Context(), listener.Addr().String()))
	assert.Equal(t, speaksUnknown, speaks(t.Context(), closes.Addr().String()))
}
