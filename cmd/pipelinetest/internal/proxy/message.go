// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// message is what a request says, as it came. gRPC has taken its compression off.
type message struct {
	data        []byte
	compression string // of HTTP: Content-Encoding
	json        bool   // it is JSON, not protobuf
}

// mostOpened is how large a message may become when its compression is taken off: a sender is not trusted.
const mostOpened = 256 << 20

// open is the message without compression.
func (m message) open() (message, error) {
	var from io.ReadCloser
	var err error
	compressed := bytes.NewReader(m.data)
	switch strings.ToLower(m.compression) {
	case "", "identity":
		return message{data: m.data, json: m.json}, nil
	case "gzip":
		from, err = gzip.NewReader(compressed)
	case "zlib", "deflate":
		from, err = zlib.NewReader(compressed)
	case "zstd":
		var decoder *zstd.Decoder
		if decoder, err = zstd.NewReader(compressed, zstd.WithDecoderConcurrency(1)); err == nil {
			from = decoder.IOReadCloser()
		}
	default:
		return message{}, fmt.Errorf("compression %q: is not read here", m.compression)
	}
	if err != nil {
		return message{}, err
	}
	data, err := io.ReadAll(io.LimitReader(from, mostOpened+1))
	if len(data) > mostOpened {
		err = fmt.Errorf("more than %d bytes without its compression", mostOpened)
	}
	return message{data: data, json: m.json}, errors.Join(err, from.Close())
}

// export is a request of OTLP, or the answer to one.
type export interface {
	MarshalProto() ([]byte, error)
	UnmarshalProto(data []byte) error
	MarshalJSON() ([]byte, error)
	UnmarshalJSON(data []byte) error
}

// read reads a message, and says whether it could. One of HTTP may be compressed.
func (m message) read(to export) bool {
	opened, err := m.open()
	switch {
	case err != nil:
		return false
	case m.json:
		return to.UnmarshalJSON(opened.data) == nil
	}
	return to.UnmarshalProto(opened.data) == nil
}

// written is another message of the same form. It is not compressed.
func (m message) written(from export) (message, bool) {
	marshal := from.MarshalProto
	if m.json {
		marshal = from.MarshalJSON
	}
	data, err := marshal()
	return message{data: data, json: m.json}, err == nil
}
