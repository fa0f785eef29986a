// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"strconv"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
)

// unknown stands where nothing is known. It is never 0: nobody measured is not the same as measured none.
const unknown = "-"

func cell[T any](value aggregate.Value[T], write func(T) string) string {
	if !value.Known {
		return unknown
	}
	return write(value.Number)
}

// fitting returns a text if a column of that width has room for it and a space, and otherwise its number with three digits.
func fitting(text string, number float64, width int) string {
	if len(text) < width {
		return text
	}
	return strconv.FormatFloat(number, 'e', 2, 64)
}
