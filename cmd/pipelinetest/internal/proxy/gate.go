// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// TLS is what a proxy needs to read what is sent inside TLS.
type TLS struct {
	// Certificate is what the proxy shows, to clients and to the target.
	Certificate tls.Certificate
	// Authority is whom the proxy trusts.
	Authority *x509.CertPool
}

// security is how a client has come. The proxy goes to the target in the same way.
type security uint8

const (
	plain     security = iota // without TLS
	encrypted                 // inside TLS
	certified                 // inside TLS, and the client has shown a certificate
	ways                      // how many there are
)

// toTarget is the configuration by which the proxy goes to the target; nil: without TLS. A client that has shown no certificate must not pass for
// one that has.
func (t *TLS) toTarget(way security, protocols ...string) *tls.Config {
	if t == nil || way == plain {
		return nil
	}
	config := &tls.Config{RootCAs: t.Authority, ServerName: "localhost", NextProtos: protocols, MinVersion: tls.VersionTLS12}
	if way == certified {
		config.Certificates = []tls.Certificate{t.Certificate}
	}
	return config
}

// gate looks at the first byte that a client says. TLS is ended here if there is a certificate for it; otherwise it goes to the target as it is.
type gate struct {
	tls       *tls.Config // nil: TLS is passed on
	target    string
	life      context.Context
	counters  *counters
	passingOn sync.WaitGroup
}

func newGate(t *TLS, target string, life context.Context, counters *counters, protocols ...string) *gate { //nolint:revive // the life is the gate's, not the call's
	g := &gate{target: target, life: life, counters: counters}
	if t != nil {
		g.tls = &tls.Config{
			Certificates: []tls.Certificate{t.Certificate}, NextProtos: protocols, MinVersion: tls.VersionTLS12,
			ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: t.Authority,
		}
	}
	return g
}

// errPassedOn says that somebody else looks after a connection.
var errPassedOn = errors.New("the connection is passed on")

// handshakeWithin is how long a client may take for a handshake.
const handshakeWithin = time.Minute

// enter is the connection that requests are read from, and how the client has come.
func (g *gate) enter(raw net.Conn) (net.Conn, security, error) {
	begun := &begun{Conn: raw}
	if _, err := io.ReadFull(raw, begun.first[:]); err != nil {
		return nil, plain, err
	}
	begun.left = 1
	const handshake = 0x16 // the kind of the record that TLS begins with
	switch {
	case begun.first[0] != handshake:
		return begun, plain, nil
	case g.tls == nil:
		g.passingOn.Go(func() { g.passOn(begun) })
		return nil, plain, errPassedOn
	}
	ctx, cancel := context.WithTimeout(g.life, handshakeWithin)
	defer cancel()
	conn := tls.Server(begun, g.tls)
	if err := conn.HandshakeContext(ctx); err != nil {
		g.counters.heard.fail(err)
		return nil, plain, err
	}
	return conn, wayOf(conn), nil
}

// wayOf is how a client has come that has been let in.
func wayOf(conn net.Conn) security {
	encryptedBy, is := conn.(*tls.Conn)
	switch {
	case !is:
		return plain
	case len(encryptedBy.ConnectionState().PeerCertificates) > 0:
		return certified
	}
	return encrypted
}

// passOn carries bytes between a client and the target.
func (g *gate) passOn(client *begun) {
	defer func() { _ = client.Close() }()
	_ = client.SetDeadline(time.Time{})
	target, err := (&net.Dialer{}).DialContext(g.life, "tcp", g.target)
	if err != nil {
		abort(client.Conn.(*net.TCPConn))
		return
	}
	defer func() { _ = target.Close() }()
	over := context.AfterFunc(g.life, func() { _, _ = client.Close(), target.Close() })
	defer over()
	var ways sync.WaitGroup
	carry := func(to *net.TCPConn, from io.Reader) {
		if _, err := io.Copy(to, from); err != nil {
			abort(client.Conn.(*net.TCPConn))
			abort(target.(*net.TCPConn))
			return
		}
		_ = to.CloseWrite()
	}
	ways.Go(func() { carry(target.(*net.TCPConn), client) })
	ways.Go(func() { carry(client.Conn.(*net.TCPConn), target) })
	ways.Wait()
}

// begun is a connection whose first byte has been read, and is read again.
type begun struct {
	net.Conn
	first [1]byte
	left  int
}

// Read implements io.Reader.
func (b *begun) Read(p []byte) (int, error) {
	if b.left > 0 && len(p) > 0 {
		b.left = 0
		p[0] = b.first[0]
		return 1, nil
	}
	return b.Conn.Read(p)
}
