// SPDX-License-Identifier: Apache-2.0

package page

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.uber.org/zap"
	"golang.org/x/net/netutil"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/live"
)

// Server serves a page.
type Server struct {
	page   *Page
	server *http.Server
	served chan struct{} // closed when it serves no more
}

// maxConnections is how many are open at a time; further ones wait.
const maxConnections = 64

// Open begins to serve. The listener is there when it returns.
func Open(
	ctx context.Context, host component.Host, config *confighttp.ServerConfig, settings component.TelemetrySettings, frame func(live.Scope) Frame,
) (*Server, error) {
	failed := func(err error) error {
		return fmt.Errorf("page: %q cannot be served: %w", config.NetAddr.Endpoint, err)
	}
	name, _, err := net.SplitHostPort(config.NetAddr.Endpoint)
	if err != nil {
		return nil, failed(err)
	}
	listener, err := config.ToListener(ctx)
	if err != nil {
		return nil, failed(err)
	}
	page := New(name, frame)
	server, err := config.ToServer(ctx, host.GetExtensions(), settings, page.Handler())
	if err != nil {
		return nil, errors.Join(failed(err), listener.Close())
	}
	s := &Server{page: page, server: server, served: make(chan struct{})}
	settings.Logger.Info("The page is served", zap.String("url", "http://"+listener.Addr().String()))
	go func() {
		defer close(s.served)
		if err := server.Serve(netutil.LimitListener(listener, maxConnections)); !errors.Is(err, http.ErrServerClosed) {
			settings.Logger.Error("The page is served no more", zap.Error(err))
		}
	}()
	return s, nil
}

// shutdownPatience is how long a client that is being served may hold up the shutdown.
const shutdownPatience = 2 * time.Second

// Close ends serving, once. Nobody holds it up for longer than shutdownPatience.
func (s *Server) Close(ctx context.Context) error {
	s.page.Close()
	ctx, cancel := context.WithTimeout(ctx, shutdownPatience)
	defer cancel()
	err := s.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.server.Close()
	}
	<-s.served
	return err
}
