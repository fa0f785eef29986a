// SPDX-License-Identifier: Apache-2.0

package merge

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Ready answers at an address whether the first look is done: with 200 from then on, and with 503 before. So the load can wait for it.
type Ready struct {
	done   atomic.Bool
	server *http.Server
}

// headersTime is how long a client may take to ask.
const headersTime = 5 * time.Second

// Serve begins to answer.
func Serve(ctx context.Context, address string) (*Ready, error) {
	r := &Ready{}
	r.server = &http.Server{Handler: r, ReadHeaderTimeout: headersTime}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%q cannot be served: %w", address, err)
	}
	go func() { _ = r.server.Serve(listener) }() // until Close
	return r, nil
}

// Done says that the first look is done.
func (r *Ready) Done() { r.done.Store(true) }

// Close ends it.
func (r *Ready) Close() error { return r.server.Close() }

// ServeHTTP implements http.Handler.
func (r *Ready) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if !r.done.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}
