// SPDX-License-Identifier: Apache-2.0

// Package page serves the page of the runtime_view exporter: its files, which are part of the program, and what they show.
//
//	GET /            the page, and its files beside it
//	GET /api/view    a Frame, as JSON
//	GET /api/events  the same once a second, as server-sent events
//
// Both take a scope as the query of their URL (scope.go). A frame is made for each client that asks, by the goroutine that serves it. So a client
// that reads slowly waits for itself alone; one that reads nothing for five seconds is cut off (events.go). One frame is made at a time, and few a
// second: however many ask, whoever counts spans waits for one of them. The page can be read, and nothing more.
//
// The page is meant for whoever sits at this machine. A browser also runs pages of others, so each request is checked (guard.go): pages of other
// sites can neither read it nor be taken for it.
//
// The package stands on package live of the exporter, which has the numbers. It knows no spans.
package page

import (
	"context"
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/live"
)

// assets are the files of the page, built from exporter/runtimeviewexporter/page by make page.
//
//go:embed assets
var assets embed.FS

// Frame is what the page shows at a moment.
type Frame struct {
	Now       int64  `json:"now"` // ms since 1970
	Title     string `json:"title"`
	Total     uint64 `json:"total"`     // spans since the start
	Malformed uint64 `json:"malformed"` // values left out
	Omitted   uint64 `json:"omitted"`   // spans on no axis
	Further   uint64 `json:"further"`   // spans of operations beyond the limit
	live.View
}

// Page serves what Frame gives.
type Page struct {
	// Frame makes what the page shows of a scope. It is called for one client at a time.
	Frame func(live.Scope) Frame
	// Host is the name in the endpoint that is served.
	Host string

	closing chan struct{}
	streams chan struct{} // holds a token for each stream
	pace    time.Duration // from one event to the next
	asking  sync.Mutex    // held while a frame is made
	limit   *rate.Limiter
}

// maxStreams is how many pages can be open at a time: each costs some milliseconds of a core every second.
const maxStreams = 8

// A frame takes some milliseconds of a core, 40 at the most. So four tenths of a core are the most that pages take, whoever asks for them.
const (
	framesPerSecond = 10
	framesAtOnce    = 10
)

// New returns a page for the host in its endpoint.
func New(host string, frame func(live.Scope) Frame) *Page {
	return &Page{
		Frame: frame, Host: host, closing: make(chan struct{}), streams: make(chan struct{}, maxStreams), pace: time.Second,
		limit: rate.NewLimiter(framesPerSecond, framesAtOnce),
	}
}

// Close ends all streams. It is called once.
func (p *Page) Close() { close(p.closing) }

// Handler answers all requests.
func (p *Page) Handler() http.Handler {
	mux := http.NewServeMux()
	files, err := fs.Sub(assets, "assets")
	if err != nil {
		panic(err) // the name is in the program
	}
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /api/view", p.serveView)
	mux.HandleFunc("GET /api/events", p.serveEvents)
	return p.guard(mux)
}

func (p *Page) serveView(w http.ResponseWriter, r *http.Request) {
	scope, err := readScope(r.URL.Query())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	frame, err := p.make(r.Context(), scope)
	if err != nil {
		http.Error(w, "too many ask at a time; try again", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(frame) // who has gone away need not be told
}

// make waits until it is this client's turn, and makes its frame. It fails if the client goes first.
func (p *Page) make(ctx context.Context, scope live.Scope) (Frame, error) {
	if err := p.limit.Wait(ctx); err != nil {
		return Frame{}, err
	}
	p.asking.Lock()
	defer p.asking.Unlock()
	return p.Frame(scope), nil
}
