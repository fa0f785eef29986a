// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"context"

	_ "github.com/mostynb/go-grpc-compression/nonclobbering/snappy" // a compression a Collector may send
	_ "github.com/mostynb/go-grpc-compression/nonclobbering/zstd"   // so is this
	_ "google.golang.org/grpc/encoding/gzip"                        // and this, the default
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/stats"
)

// bytesCodec carries messages as they are, each a *[]byte.
type bytesCodec struct{}

// Marshal takes the bytes.
func (bytesCodec) Marshal(message any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*message.(*[]byte))}, nil
}

// Unmarshal copies the bytes, which gRPC uses again.
func (bytesCodec) Unmarshal(data mem.BufferSlice, message any) error {
	*message.(*[]byte) = data.Materialize()
	return nil
}

// Name is that of the codec whose messages these are.
func (bytesCodec) Name() string { return "proto" }

// compressionOf notes what a request was compressed with, which gRPC tells nobody but a stats handler. It is the key of the note, too.
type compressionOf struct{}

// TagRPC makes room for the note.
func (compressionOf) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context {
	return context.WithValue(ctx, compressionOf{}, new(string))
}

// HandleRPC takes the note, before the request is handled.
func (compressionOf) HandleRPC(ctx context.Context, s stats.RPCStats) {
	if header, ok := s.(*stats.InHeader); ok {
		*ctx.Value(compressionOf{}).(*string) = header.Compression
	}
}

// TagConn has nothing to do.
func (compressionOf) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn has nothing to do.
func (compressionOf) HandleConn(context.Context, stats.ConnStats) {}
