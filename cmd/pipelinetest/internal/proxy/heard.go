// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"bytes"
	"sync/atomic"
)

// Heard is how many connections spoke what, as the first bytes of their clients tell. Who has said nothing is not in it.
type Heard struct {
	TLS   uint64 `json:"tls"`
	HTTP1 uint64 `json:"http1"`
	HTTP2 uint64 `json:"http2"` // gRPC, and who speaks HTTP/2 without TLS
	Other uint64 `json:"other"`
}

// Plus adds what was heard elsewhere.
func (h Heard) Plus(other Heard) Heard {
	return Heard{TLS: h.TLS + other.TLS, HTTP1: h.HTTP1 + other.HTTP1, HTTP2: h.HTTP2 + other.HTTP2, Other: h.Other + other.Other}
}

// Heard so far.
func (p *Proxy) Heard() Heard {
	h := &p.counters.heard
	return Heard{TLS: h.tls.Load(), HTTP1: h.http1.Load(), HTTP2: h.http2.Load(), Other: h.other.Load()}
}

// heard is Heard in the making.
type heard struct{ tls, http1, http2, other atomic.Uint64 }

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
