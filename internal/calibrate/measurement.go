// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"time"
)

// measurement is a line that reference/primitives prints, or several of them merged. All values are nanoseconds.
type measurement struct {
	Name string `json:"name"`
	Unit string `json:"unit"`
	How  string `json:"how"`
	// Median of the chunks that were kept; Low and High are an interval that holds the median 95 times in 100.
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	// Sigma of a log-normal distribution with the same median and 84th percentile.
	Sigma float64 `json:"sigma"`
	// SigmaLow and SigmaHigh reach over the sigmas of all runs.
	SigmaLow  float64 `json:"sigma_low"`
	SigmaHigh float64 `json:"sigma_high"`
	// Kept and Thrown are chunks; a chunk is thrown away if its threads lacked a CPU.
	Kept   int `json:"kept"`
	Thrown int `json:"thrown"`
}

// measurements are by their names.
type measurements map[string]measurement

// get is a measurement of which chunks were kept.
func (ms measurements) get(name string) (measurement, bool) {
	m := ms[name]
	return m, m.Kept > 0
}

// readMeasurements reads lines of JSON.
func readMeasurements(r io.Reader) ([]measurement, error) {
	var list []measurement
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		var m measurement
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return nil, fmt.Errorf("%q: %w", lines.Text(), err)
		}
		if m.Unit != "ns" {
			return nil, fmt.Errorf("%s: unit %q is not allowed; want ns", m.Name, m.Unit)
		}
		list = append(list, m)
	}
	return list, lines.Err()
}

// runPrimitives runs the binary several times: each process has its own layout of memory, which shifts a figure more than chance does.
func runPrimitives(ctx context.Context, binary string, rounds int, each time.Duration) (measurements, error) {
	var all []measurement
	for round := range rounds {
		fmt.Printf("Measuring, round %d of %d\n", round+1, rounds)
		var out, messages bytes.Buffer
		command := exec.CommandContext(ctx, binary, strconv.FormatInt(each.Milliseconds(), 10)) //nolint:gosec // G204: the user names the program
		command.Stdout, command.Stderr = &out, &messages
		if err := command.Run(); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", binary, err, messages.Bytes())
		}
		list, err := readMeasurements(&out)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", binary, err)
		}
		all = append(all, list...)
	}
	if len(all) == 0 {
		return nil, errors.New("nothing was measured; want -rounds of 1 or more")
	}
	return merge(all), nil
}

// merge makes one measurement of those with the same name: the median of the medians. The interval reaches over all medians; of five
// medians it holds the true one 94 times in 100.
func merge(all []measurement) measurements {
	byName := map[string][]measurement{}
	for _, m := range all {
		byName[m.Name] = append(byName[m.Name], m)
	}
	merged := measurements{}
	for name, list := range byName {
		sum := list[0]
		sum.Kept, sum.Thrown = 0, 0
		var medians, sigmas []float64
		for _, m := range list {
			sum.Kept += m.Kept
			sum.Thrown += m.Thrown
			if m.Kept > 0 {
				medians = append(medians, m.Median)
				sigmas = append(sigmas, m.Sigma)
			}
		}
		switch len(medians) {
		case 0:
			sum.Median, sum.Low, sum.High = 0, 0, 0
		case 1:
			i := slices.IndexFunc(list, func(m measurement) bool { return m.Kept > 0 })
			sum.Median, sum.Low, sum.High = list[i].Median, list[i].Low, list[i].High
			sum.spread(sigmas)
		default:
			sum.Median, sum.Low, sum.High = median(medians), slices.Min(medians), slices.Max(medians)
			sum.spread(sigmas)
		}
		merged[name] = sum
	}
	return merged
}

// spread sets the sigma. Of a single measurement that was merged already, it keeps where the sigma lies.
func (m *measurement) spread(sigmas []float64) {
	if m.Sigma = median(sigmas); len(sigmas) == 1 && m.SigmaHigh > 0 {
		return
	}
	m.SigmaLow, m.SigmaHigh = slices.Min(sigmas), slices.Max(sigmas)
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func mean(list []float64) float64 {
	sum := 0.0
	for _, f := range list {
		sum += f
	}
	return sum / float64(len(list))
}
