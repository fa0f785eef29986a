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

// slowest bounds how long the state of one place may take: a verifier that does not answer must not keep the others' verdict.
const slowest = 5 * time.Minute

// statePath is where load_verify serves its state.
const statePath = "/state"

// fetch reads the states of a file or URL. Of one without a path it is the one at which load_verify serves.
func fetch(ctx context.Context, place string) ([]*audit.State, error) {
	text, err := read(ctx, place)
	if err != nil {
		return nil, err
	}
	states, err := audit.ReadStates(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	return states, nil
}

func read(ctx context.Context, place string) ([]byte, error) {
	if !strings.HasPrefix(place, "http://") && !strings.HasPrefix(place, "https://") {
		return readFile(place)
	}
	at, err := url.Parse(place)
	if err != nil {
		return nil, err
	}
	if at.Path == "" || at.Path == "/" {
		at.Path = statePath
	}
	ctx, cancel := context.WithTimeout(ctx, slowest)
	defer cancel()
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
	return upTo(response.Body, at.String())
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
