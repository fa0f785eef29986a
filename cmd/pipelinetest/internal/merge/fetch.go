// SPDX-License-Identifier: Apache-2.0

package merge

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
)

// longest bounds what is read of one place.
const longest = 2 << 30

// statePath is where load_verify serves its state.
const statePath = "/state"

// stalled is for how long nothing may come of a URL.
const stalled = 10 * time.Second

// fetcher reads states.
type fetcher struct {
	stalled time.Duration // see the constant
}

// fetch reads the states of a file or URL. Of one without a path it is the one at which load_verify serves.
func (f *fetcher) fetch(ctx context.Context, place string) ([]*audit.State, error) {
	text, err := f.read(ctx, place)
	if err != nil {
		return nil, err
	}
	states, err := audit.ReadStates(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	return states, nil
}

func (f *fetcher) read(ctx context.Context, place string) ([]byte, error) {
	if !isURL(place) {
		return readFile(place)
	}
	at, err := url.Parse(place)
	if err != nil {
		return nil, err
	}
	if at.Path == "" || at.Path == "/" {
		at.Path = statePath
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(f.stalled, func() { cancel(fmt.Errorf("nothing came for %v", f.stalled)) })
	defer timer.Stop()
	text, err := get(ctx, at, func() { timer.Reset(f.stalled) })
	if err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("%s: %w", at, context.Cause(ctx))
	}
	return text, err
}

// get reads a URL, and says each time that something has come.
func get(ctx context.Context, at *url.URL, came func()) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // it was read
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s; want 200 OK, from state.http of load_verify", at, response.Status)
	}
	return upTo(&noticed{response.Body, came}, at.String())
}

// noticed says each time that something is read.
type noticed struct {
	from io.Reader
	came func()
}

func (r *noticed) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	r.came()
	return n, err
}

func isURL(place string) bool {
	return strings.HasPrefix(place, "http://") || strings.HasPrefix(place, "https://")
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // G304: the user names the file
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was read
	return upTo(file, path)
}

func upTo(from io.Reader, place string) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(from, longest+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	if len(text) > longest {
		return nil, fmt.Errorf("%s: more than %d bytes; want a state", place, longest)
	}
	return text, nil
}
