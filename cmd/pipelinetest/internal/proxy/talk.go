// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sync"
)

// language is what a connection speaks, as far as requests can be told from everything else in it.
type language uint8

const (
	unheard language = iota // the client has said nothing
	http1                   // all of it is requests and answers
	http2                   // requests and answers are some of its frames; settings, pings and the like are not
	opaque                  // TLS, or what nobody here knows
)

// talk follows what is said on a connection. A client that has nothing to send connects all the same, sends the preface of HTTP/2, and pings:
// disturbing that disturbs no telemetry.
type talk struct {
	mu      sync.Mutex
	speaks  language
	open    map[uint32]struct{} // requests without an end of their answer, by the stream of HTTP/2; 0 for HTTP/1
	readers [2]frames           // by direction
	aside   bool                // the request of HTTP/1 that is under way, or was the last, brings nothing: it asks for something
}

// hear takes bytes of a direction, 0 from the client. carried are those of requests and answers.
func (t *talk) hear(direction int, data []byte) (carried int, speaks language) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.speaks == unheard && direction == 0 {
		t.speaks = languageOf(data)
		t.open = map[uint32]struct{}{}
		t.readers[0].skip = len(preface)
	}
	switch t.speaks {
	case http1:
		return t.hear1(direction, data), http1
	case http2:
		return t.readers[direction].read(data, func(kind, flags byte, stream uint32) {
			switch ends := kind == frameReset || flags&flagEndStream != 0; {
			case direction == 0 && kind == frameHeaders:
				t.open[stream] = struct{}{}
			case direction == 0 && kind == frameReset, direction == 1 && ends && (kind == frameData || kind == frameHeaders || kind == frameReset):
				delete(t.open, stream)
			}
		}), http2
	}
	return 0, t.speaks
}

// hear1 follows HTTP/1. A request begins where none is under way.
func (t *talk) hear1(direction int, data []byte) (carried int) {
	if _, open := t.open[0]; direction == 0 && !open && beginsWith(data, methods) {
		t.aside = beginsWith(data, asking)
	}
	switch {
	case t.aside:
		return 0
	case direction == 0:
		t.open[0] = struct{}{}
	default:
		delete(t.open, 0)
	}
	return len(data)
}

// isOpen tells whether a request has come that is not answered yet.
func (t *talk) isOpen() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.open) > 0
}

// languageOf is what a client speaks, by its first bytes.
func languageOf(first []byte) language {
	if bytes.HasPrefix(first, []byte("PRI ")) {
		return http2
	}
	if beginsWith(first, methods) {
		return http1
	}
	return opaque
}

func beginsWith(data []byte, methods [][]byte) bool {
	return slices.ContainsFunc(methods, func(method []byte) bool { return bytes.HasPrefix(data, method) })
}

// What is read of HTTP/2 (RFC 9113, sections 3.4, 4.1 and 6).
const (
	preface       = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	frameHead     = 9
	frameData     = 0x0
	frameHeaders  = 0x1
	frameReset    = 0x3
	frameMore     = 0x9 // CONTINUATION of headers
	flagEndStream = 0x1
)

// frames reads the heads of HTTP/2's frames in one direction, however its bytes are cut into chunks.
type frames struct {
	skip    int    // bytes of a payload that are still to come, or of the preface
	carries bool   // that payload is of a request or an answer
	head    []byte // of the next frame, as far as it has come
}

// read calls begins for each frame that begins, and returns how many bytes are of requests or answers.
func (f *frames) read(data []byte, begins func(kind, flags byte, stream uint32)) (carried int) {
	for len(data) > 0 {
		if f.skip > 0 {
			n := min(f.skip, len(data))
			if f.carries {
				carried += n
			}
			f.skip, data = f.skip-n, data[n:]
			continue
		}
		n := min(frameHead-len(f.head), len(data))
		f.head, data = append(f.head, data[:n]...), data[n:]
		if len(f.head) < frameHead {
			break
		}
		kind, flags := f.head[3], f.head[4]
		f.skip = int(f.head[0])<<16 | int(f.head[1])<<8 | int(f.head[2])
		f.carries = kind == frameData || kind == frameHeaders || kind == frameMore
		if f.carries {
			carried += frameHead
		}
		begins(kind, flags, binary.BigEndian.Uint32(f.head[5:])&(1<<31-1))
		f.head = f.head[:0]
	}
	return carried
}
