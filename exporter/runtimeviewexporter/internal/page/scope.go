// SPDX-License-Identifier: Apache-2.0

package page

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/live"
)

// readScope reads a scope from the query of a URL. Keys that it does not know are left alone.
func readScope(query url.Values) (live.Scope, error) {
	scope := live.Scope{
		Runtime: query.Get("runtime"), Service: query.Get("service"), Operation: query.Get("operation"), Inner: query.Get("inner") == "true",
	}
	for _, number := range []struct {
		key string
		to  *int64
	}{{"from", &scope.From}, {"to", &scope.To}, {"low", &scope.Low}, {"high", &scope.High}} {
		text := query.Get(number.key)
		if text == "" {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return live.Scope{}, fmt.Errorf("%s: %q is not allowed; want a whole number, 0 or more", number.key, text)
		}
		*number.to = n
	}
	return scope, nil
}
