// SPDX-License-Identifier: Apache-2.0

package play

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// spans is what really arrived.
type spans struct {
	different int
	// copies are those of spans that were there before.
	copies int
}

// endMarker is the name of the span with which a generator ends a series. It says how many there were, and is none of them.
const endMarker = "load_verify.end"

// requests is a line of a file: what came at once.
type requests struct {
	ResourceSpans []struct {
		ScopeSpans []struct {
			Spans []struct {
				Name    string `json:"name"`
				TraceID string `json:"traceId"`
				SpanID  string `json:"spanId"`
			} `json:"spans"`
		} `json:"scopeSpans"`
	} `json:"resourceSpans"`
}

// readSpans counts what the verifiers have in their files, in folders below this one.
func readSpans(folder string) (spans, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*", "spans.json"))
	if err != nil {
		return spans{}, err
	}
	if len(files) == 0 {
		return spans{}, fmt.Errorf("no verifier has written spans below %s", folder)
	}
	seen := map[string]bool{}
	var out spans
	for _, path := range files {
		if err := out.addFile(path, seen); err != nil {
			return spans{}, fmt.Errorf("read the spans in %s: %w", path, err)
		}
	}
	return out, nil
}

func (s *spans) addFile(path string, seen map[string]bool) error {
	file, err := os.Open(path) //nolint:gosec // a file of the test
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it is only read
	decoder := json.NewDecoder(file)
	for {
		var request requests
		if err := decoder.Decode(&request); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		for _, resource := range request.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				for _, span := range scope.Spans {
					if span.Name != endMarker {
						s.add(span.TraceID+span.SpanID, seen)
					}
				}
			}
		}
	}
}

func (s *spans) add(id string, seen map[string]bool) {
	if seen[id] {
		s.copies++
		return
	}
	seen[id] = true
	s.different++
}
