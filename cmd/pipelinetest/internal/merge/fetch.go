// SPDX-License-Identifier: Apache-2.0

package merge

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
)

// longest bounds what is read of one place, in bytes.
const longest = 256 << 20

// statePath is where load_verify serves its state.
const statePath = "/state"

// stalled is for how long nothing may come of a URL.
const stalled = 10 * time.Second

// slowest is for how long one URL may be read.
const slowest = time.Minute

// fetcher reads states.
type fetcher struct {
	stalled, slowest time.Duration // see the constants
	longest          int64         // likewise
	client           *http.Client
}

func newFetcher() *fetcher {
	return &fetcher{stalled: stalled, slowest: slowest, longest: longest, client: newClient()}
}

// newClient makes one that takes what comes as it is: what a server compresses may be far larger than what is read.
func newClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableCompression = true
	return &http.Client{Transport: transport}
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
	if !IsURL(place) {
		return f.readFile(place)
	}
	at, err := url.Parse(place)
	if err != nil {
		return nil, err
	}
	if at.Path == "" || at.Path == "/" {
		at.Path = statePath
	}
	ctx, end := context.WithTimeoutCause(ctx, f.slowest, fmt.Errorf("not all of it came within %v", f.slowest))
	defer end()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(f.stalled, func() { cancel(fmt.Errorf("nothing came for %v", f.stalled)) })
	defer timer.Stop()
	text, err := f.get(ctx, at, func() { timer.Reset(f.stalled) })
	if err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("%s: %w", at, context.Cause(ctx))
	}
	return text, err
}

// get reads a URL, and says each time that something has come.
func (f *fetcher) get(ctx context.Context, at *url.URL, came func()) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := f.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // it was read
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s; want 200 OK, from state.http of load_verify", at, response.Status)
	}
	return f.upTo(&noticed{response.Body, came}, at.String())
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

// IsURL tells a URL from a file.
func IsURL(place string) bool {
	return strings.HasPrefix(place, "http://") || strings.HasPrefix(place, "https://")
}

func (f *fetcher) readFile(path string) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // G304: the user names the file
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was read
	return f.upTo(file, path)
}

// upTo reads all of a file of states, but no more than its first line if that says that it is none.
func (f *fetcher) upTo(from io.Reader, place string) ([]byte, error) {
	buffered := bufio.NewReader(from)
	first, err := buffered.Peek(audit.LongestLine)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	if err := audit.CheckLine(first); err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	text, err := io.ReadAll(io.LimitReader(buffered, f.longest+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	if int64(len(text)) > f.longest {
		return nil, fmt.Errorf("%s: more than %d bytes; want a state", place, f.longest)
	}
	return text, nil
}
