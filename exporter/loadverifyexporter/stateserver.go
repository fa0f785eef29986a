// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.uber.org/zap"
)

// stateServer serves the state over HTTP.
type stateServer struct {
	server *http.Server
	served chan struct{} // closed when it serves no more
}

// statePath is where the state is.
const statePath = "/state"

// openServer begins to serve. The listener is there when it returns.
func openServer(ctx context.Context, host component.Host, c *StateConfig, settings component.TelemetrySettings, ledger *ledger) (*stateServer, error) {
	config := c.HTTP.Get()
	failed := func(err error) error {
		return fmt.Errorf("state.http: %q cannot be served: %w", config.NetAddr.Endpoint, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+statePath, func(w http.ResponseWriter, _ *http.Request) {
		state, _, err := ledger.export(false, false)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(len(state)))
		_, _ = w.Write(state) // who has gone away need not be told
	})
	listener, err := config.ToListener(ctx)
	if err != nil {
		return nil, failed(err)
	}
	server, err := config.ToServer(ctx, host.GetExtensions(), settings, mux)
	if err != nil {
		return nil, errors.Join(failed(err), listener.Close())
	}
	s := &stateServer{server: server, served: make(chan struct{})}
	go func() {
		defer close(s.served)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			settings.Logger.Error("The state is served no more", zap.Error(err))
		}
	}()
	return s, nil
}

// shutdownPatience is how long a client that is being served may hold up the shutdown.
const shutdownPatience = 2 * time.Second

func (s *stateServer) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, shutdownPatience)
	defer cancel()
	err := s.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.server.Close()
	}
	<-s.served
	return err
}
