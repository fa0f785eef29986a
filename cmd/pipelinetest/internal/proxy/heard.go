// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"bytes"
	"cmp"
	"sync/atomic"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/printable"
)

// Heard is how many connections spoke what, as the first bytes of their clients tell. Who has said nothing is not in it.
type Heard struct {
	TLS   uint64 `json:"tls"`
	HTTP1 uint64 `json:"http1"`
	HTTP2 uint64 `json:"http2"` // gRPC, and who speaks HTTP/2 without TLS
	Other uint64 `json:"other"`
	// TLSFailed are those of TLS whose handshake with the proxy failed, such as because the client does not trust its certificate.
	TLSFailed uint64 `json:"tls_failed,omitempty"`
	// TLSError is the last reason why.
	TLSError string `json:"tls_error,omitempty"`
}

// Plus adds what was heard elsewhere.
func (h Heard) Plus(other Heard) Heard {
	return Heard{
		TLS: h.TLS + other.TLS, HTTP1: h.HTTP1 + other.HTTP1, HTTP2: h.HTTP2 + other.HTTP2, Other: h.Other + other.Other,
		TLSFailed: h.TLSFailed + other.TLSFailed, TLSError: cmp.Or(h.TLSError, other.TLSError),
	}
}

// Heard so far.
func (p *Proxy) Heard() Heard {
	h := &p.counters.heard
	heard := Heard{TLS: h.tls.Load(), HTTP1: h.http1.Load(), HTTP2: h.http2.Load(), Other: h.other.Load(), TLSFailed: h.failed.Load()}
	if err := h.lastError.Load(); err != nil {
		heard.TLSError = printable.Short((*err).Error(), 200)
	}
	return heard
}

// heard is Heard in the making.
type heard struct {
	tls, http1, http2, other, failed atomic.Uint64
	lastError                        atomic.Pointer[error]
}

// fail counts a handshake that failed.
func (h *heard) fail(err error) {
	h.failed.Add(1)
	h.lastError.Store(&err)
}

// methods are how a request over HTTP/1 begins.
var methods = [][]byte{[]byte("POST "), []byte("GET "), []byte("PUT "), []byte("HEAD "), []byte("OPTIONS "), []byte("CONNECT ")}

// asking are those of them that bring no telemetry: a health check is none.
var asking = [][]byte{[]byte("GET "), []byte("HEAD "), []byte("OPTIONS ")}

// hear counts a connection by its first bytes.
func (h *heard) hear(first []byte) {
	switch {
	case len(first) >= 2 && first[0] == 0x16 && first[1] == 0x03: // the record of a TLS handshake
		h.tls.Add(1)
		return
	case bytes.HasPrefix(first, []byte("PRI ")): // the preface of HTTP/2
		h.http2.Add(1)
		return
	}
	if beginsWith(first, methods) {
		h.http1.Add(1)
		return
	}
	h.other.Add(1)
}
